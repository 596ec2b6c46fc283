"""Import and export of any file of the project. Each command reads its arguments and calls `foundation.files`."""
