"""Database engine: PostgreSQL as Django has it, on the embedded server."""
