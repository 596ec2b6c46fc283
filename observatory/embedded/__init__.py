"""The embedded PostgreSQL server, and the database engine that uses it. Imports single modules of `observatory`."""
