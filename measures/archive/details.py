"""A source -> everything that its page says about it, as plain values; and what a list says of many.

The whole text of a kept copy is the publisher's. Where `rights` does not say that the copy may be shown, the public
reads of it what a quotation may hold; see `archive.showing`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from urllib.parse import quote

from django.db.models import Count, Max
from django.db.models.functions import Left
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.languages import language_name
from foundation.partial_dates import PartialDate
from foundation.texts import Text
from measures.archive.choices import CaptureMethod, LinkState, QuoteState, TextState
from measures.archive.showing import LONGEST_QUOTATION, beginning, may_show_copies, quotation
from measures.archive.text_changes import TextDiff, changes_between
from measures.choices import StatusGroup
from measures.entries import Span, span_of
from measures.models import Capture, Citation, CitedField, DocumentText, Link, Measure, Source

SHOWN = 3_000
"""Characters that a page shows of a text that may be shown."""
LONGEST_TEXT, LONGEST_SEARCHED = 200_000, 60_000
"""Characters of a document that a comparison looks at, and that the excerpt of a search is taken from."""
MOST_COMPARED = 10
"""Captures whose change since the one before is shown: the newest."""
NOT_CHECKED = "unknown"
WEB_ARCHIVE = "https://web.archive.org/web"


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """Whether the document still stands at its address, since when, and when that was found out."""

    state: str
    label: str
    since: PartialDate | None
    checked: PartialDate | None
    moved_to: str
    answered: PartialDate | None
    """When it answered last, where it does not."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many captures are kept of a source, and when the last was made."""

    number: int
    last: PartialDate | None


@dataclass(frozen=True, slots=True)
class Copy:
    """A capture; `download` is '' where the public may not have the copy, `changes` None where none is compared."""

    sha256: str
    captured_at: datetime
    day: PartialDate
    media_type: str
    size: int
    pages: int | None
    method: str
    text_state: str
    """Why there is no text, in words; '' where there is."""
    download: str
    changes: TextDiff | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether a quote stands in the kept copies; `page` is where, in a document with pages."""

    state: str
    label: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Supported:
    """A published entry that cites the source: where in it, in which words, and whether these were found in it."""

    public_id: str
    url: str
    title: Text
    country: str
    group: str
    group_label: str
    span: Span
    locator: str
    supports: str
    quote: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class SourceDetails:
    """What the page of a source shows beside the fields of its own."""

    language_name: str
    accessed_on: PartialDate | None
    link: LinkHealth
    copies: tuple[Copy, ...]
    supported: tuple[Supported, ...]
    excerpt: str
    is_excerpt_cut: bool
    may_be_shown: bool
    web_archive: str


def of_source(source: Source) -> SourceDetails:
    """The details of a public source, in a fixed number of queries."""
    captures = list(source.captures.with_reading().newest_first())
    texts = _texts(captures[: MOST_COMPARED + 1])
    may_be_shown = may_show_copies(source)
    text = next((texts[capture.pk] for capture in captures if texts.get(capture.pk)), "")
    shown = beginning(text, SHOWN) if may_be_shown else quotation(text)
    return SourceDetails(
        language_name=language_name(source.language),
        accessed_on=PartialDate.from_date(source.accessed_on) if source.accessed_on else None,
        link=link_of(source),
        copies=tuple(_copies(source, captures, texts)),
        supported=tuple(_supported(source)),
        excerpt=shown,
        is_excerpt_cut=len(shown) < len(text.strip()),
        may_be_shown=may_be_shown,
        web_archive=web_archive(source, captures[0].captured_at.date() if captures else None),
    )


def web_archive(source: Source, day: date | None) -> str:
    """The address in a public web archive of the page as it was about a day: of capture, else of reading."""
    if not source.url:
        return ""
    near = day or source.accessed_on
    return f"{WEB_ARCHIVE}/{near.strftime('%Y%m%d') if near else '*'}/{quote(source.url, safe=_UNQUOTED)}"


_UNQUOTED = "!#$%&'()*+,/:;=?@[]~"
"""What stays as it is in an address that follows another."""


# Captures


def _texts(captures: Sequence[Capture]) -> dict[int, str]:
    """The texts of captures as far as they are looked at."""
    read = DocumentText.objects.filter(capture__in=[capture.pk for capture in captures])
    return dict(read.annotate(beginning=Left("text", LONGEST_TEXT)).values_list("pk", "beginning"))


def _copies(source: Source, captures: Sequence[Capture], texts: Mapping[int, str]) -> Iterable[Copy]:
    """With what changed in the texts of the newest; `texts` has those."""
    may_be_shown = may_show_copies(source)
    most = SHOWN if may_be_shown else LONGEST_QUOTATION
    for capture, older in zip_longest(captures, captures[1:]):
        before, after = texts.get(older.pk if older else 0, ""), texts.get(capture.pk, "")
        read = getattr(capture, "document_text", None)
        yield Copy(
            sha256=capture.sha256,
            captured_at=capture.captured_at,
            day=PartialDate.from_date(capture.captured_at.date()),
            media_type=capture.media_type,
            size=capture.size,
            pages=read.pages if read else None,
            method=str(CaptureMethod(capture.method).label),
            text_state=str(TextState(read.state).label) if read and read.state != TextState.READ else "",
            download=_address_of(source, capture) if may_be_shown else "",
            changes=changes_between(before, after, characters=most) if before and after else None,
            is_first=older is None,
        )


def _address_of(source: Source, capture: Capture) -> str:
    return reverse("kept_copy", kwargs={"key": source.key, "sha256": capture.sha256})


def kept_of(sources: Sequence[Source]) -> dict[int, Kept]:
    """What is kept of each of some sources, in one query."""
    found = (
        Capture.objects.filter(source__in=sources)
        .order_by()
        .values_list("source")
        .annotate(number=Count("pk"), last=Max("captured_at"))
    )
    kept = {pk: Kept(number, PartialDate.from_date(last.date())) for pk, number, last in found}
    return {source.pk: kept.get(source.pk, Kept(0, None)) for source in sources}


def documents_of(sources: Sequence[Source]) -> dict[int, str]:
    """The text of each of some sources as it is now, as far as it is looked at; in one query."""
    read = DocumentText.objects.filter(capture__in=Capture.objects.current().filter(source__in=sources))
    return dict(read.annotate(beginning=Left("text", LONGEST_SEARCHED)).values_list("capture__source", "beginning"))


# Links


def link_of(source: Source) -> LinkHealth:
    """The health of the source's link as it was found at the last check; of a source without address it is unknown."""
    link = source.link if hasattr(source, "link") else Link(state=LinkState.UNKNOWN)
    return LinkHealth(
        state=link.state,
        label=_state_in_words(source, link),
        since=_day(link.since) if link.state != LinkState.UNKNOWN else None,
        checked=_day(link.checked_at),
        moved_to=link.moved_to,
        answered=_day(link.answered_at) if link.failures else None,
    )


