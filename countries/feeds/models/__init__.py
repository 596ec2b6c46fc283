"""The tables of feeds and of their runs. Imports `countries.models` and `foundation`."""
