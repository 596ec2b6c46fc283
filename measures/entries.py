"""Entries as plain values and text for lists and the timeline: when they apply, and what is printed."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from django.db.models import Prefetch, TextField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.markdown import to_text
from foundation.partial_dates import PartialDate
from foundation.texts import Text
from measures.choices import DRAWN_DIRECTIONS, VALIDITY_FAMILIES, Direction, EndKind, Kind, Status
from measures.models import Citation, Measure, MeasureQuerySet, Source
from measures.places import place_beside_mark, place_in_words
from measures.standing_words import Words, words_in
from measures.validity.answers import Answer
from measures.validity.standing import standings_in
from measures.validity.store import answers_of


class End(Enum):
    """What is known about the end of an entry."""

    MOMENT = "moment"
    """It has no duration, like a bill, a statement or an announcement."""
    DATED = "dated"
    OPEN = "open"
    """Open on purpose, or until something happens."""
    UNRECORDED = "unrecorded"
    UNDATED = "undated"
    """It has ended, but the date is not recorded."""


_OPEN_ENDS = {
    EndKind.FURTHER_NOTICE: gettext_lazy("until further notice"),
    EndKind.INDEFINITE: gettext_lazy("open-ended"),
    EndKind.WHILE_MEASURE: gettext_lazy("while another measure lasts"),
    EndKind.UNTIL_EVENT: gettext_lazy("until an event"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when an entry applies, as far as recorded, and the same in words.

    `text` never says more than is known; `note` says what is missing, inferred or open, and the date of the act
    (`adopted`) if it differs from the start.
    """

    start: PartialDate | None
    until: PartialDate | None
    end: End
    open_end: str = ""
    adopted: PartialDate | None = None

    @property
    def text(self) -> str:
        """`29 May 2020`, `From May 2020`, `29 April 2020 to 2021`, `Until 2021`, `Date not recorded`."""
        if self.start and self.until:
            return _("%(start)s to %(end)s") % {"start": self.start.in_words(), "end": self.until.in_words()}
        if self.until:
            return _("Until %(date)s") % {"date": self.until.in_words()}
        if not self.start:
            return _("Date not recorded")
        if self.end is End.MOMENT:
            return self.start.in_words()
        return _("From %(date)s") % {"date": self.start.in_words()}

    @property
    def note(self) -> str:
        """`day not recorded, date inferred, no end recorded`, or ''."""
        adopted = _("dated %(date)s") % {"date": self.adopted.in_words()} if self.adopted else ""
        return ", ".join(note for note in (adopted, self._start_note(), self._end_note()) if note)

    def _start_note(self) -> str:
        if not self.start:
            return _("start not recorded") if self.until else ""
        missing = self.start.missing_in_words()
        return _("start: %(note)s") % {"note": missing} if missing and self.until else missing

    def _end_note(self) -> str:
        if self.until:
            missing = self.until.missing_in_words()
            return _("end: %(note)s") % {"note": missing} if missing else ""
        if self.end is End.OPEN:
            return self.open_end
        return _("end date not recorded") if self.end is End.UNRECORDED and self.start else ""

    @property
    def sentence(self) -> str:
        """Both in one line: `From May 2020 (day not recorded, no end recorded)`."""
        return f"{self.text} ({self.note})" if self.note else self.text

    @property
    def is_said_by_heading(self) -> bool:
        """Whether the heading of a month says all that there is: a year alone, or no date, and nothing else."""
        is_bare = not self.until and not self.adopted and self.end is not End.OPEN
        return is_bare and not (self.start and self.start.month)

    @property
    def iso(self) -> str:
        """The start in machine-readable form, without marks of inference."""
        return self.start.iso if self.start else ""


def span_of(measure: Measure, words: Words) -> Span:
    """When `measure` applies: from the recorded start to the end that is derived, else to the planned one."""
    has_days = measure.family in VALIDITY_FAMILIES and measure.status != Status.ABANDONED
    if not has_days or not words.has_begun:
        return Span(measure.date, None, End.MOMENT)
    until, end, open_end = _end_of(measure, words)
    start = measure.valid_from or (None if until and _is_only_signed(measure) else measure.date)
    adopted = measure.date if measure.date != until and (not start or _lie_apart(measure.date, start)) else None
    return Span(start, until, end, open_end, adopted)


def _end_of(measure: Measure, words: Words) -> tuple[PartialDate | None, End, str]:
    standing, planned = words.standing, measure.valid_until
    if words.until:
        return words.until, End.DATED, ""
    if standing.state == "ended":
        return None, End.UNDATED, ""
    if planned and not (standing.last_known and planned.last < standing.last_known):
        return planned, End.DATED, ""
    if measure.end_kind in _OPEN_ENDS:
        return None, End.OPEN, str(_OPEN_ENDS[EndKind(measure.end_kind)])
    return None, End.UNRECORDED, ""


def _is_only_signed(measure: Measure) -> bool:
    """Whether the course is no further than a signing, which is no start; but that of a court decision is."""
    return measure.status in (Status.ENACTED, Status.PUBLISHED) and measure.kind != Kind.COURT_DECISION


