"""The two database roles and their rights. Imports `foundation.sql`."""
