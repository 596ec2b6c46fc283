"""What every record has: history, edit conflicts, the second reader, its admin. Imports `foundation`."""
