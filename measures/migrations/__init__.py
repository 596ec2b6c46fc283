"""The functions that tables rest on, the tables, then the search."""
