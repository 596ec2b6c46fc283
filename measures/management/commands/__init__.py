"""Import, export, search and archive by hand. Each command reads its arguments and calls one folder of `measures`."""
