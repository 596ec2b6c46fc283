"""One filter of entries, its facets and counts, and the index in memory. Imports `search` and `models`."""
