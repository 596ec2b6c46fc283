"""Bytes of a page as letters."""

import re

_SAID = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]{2,40})", re.IGNORECASE)
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def decoded(data: bytes, charset: str) -> str:
    """By its mark, as the server says, as it says itself, as UTF-8, else as Windows writes in the Americas."""
    marked = [name for mark, name in _MARKS.items() if data.startswith(mark)]
    said = [found[1].decode() for found in [_SAID.search(data[:4096])] if found]
    for name in (*marked, *filter(None, [charset]), *said, "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, ValueError):  # no such character set, or not a text one; not written in it
            continue
    return data.decode("cp1252", errors="replace")
