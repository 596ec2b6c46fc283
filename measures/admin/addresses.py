"""Addresses as people paste them: the same document under slightly different spellings."""

import re
from itertools import product

from measures.models import Source


def tidy(url: str) -> str:
    """Without blanks around it and without the place in the page; a fragment that is a route (`#/…`, `#!…`) stays."""
    address, _sign, fragment = url.strip().partition("#")
    return f"{address}#{fragment}" if fragment.startswith(("/", "!")) else address


def source_at(url: str) -> Source | None:
    """The source with this URL, preferably exactly, else ignoring scheme, `www.` and a trailing slash."""
    bare = re.sub(r"^https?://(www\.)?", "", url, flags=re.IGNORECASE).rstrip("/")
    spellings = ["".join(parts) for parts in product(("https://", "http://"), ("", "www."), (bare,), ("", "/"))]
    found = Source.objects.filter(url__in=[url, *spellings]).order_by("pk")
    return min(found, key=lambda source: source.url != url, default=None)
