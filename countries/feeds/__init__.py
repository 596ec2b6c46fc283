"""Load a remote file into observations: fetch, read, parse, compare with what is public, publish or hold.

Public data changes in one transaction at the very end, so a failure at any earlier point leaves the last good values as
they are. A feed writes only rows that differ, and only rows that a feed wrote: manual entries are never overwritten.
"""
