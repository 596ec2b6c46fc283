"""Acts, their course, relations and sources. Imports `countries` and `foundation`, nothing of `observatory`."""
