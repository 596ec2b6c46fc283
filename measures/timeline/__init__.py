"""Entries into lanes, rows and marks, and the table of counts. Imports `listing` and single modules of `measures`."""
