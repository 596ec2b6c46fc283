"""Crosswalks: our terms beside those of other data sets, with what is lost on the way to theirs.

`schemes.csv` has the other code books; the file of each has its rows. They are the same in every installation; a row of
a topic or a group that an installation does not have is left out there.
"""
