"""A file -> records: read, staged, compared, checked and saved as a set, in one transaction, all rows or none.

A table with other columns is `mapping`'s, which `guessing` proposes and a page (`mapping_form`, `mapping_admin`) asks.
`pipeline` puts the steps together; a resource tells it what its records need beyond cells (`Rule`). `jobs` does the
same for an upload, which a page or a worker takes from step to step, and `admin` shows it.
"""
