"""Records in and out as files: cells, columns, resources, export. Imports the rest of `foundation`, `web` apart."""
