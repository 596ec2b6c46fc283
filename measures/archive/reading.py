"""What can be read in a document: its text page by page, its language, its number of pages."""

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from django.conf import settings

from measures.archive.media_types import HTML, PDF, TEXT, XML
from measures.archive.store import PIECE
from measures.source_choices import TextState

READABLE = (PDF, HTML, XML, TEXT)
PROGRAM = "measures.archive.extraction"
"""Run, never imported: strangers' files may crash what it imports."""
SECONDS = 60
"""How long a document may be read; its process also limits itself."""
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


def read(file: BinaryIO, media_type: str, charset: str = "") -> Reading:
    """Read a document in a process that may crash, hang or grow without harm; never raise for what is in it."""
    if media_type.startswith("image/"):
        return Reading(TextState.EMPTY)
    if media_type not in READABLE:
        return Reading(TextState.UNREADABLE)
    with NamedTemporaryFile() as copy:
        file.seek(0)
        while piece := file.read(PIECE):
            copy.write(piece)
        copy.flush()
        found = _extracted(copy.name, media_type, charset)
    if found is None:
        return Reading(TextState.UNREADABLE)
    pages, count = found
    text = PAGE_BREAK.join(pages)
    if not text.strip():
        return Reading(TextState.EMPTY, pages=count)
    starts = tuple(accumulate((len(page) + len(PAGE_BREAK) for page in pages[:-1]), initial=0)) if count else ()
    return Reading(TextState.READ, text, starts, count, language_of(text))


def _extracted(path: str, media_type: str, charset: str) -> tuple[list[str], int | None] | None:
    command = [sys.executable, "-m", PROGRAM, media_type, path, charset]
    try:
        done = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return None
    return found["pages"], found["count"]


def language_of(text: str) -> str:
    """`en`, `es` or `pt` by its most frequent words, '' where they do not tell."""
    words = Counter(word.lower() for word in _WORD.findall(text[:GUESSED_FROM]))
    scores = {language: sum(words[word] for word in frequent) for language, frequent in _FREQUENT.items()}
    best, second = sorted(scores.values(), reverse=True)[:2]
    if best < 5 or best < 1.15 * second:
        return ""
    return max(scores, key=lambda language: scores[language])
