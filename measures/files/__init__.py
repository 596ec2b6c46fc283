"""The columns of our files, and what an import of them does beyond cells; `|` parts the items of a list in a cell."""
