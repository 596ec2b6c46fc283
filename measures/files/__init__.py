"""The columns of our files, and what an import of them does beyond cells. Imports `foundation.files`, `listing`,
`search` and `models`. `|` separates the items of a list in a cell.
"""
