"""A tag of the admin's first page about work that waits. Imports `measures.admin`."""
