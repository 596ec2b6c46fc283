"""What a proposed change rests on: the sources that it cites, with their current copies at the quoted place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from foundation.days import day_of
from foundation.keys import whole_number
from foundation.partial_dates import PartialDate
from foundation.records.edit_conflicts import posted_rows
from measures.admin.source import state_of_text
from measures.models import Capture, Source

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
    """The address of the current kept copy, '' without one."""
    copied_on: PartialDate | None
    excerpt: Excerpt | None
    """None without a kept copy that could be read."""
    state: str
    """Of the text of a kept copy that has none: why there is no excerpt."""


def sources_cited(data: QueryDict) -> list[SourceBeside]:
    """The sources of the citations in a posted form of a measure, in two queries."""
    rows = [row for row in posted_rows(data, "citations") if not row.get("DELETE")]
    cited = [(key, row) for row in rows if (key := whole_number((row.get("source") or [""])[0])) is not None]
    cited = cited[:MOST_SOURCES]
    sources = Source.objects.in_bulk([key for key, _row in cited])
    current = Capture.objects.current().filter(source__in=sources).select_related("document_text")
    copies = {copy.source_id: copy for copy in current.defer("document_text__vector", "document_text__page_starts")}
    return [_beside(sources[key], row, copies.get(key)) for key, row in cited if key in sources]


def _beside(source: Source, row: dict[str, list[str]], copy: Capture | None) -> SourceBeside:
    quote = "".join(row.get("quote", []))
    text = getattr(getattr(copy, "document_text", None), "text", "")
    return SourceBeside(
        title=source.title,
        url=source.url,
        address=reverse("admin:measures_source_change", args=[source.pk]),
        locator="".join(row.get("locator", [])),
        quote=quote,
        copy=reverse("admin:measures_source_copy", args=[copy.pk]) if copy else "",
        copied_on=day_of(copy.captured_at) if copy else None,
        excerpt=excerpt_of(text, quote) if text else None,
        state="" if copy is None or text else state_of_text(copy),
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
