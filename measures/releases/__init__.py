"""Releases of the public data: how one is made, what its papers say, and what differs between two of them."""
