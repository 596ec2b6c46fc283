"""The public list of sources: its filter, its index in memory, its search. Imports `archive`, `listing`, `search` and
`models`."""
