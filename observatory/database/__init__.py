"""The two roles of the database and what the running one may do. Imports `foundation.sql`."""
