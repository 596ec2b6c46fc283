"""The read API `/api/v1/`: the records of the public files as JSON with types, in pages.

Everything comes through the filters of the pages and the public export, so that a record is here exactly if it is
there.
"""
