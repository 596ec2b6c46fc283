"""The coverage ledger: what was searched, read in memory, as a table, and written. Imports `listing` and `models`."""
