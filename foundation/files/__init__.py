"""Import and export of records: cells, columns, resources. Imports the rest of `foundation` except `web`."""
