"""A file somewhere -> observations: fetched, read, understood, compared with what is public, published or held.

What is public changes in one transaction at the very end, so that whatever goes wrong before leaves the last good
values as they are. A feed writes only rows that differ, and only those that a feed wrote: what people enter stays.
"""
