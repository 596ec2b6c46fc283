"""The digital archive: what a source showed is kept, read, compared and can be proved unchanged.

`links` knows which address is due and what became of it, `hosts` how to ask politely, `keeping` writes what came, file
by file and then the row, so that a process may die between any two steps. `reading` and `pictures` work on what is
kept, in processes of their own. `quotes` looks for the words of citations, `verifying` and `bag` prove and hand out.
"""
