"""Extract the text of a document by page, its language, and its number of pages."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

from foundation import confined
from measures.archive.choices import TextState
from measures.archive.media_types import HTML, PDF, TEXT, UNKNOWN, XML

READABLE = (PDF, HTML, XML, TEXT)
PAGE_BREAK = "\n\n"
GUESSED_FROM = 20_000
"""Number of characters used to detect the language."""
_WORD = re.compile(r"[^\W\d_]+")
_FREQUENT = {
    language: frozenset(words.split())
    for language, words in (
        ("en", "the of and to in is that for by with shall this be or from which are was"),
        ("es", "el la los las de que en y del por para con una se al su lo como más"),
        ("pt", "o os as do da dos das em e não um uma no na por para com que ao à pela pelo são"),
    )
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The text, with the offset of each page; `pages` is None for a document without pages."""

    state: TextState
    text: str = ""
    page_starts: tuple[int, ...] = ()
    pages: int | None = None
    language: str = ""


def media_type_of(file: BinaryIO) -> str:
    """The media type of a file's content, `application/octet-stream` if it cannot be detected."""
    try:
        return str(confined.call("measures.archive.media_types", "media_type_of", file, bounds=confined.SMALL))
    except confined.Failed:
        return UNKNOWN


def read(file: BinaryIO, media_type: str, charset: str = "") -> Reading:
    """Read a document; never raise because of its content."""
    if media_type.startswith("image/"):
        return Reading(TextState.EMPTY)
    if media_type not in READABLE:
        return Reading(TextState.UNREADABLE)
    try:
        pages, count = confined.call(
            "measures.archive.extraction", "text_of", file, media_type=media_type, charset=charset
        )
    except confined.Failed:
        return Reading(TextState.UNREADABLE)
    text = PAGE_BREAK.join(pages)
    if not text.strip():
        return Reading(TextState.EMPTY, pages=count)
    starts = tuple(accumulate((len(page) + len(PAGE_BREAK) for page in pages[:-1]), initial=0)) if count else ()
    return Reading(TextState.READ, text, starts, count, language_of(text))


def language_of(text: str) -> str:
    """`en`, `es` or `pt` by the most frequent words, or '' if they are inconclusive.

    Runs in linear time on a bounded excerpt, so it needs no confined process.
    """
    words = Counter(word.lower() for word in _WORD.findall(text[:GUESSED_FROM]))
    scores = {language: sum(words[word] for word in frequent) for language, frequent in _FREQUENT.items()}
    best, second = sorted(scores.values(), reverse=True)[:2]
    if best < 5 or best < 1.15 * second:
        return ""
    return max(scores, key=lambda language: scores[language])
