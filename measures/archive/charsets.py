"""Decode the bytes of web pages."""

import codecs
import re

_SAID = re.compile(rb"(?:charset|encoding)\s*+=\s*+[\"']?\s*+([a-zA-Z0-9_.:-]{2,40})", re.IGNORECASE)
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_OF_LETTERS = (
    *("ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
    *(f"iso8859-{number}" for number in (*range(1, 12), *range(13, 17))),
    *(f"cp{number}" for number in (437, 850, 852, 855, 858, 866, 874, *range(1250, 1259))),
    *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "tis-620"),
    *("gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs", "shift_jis", "cp932", "euc-jp", "iso2022-jp"),
    *("euc-kr", "cp949"),
)
KNOWN = frozenset(codecs.lookup(name).name for name in _OF_LETTERS)
"""The encodings of web pages, each decoded in linear time; Python also knows `punycode`, quadratic, and `zip`."""


def is_known(charset: str) -> bool:
    """Whether a name, from an untrusted source, is a known web encoding."""
    try:
        return charset.isascii() and codecs.lookup(charset[:40]).name in KNOWN
    except (LookupError, ValueError):
        return False


def decoded(data: bytes, charset: str) -> str:
    """Decode by BOM, by the server's header, by the page's own declaration, as UTF-8, or else as Windows-1252."""
    marked = [name for mark, name in _MARKS.items() if data.startswith(mark)]
    said = [found[1].decode() for found in [_SAID.search(data[:4096])] if found]
    for name in filter(is_known, (*marked, charset, *said, "utf-8")):
        try:
            return data.decode(name)
        except ValueError:  # wrong encoding
            continue
    return data.decode("cp1252", errors="replace")
