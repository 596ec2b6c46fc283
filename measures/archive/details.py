"""Everything that the page of a source shows, as plain values; and summaries for lists of sources.

The full text of a capture belongs to its publisher. Unless `rights` allow it to be shown, the public sees no more of it
than may be quoted; see `archive.showing`.
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

from foundation.days import day_of, today
from foundation.languages import language_name
from foundation.partial_dates import PartialDate
from foundation.text_changes import TextDiff, changes_between
from foundation.texts import Text
from measures.archive.choices import CaptureMethod, LinkState, QuoteState, TextState
from measures.archive.showing import LONGEST_QUOTATION, beginning, may_show_copies, quotation
from measures.entries import Span, span_of
from measures.models import Capture, Citation, CitedField, DocumentText, Link, Measure, Source
from measures.search.matching import query
from measures.standing_words import Words, words_for

SHOWN = 3_000
"""Maximum number of characters shown of a text that may be shown."""
LONGEST_TEXT, LONGEST_SEARCHED = 200_000, 60_000
"""Characters of a document that a comparison looks at, and that the excerpt of a search is taken from."""
MOST_COMPARED = 10
"""Number of captures whose changes are shown: the newest ones."""
NOT_CHECKED = "unknown"
WEB_ARCHIVE = "https://web.archive.org/web"


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """Whether the document is still at its URL, since when, and when that was checked."""

    state: str
    label: str
    since: PartialDate | None
    checked: PartialDate | None
    moved_to: str
    answered: PartialDate | None
    """When the URL last worked, if it no longer does."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The number of captures of a source, and the date of the last."""

    number: int
    last: PartialDate | None


@dataclass(frozen=True, slots=True)
class Copy:
    """A capture; `download` is '' if it is not public, `changes` None if it was not compared."""

    sha256: str
    captured_at: datetime
    day: PartialDate
    media_type: str
    size: int
    pages: int | None
    method: str
    text_state: str
    """Why there is no text, in words; '' if there is one."""
    download: str
    changes: TextDiff | None
    is_first: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """Whether a quote was found in the captures; `page` is where, if the document has pages."""

    state: str
    label: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Supported:
    """A published entry that cites the source: the locator, the quote, and whether the quote was found."""

    public_id: str
    url: str
    title: Text
    country: str
    words: Words
    span: Span
    locator: str
    supports: str
    quote: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class SourceDetails:
    """What the page of a source shows in addition to its own fields."""

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
    """The URL in a public web archive of the page near a date: that of capture, else that of access."""
    if not source.url:
        return ""
    near = day or source.accessed_on
    return f"{WEB_ARCHIVE}/{near.strftime('%Y%m%d') if near else '*'}/{quote(source.url, safe=_UNQUOTED)}"


_UNQUOTED = "!#$%&'()*+,/:;=?@[]~"
"""Characters that are not quoted in a URL that is appended to another."""


# Captures


def _texts(captures: Sequence[Capture]) -> dict[int, str]:
    """The texts of captures, up to the number of characters used."""
    read = DocumentText.objects.filter(capture__in=[capture.pk for capture in captures])
    return dict(read.annotate(beginning=Left("text", LONGEST_TEXT)).values_list("pk", "beginning"))


def _copies(source: Source, captures: Sequence[Capture], texts: Mapping[int, str]) -> Iterable[Copy]:
    """The captures, with what changed in the texts of the newest, which are in `texts`."""
    may_be_shown = may_show_copies(source)
    most = SHOWN if may_be_shown else LONGEST_QUOTATION
    for capture, older in zip_longest(captures, captures[1:]):
        before, after = texts.get(older.pk if older else 0, ""), texts.get(capture.pk, "")
        read = getattr(capture, "document_text", None)
        yield Copy(
            sha256=capture.sha256,
            captured_at=capture.captured_at,
            day=day_of(capture.captured_at),
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
    """The captures of each of several sources, in one query."""
    found = (
        Capture.objects.filter(source__in=sources)
        .order_by()
        .values_list("source")
        .annotate(number=Count("pk"), last=Max("captured_at"))
    )
    kept = {pk: Kept(number, PartialDate.from_date(last.date())) for pk, number, last in found}
    return {source.pk: kept.get(source.pk, Kept(0, None)) for source in sources}


def documents_of(sources: Sequence[Source]) -> dict[int, str]:
    """The current text of each of several sources, up to the number of characters used; in one query."""
    read = DocumentText.objects.filter(capture__in=Capture.objects.current().filter(source__in=sources))
    return dict(read.annotate(beginning=Left("text", LONGEST_SEARCHED)).values_list("capture__source", "beginning"))


def older_documents_of(sources: Sequence[Source], words: str) -> dict[int, tuple[PartialDate, str]]:
    """For each source of which an older capture matches a search: the date and text of the newest of these.

    The text goes up to the number of characters used; one query, none without sources.
    """
    if not sources:
        return {}
    read = DocumentText.objects.filter(capture__source__in=sources, vector=query(words))
    older = read.exclude(capture__in=Capture.objects.current().filter(source__in=sources))
    newest = older.order_by("capture__source", "-capture__captured_at", "-pk").distinct("capture__source")
    beginnings = newest.annotate(beginning=Left("text", LONGEST_SEARCHED))
    return {
        source: (day_of(captured_at), text)
        for source, captured_at, text in beginnings.values_list("capture__source", "capture__captured_at", "beginning")
    }


# Links


def link_of(source: Source) -> LinkHealth:
    """The source's link health at the last check; unknown for a source without a URL."""
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
    """The link state in words; there may be no URL, or no check so far."""
    if not source.url:
        return _("No address recorded")
    is_asked_in_vain = link.state == LinkState.UNKNOWN and link.checked_at
    return _("No answer so far") if is_asked_in_vain else str(LinkState(link.state).label)


def _day(moment: datetime | None) -> PartialDate | None:
    return PartialDate.from_date(moment.date()) if moment else None


# Supported entries


def _supported(source: Source) -> Iterable[Supported]:
    citations = Citation.objects.filter(source=source, measure__in=Measure.objects.published())
    ordered = citations.order_by("measure__public_id", "locator", "pk")
    found = list(ordered.select_related("measure__country", "quote_check"))
    words = words_for((citation.measure for citation in found), today())
    for citation in found:
        measure = citation.measure
        yield Supported(
            public_id=measure.public_id,
            url=measure.get_absolute_url(),
            title=measure.title,
            country=measure.country.name if measure.country else "",
            words=words[measure.pk],
            span=span_of(measure, words[measure.pk]),
            locator=citation.locator,
            supports=str(CitedField(citation.field).label) if citation.field else "",
            quote=citation.quote,
            evidence=evidence_of(citation),
        )


def evidence_of(citation: Citation) -> Evidence | None:
    """The result of checking the quote; None without one. A check of an earlier wording does not count."""
    if not citation.quote:
        return None
    check = getattr(citation, "quote_check", None)
    if check is None or check.quote != citation.quote:
        return Evidence(NOT_CHECKED, _("Not looked for yet"), None)
    return Evidence(check.state, str(QuoteState(check.state).label), check.page)
