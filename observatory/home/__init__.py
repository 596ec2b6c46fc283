"""The first page: its map, the map of the record, the overview. Imports `measures`, `countries` and `foundation`."""
