"""Date and number formats that differ from Django's, one folder per language."""
