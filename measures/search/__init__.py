"""Words to entries: matching, marked excerpts, “did you mean”. Imports `models`."""
