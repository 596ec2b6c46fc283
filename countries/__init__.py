"""Places, their roles and their figures. Imports `foundation` and nothing of `measures` or `observatory`."""
