"""The functions that tables rest on, then the tables of imports."""
