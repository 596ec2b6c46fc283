"""The digital archive: captures of sources, with their texts, comparison, link health and integrity checks.

`links` knows which URLs are due and what became of each, `hosts` implements politeness, `keeping` stores what was
fetched, first the files and then the row, so that a process may die between any two steps. `reading` and `pictures`
process stored files in confined processes. `quotes` looks up the words of citations, `verifying` and `bag` check
integrity and export.
"""
