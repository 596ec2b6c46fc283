"""What a proposed change rests on: the sources that it cites, with their kept copies at the quoted place."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from foundation.keys import whole_number
from foundation.records.edit_conflicts import posted_rows
from measures.archive.choices import TextState
from measures.models import Capture, DocumentText, Source

BESIDE = 1_200
"""Characters shown before and after a quote."""
MOST_SOURCES = 10


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of the text of a kept copy; `quote` is '' if nothing is quoted or it was not found there."""

    before: str
    quote: str
    after: str


@dataclass(frozen=True, slots=True)
class SourceBeside:
    """A source that the proposal cites: its pages in the admin and on the web, its kept copy, what is quoted."""

    title: str
    url: str
    address: str
    locator: str
    quote: str
    copy: str
    """The address of the newest kept copy, '' without one."""
    copied_on: str
    excerpt: Excerpt | None
    """None without a kept copy that could be read."""


def sources_cited(data: QueryDict) -> list[SourceBeside]:
    """The sources of the citations in a posted form of a measure, in three queries."""
    rows = [row for row in posted_rows(data, "citations") if not row.get("DELETE")]
    cited = [(key, row) for row in rows if (key := whole_number((row.get("source") or [""])[0])) is not None]
    cited = cited[:MOST_SOURCES]
    sources = Source.objects.in_bulk([key for key, _row in cited])
    copies = newest_copies(sources)
    texts = {
        text.capture_id: text.text
        for text in DocumentText.objects.filter(capture__in=copies.values(), state=TextState.READ)
    }
    return [_beside(sources[key], row, copies.get(key), texts) for key, row in cited if key in sources]


def newest_copies(sources: Iterable[int]) -> dict[int, Capture]:
    """The newest kept copy of each source that has one."""
    captures = Capture.objects.filter(source__in=list(sources)).order_by("source_id", "-captured_at", "-pk")
    return {capture.source_id: capture for capture in captures.distinct("source_id")}


def _beside(source: Source, row: dict[str, list[str]], copy: Capture | None, texts: dict[int, str]) -> SourceBeside:
    quote = "".join(row.get("quote", []))
    text = texts.get(copy.pk, "") if copy else ""
    return SourceBeside(
        title=source.title,
        url=source.url,
        address=reverse("admin:measures_source_change", args=[source.pk]),
        locator="".join(row.get("locator", [])),
        quote=quote,
        copy=reverse("admin:measures_source_copy", args=[copy.pk]) if copy else "",
        copied_on=copy.captured_at.date().isoformat() if copy else "",
        excerpt=excerpt_of(text, quote) if text else None,
    )


def excerpt_of(text: str, quote: str) -> Excerpt:
    """The text around a quote, whatever blanks and line ends stand between its words; else the beginning."""
    pattern = re.compile(r"\s+".join(map(re.escape, _words(quote))), re.IGNORECASE)
    found = pattern.search(text) if pattern.pattern else None
    if found is None:
        return Excerpt(text[: 2 * BESIDE], "", "")
    start, end = found.span()
    return Excerpt(text[max(start - BESIDE, 0) : start], text[start:end], text[end : end + BESIDE])


def _words(quote: str) -> Iterator[str]:
    yield from quote.replace("…", " ").strip("\"“”«»' ").split()[:100]
