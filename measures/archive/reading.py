"""What can be read in a document: its text page by page, its language, its number of pages."""

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
"""Characters from which the language is guessed."""
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
    """The text with where each page begins in it; `pages` is None where there are none."""

    state: TextState
    text: str = ""
    page_starts: tuple[int, ...] = ()
    pages: int | None = None
    language: str = ""


def media_type_of(file: BinaryIO) -> str:
    """The type of a file's content, `application/octet-stream` where nothing can be known of it."""
    try:
        return str(confined.call("measures.archive.media_types", "media_type_of", file, bounds=confined.SMALL))
    except confined.Failed:
        return UNKNOWN


def read(file: BinaryIO, media_type: str, charset: str = "") -> Reading:
    """Read a document; never raise for what is in it."""
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
    """`en`, `es` or `pt` by its most frequent words, '' where they do not tell.

    Looks at a bounded beginning once, so it needs no process of its own.
    """
    words = Counter(word.lower() for word in _WORD.findall(text[:GUESSED_FROM]))
    scores = {language: sum(words[word] for word in frequent) for language, frequent in _FREQUENT.items()}
    best, second = sorted(scores.values(), reverse=True)[:2]
    if best < 5 or best < 1.15 * second:
        return ""
    return max(scores, key=lambda language: scores[language])