def _lie_apart(date: PartialDate | None, start: PartialDate | None) -> bool:
    return bool(date and start and (date.last < start.first or start.last < date.first))


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A cited document; `name` is its publisher or its site, `title` its title, '' in a short row."""

    name: str
    title: str
    url: str
    language: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days on which an entry is in one state: the first and the last, None if unbounded."""

    state: str
    first: datetime.date | None
    last: datetime.date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A list row, ready to print; `words` say how it stands on the day, `certainty` whether it was in force if asked.

    `stretches` are the days on which it is or may be in force, or is suspended, in order.

    `place` says whose act it is and where it holds, and `beside_mark` the same in a few letters, '' where it is simply
    national. `direction` is the key of its direction, '' unless that is one of `DRAWN_DIRECTIONS`.

    `lane` is the key of `topic`, the topic whose lane on the timeline has the entry, or ''. `marked_title` and
    `marked_summary` are HTML with search words marked, '' without a search.
    """

    number: int
    public_id: str
    url: str
    country: str
    country_url: str
    words: Words
    stretches: tuple[Stretch, ...]
    title: Text
    short_title: Text
    summary: Text
    date: PartialDate | None
    span: Span
    lane: str
    topic: str
    kind: str
    reference: str
    direction: str
    sources: tuple[SourceLink, ...]
    certainty: str
    place: str
    beside_mark: str
    marked_title: str = ""
    marked_summary: str = ""

    @property
    def group(self) -> str:
        """The key of the group of its state."""
        return self.words.group.value

    @property
    def direction_label(self) -> str:
        """The direction in words, '' unless it is drawn."""
        return str(Direction(self.direction).label) if self.direction else ""


UNPRINTED = tuple(
    field.name
    for field in Measure._meta.concrete_fields
    if type(field) is TextField and not field.name.startswith("summary_")
)
"""Long texts that rows do not print."""


def for_list(queryset: MeasureQuerySet) -> MeasureQuerySet:
    """`queryset` with what a row prints, and without what only searches read."""
    citations = Citation.objects.select_related("source").defer("quote")
    return (
        queryset.select_related("country", "primary_topic__parent")
        .prefetch_related(Prefetch("citations", citations), "areas", "binds")
        .defer(*UNPRINTED)
    )


def entries_of(
    measures: Iterable[Measure], day: datetime.date, *, is_asked: bool = False, longest: int | None = None
) -> list[Entry]:
    """The rows of these measures, as they stand on a day; the number of queries is fixed.

    With `is_asked` each says whether it was certainly in force then. With `longest` the rows are short: a longer
    summary is cut, and a document that can be opened is represented by its site. Both are complete on the entry's own
    page.
    """
    listed = {measure.pk: measure for measure in measures}
    answers = answers_of(listed)
    words = words_in(listed, standings_in(answers, listed.values(), day), day)
    return [
        _entry(measure, words[pk], stretches_of(answers.get(pk)), is_asked, longest) for pk, measure in listed.items()
    ]


def _entry(
    measure: Measure, words: Words, stretches: tuple[Stretch, ...], is_asked: bool, longest: int | None
) -> Entry:
    topic, summary = measure.lane, measure.summary
    return Entry(
        number=measure.pk,
        public_id=measure.public_id,
        url=measure.get_absolute_url(),
        country=measure.country.name if measure.country else "",
        country_url=measure.country.get_absolute_url() if measure.country and measure.country.is_covered else "",
        words=words,
        stretches=stretches,
        title=measure.title,
        short_title=measure.short_title,
        summary=Text(_cut(to_text(summary.text), longest), summary.language, summary.is_fallback),
        date=measure.date,
        span=span_of(measure, words),
        lane=topic.key if topic else "",
        topic=topic.label if topic else "",
        kind=str(Kind(measure.kind).label),
        reference=" ".join(part for part in (measure.reference, measure.provision) if part),
        direction=measure.direction if measure.direction in DRAWN_DIRECTIONS else "",
        sources=_sources(measure.citations.all(), are_short=longest is not None),
        certainty=_certainty(words) if is_asked else "",
        place=place_in_words(measure),
        beside_mark=place_beside_mark(measure),
    )


_DRAWN = ("in_force", "possibly", "suspended")


def stretches_of(known: Answer | None) -> tuple[Stretch, ...]:
    """The days on which an act is or may be in force, or is suspended, in order."""
    return tuple(stretch for stretch in all_stretches(known) if stretch.state in _DRAWN)


def all_stretches(known: Answer | None) -> tuple[Stretch, ...]:
    """The days of each state of an act, in order, without a gap; none for a family that has no state."""
    if known is None:
        return ()
    firsts: Sequence[datetime.date | None] = (None, *known.days)
    lasts = (*(day - datetime.timedelta(days=1) for day in known.days), None)
    found = zip(known.states, firsts, lasts, strict=True)
    return tuple(Stretch(state, first, last) for state, first, last in found)


def _cut(text: str, longest: int | None) -> str:
    if longest is None or len(text) <= longest:
        return text
    return text[:longest].rsplit(" ", 1)[0] + " …"


def _sources(citations: Iterable[Citation], *, are_short: bool) -> tuple[SourceLink, ...]:
    return tuple(dict.fromkeys(_source_link(citation.source, is_short=are_short) for citation in citations))


def _source_link(source: Source, *, is_short: bool) -> SourceLink:
    name = source.publisher or urlsplit(source.url).hostname or source.title
    return SourceLink(name, "" if is_short else source.title, source.url, source.language)


def _certainty(words: Words) -> str:
    said = {"in_force": _("In force on that day"), "possibly": _("Possibly in force on that day")}
    return said.get(words.standing.state, "")
