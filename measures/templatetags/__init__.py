"""A template tag about work queues for the admin index. Imports `measures.admin`."""
