"""Normalize texts for comparison, and find quotes in them.

Whole documents are processed through `foundation.confined`: Unicode composition takes quadratic time if many accents
are stacked on one letter.

Both sides are normalized: compatibility forms and ligatures (NFKC), case, white space of every kind, soft hyphens and
hyphens at line ends, all quotation marks, apostrophes, dashes and ellipses. Accents are significant. A quote may omit
words with `[…]`, `(…)` or `…`: its parts must then follow each other.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import BinaryIO

_HYPHEN_AT_END = re.compile(r"(?<=\w)[-\u2010\u00ad][ \t]*\n\s*(?=\w)")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_QUOTATION = re.compile("[\"“”„‟«»‹›‘’‚‛'`´″′]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_BLANKS = re.compile(r"\s+")
_AROUND_MARKS = re.compile(r" ?([\"(),.;:!?¡¿]) ?")
_OMISSION = re.compile(r"\s*(?:\[\s*(?:\.\.\.|…)\s*\]|\(\s*(?:\.\.\.|…)\s*\)|…|\.\.\.)\s*")
BEGINNING = 10
"""Normalized characters of a quote that must be on one page to identify that page."""
SHORTEST = 3
"""Minimum length of a part of a quote; shorter ones would match anywhere."""


def folded(text: str) -> str:
    """`text`, normalized for comparison."""
    text = unicodedata.normalize("NFKC", _HYPHEN_AT_END.sub("", text))
    text = _INVISIBLE.sub("", text).casefold()
    text = _DASHES.sub("-", _QUOTATION.sub('"', text))
    return _AROUND_MARKS.sub(r"\1", _BLANKS.sub(" ", text)).strip()


def parts_of(quote: str) -> list[str]:
    """The folded parts of a quote between its omissions."""
    found = [folded(part).strip('"') for part in _OMISSION.split(quote)]
    return [part for part in found if sum(map(str.isalnum, part)) >= SHORTEST]


def stands(quote: str, body: str) -> bool:
    """Whether every part of the quote occurs in the normalized `body`, in order."""
    at, parts = 0, parts_of(quote)
    for part in parts:
        place = body.find(part, at)
        if place < 0:
            return False
        at = place + len(part)
    return bool(parts)


def find(file: BinaryIO, quotes: Sequence[str], page_starts: Sequence[int]) -> list[tuple[bool, int | None]]:
    """For each quote, whether it occurs in the text of the file, and on which page, from 1, if there are pages."""
    text = file.read().decode()
    body = folded(text)
    found = [stands(quote, body) for quote in quotes]
    bounds = [*page_starts, len(text)] if any(found) else []
    pages = [folded(text[start:end]) for start, end in pairwise(bounds)]
    return [
        (is_there, _page(pages, quote) if is_there else None) for quote, is_there in zip(quotes, found, strict=True)
    ]


def digest(file: BinaryIO) -> str:
    """A hash that is equal for two texts with the same words."""
    return hashlib.sha256(folded(file.read().decode()).encode("utf-8", "replace")).hexdigest()


def _page(pages: list[str], quote: str) -> int | None:
    """The page on which the quote begins, from 1; None for a document without pages."""
    beginning = parts_of(quote)[0]
    while pages and len(beginning) >= BEGINNING:
        for number, page in enumerate(pages, start=1):
            if beginning in page:
                return number
        beginning = beginning[: len(beginning) // 2]  # it continues on the next page
    return None