def _state_in_words(source: Source, link: Link) -> str:
    """What a reader makes of the state: there may be nothing to ask, or no answer so far."""
    if not source.url:
        return _("No address recorded")
    is_asked_in_vain = link.state == LinkState.UNKNOWN and link.checked_at
    return _("No answer so far") if is_asked_in_vain else str(LinkState(link.state).label)


def _day(moment: datetime | None) -> PartialDate | None:
    return PartialDate.from_date(moment.date()) if moment else None


# What it supports


def _supported(source: Source) -> Iterable[Supported]:
    citations = Citation.objects.filter(source=source, measure__in=Measure.objects.published())
    ordered = citations.order_by("measure__public_id", "locator", "pk")
    for citation in ordered.select_related("measure__country", "quote_check"):
        measure = citation.measure
        group = StatusGroup(measure.status_group)
        yield Supported(
            public_id=measure.public_id,
            url=measure.get_absolute_url(),
            title=measure.title,
            country=measure.country.name if measure.country else "",
            group=group.value,
            group_label=str(group.label),
            span=span_of(measure),
            locator=citation.locator,
            supports=str(CitedField(citation.field).label) if citation.field else "",
            quote=citation.quote,
            evidence=evidence_of(citation),
        )


def evidence_of(citation: Citation) -> Evidence | None:
    """What was found out about the quote; None of a citation without one. A check of other words says nothing."""
    if not citation.quote:
        return None
    check = getattr(citation, "quote_check", None)
    if check is None or check.quote != citation.quote:
        return Evidence(NOT_CHECKED, _("Not looked for yet"), None)
    return Evidence(check.state, str(QuoteState(check.state).label), check.page)
