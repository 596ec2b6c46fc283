"""Full-text search of entries: matching, highlighted excerpts, “did you mean”. Imports `models`."""
