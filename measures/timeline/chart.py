"""Entries -> the lanes, rows and marks of a timeline, placed on the server.

Positions along the axis are percentages, so that a plot of any width needs neither script nor inline style. Rows are
packed twice, for wide and for narrow plots, and picked by style sheet classes. A date is drawn no more precisely than
it is known: a month as a dotted span, a year alone or no date at all in the margin beside the plot.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.utils.translation import gettext as _

from foundation.days import today
from measures.choices import DRAWN_DIRECTIONS, WHOLLY_SEARCHED, Direction, Searched, StatusGroup
from measures.coverage.ledger import CountryLedger
from measures.coverage.quarters import Quarter
from measures.entries import Entry, Span
from measures.timeline.axis import NARROW, WIDE, Axis, Tick, divided, percent, ticks
from measures.timeline.joins import Extension, Join, joins_of
from measures.timeline.packing import CHARACTER, ICON, SIGN, Bar, Place, Shape, bar_of, pack, row_classes
from measures.timeline.pieces import pieces_of

MOST_MARKS = 150
"""With more entries, a table of counts is shown (see `matrix.py`): 150 marks take 2,400 pixels of height."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry as a link to its row in the list; `language` is set if the label is not in the page's language.

    `direction` is the key of the sign before its label, '' without one.

    If the label is not the full title (`is_shortened`), the title in the list describes the mark.
    """

    public_id: str
    group: str
    direction: str
    label: str
    language: str
    name: str
    is_shortened: bool


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark on a plot; `classes` pick its row and the side of its label.

    `gaps` are suspensions between bars, from left to right; `dots` span a month without a day.
    """

    mark: Mark
    narrow_label: str
    classes: str
    x: str
    is_earlier: bool
    bars: tuple[Bar, ...]
    gaps: tuple[tuple[str, str], ...]
    dots: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Margin:
    """Entries without a position on the axis, grouped by what is known of their date."""

    label: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Hatch:
    """A stretch of a lane that was not searched, or only in part, in percent of the axis."""

    x: str
    width: str
    state: Searched


@dataclass(frozen=True, slots=True)
class Lane:
    """A topic with its entries; `rows` are the classes that give the plot its height.

    `searched` is what the ledger says of the topic over the whole axis, None if nobody asked it; `hatches` where.
    """

    key: str
    label: str
    count: int
    marks: tuple[PlacedMark, ...]
    rows: str
    margins: tuple[Margin, ...]
    joins: tuple[Join, ...] = ()
    searched: Searched | None = None
    hatches: tuple[Hatch, ...] = ()


@dataclass(frozen=True, slots=True)
class Empty:
    """Topics without a lane, of which the ledger says the same; `searched` is None if nobody asked it."""

    searched: Searched | None
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lanes on one axis, which is None if no entry has a position; `empty` are the topics without a lane."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    empty: tuple[Empty, ...]
    axis: Axis | None

    @property
    def hatched(self) -> list[Searched]:
        """The states of the ledger that are drawn, in the order of the legend."""
        found = {hatch.state for lane in self.lanes for hatch in lane.hatches}
        return [state for state in Searched if state in found]

    @property
    def groups(self) -> list[StatusGroup]:
        """The status groups that occur, in the order of the legend."""
        found = {mark.group for mark in self._marks}
        return [group for group in StatusGroup if group.value in found]

    @property
    def directions(self) -> list[Direction]:
        """The directions whose sign occurs, in the order of the legend."""
        found = {mark.direction for mark in self._marks}
        return [direction for direction in DRAWN_DIRECTIONS if direction.value in found]

    @property
    def has_margins(self) -> bool:
        """Whether any entry has no place on the axis."""
        return any(lane.margins for lane in self.lanes)

    @property
    def has_lines(self) -> bool:
        """Whether there is any line to explain."""
        return bool(self._bars) or self.has_gaps or self.has_months

    @property
    def _marks(self) -> list[Mark]:
        in_margins = [mark for lane in self.lanes for margin in lane.margins for mark in margin.marks]
        return in_margins + [placed.mark for lane in self.lanes for placed in lane.marks]

    @property
    def has_months(self) -> bool:
        """Whether any mark represents a month without a day."""
        return any(placed.dots for lane in self.lanes for placed in lane.marks)

    @property
    def has_bars(self) -> bool:
        """Whether any entry is in force for some time."""
        return any(not bar.fade for _group, bar in self._bars)

    @property
    def has_gaps(self) -> bool:
        """Whether any entry is suspended for some time."""
        return any(placed.gaps for lane in self.lanes for placed in lane.marks)

    @property
    def has_joins(self) -> bool:
        """Whether any bar is joined to one that extends it."""
        return any(lane.joins for lane in self.lanes)

    @property
    def has_ends(self) -> bool:
        """Whether any bar is closed by a cap."""
        return any(bar.cap for _group, bar in self._bars)

    @property
    def fading(self) -> list[str]:
        """The status groups with a stub, in the order of the legend: it is not known whether the act is in force."""
        found = {group for group, bar in self._bars if bar.fade}
        return [group.value for group in StatusGroup if group.value in found]

    @property
    def _bars(self) -> list[tuple[str, Bar]]:
        return [(mark.mark.group, bar) for lane in self.lanes for mark in lane.marks for bar in mark.bars]


def chart(
    entries: Sequence[Entry],
    topics: Sequence[tuple[str, str]],
    *,
    axis: Axis | None = None,
    extensions: Sequence[Extension] = (),
    ledger: CountryLedger | None = None,
) -> Chart:
    """The timeline of `entries`; `topics` are the keys and labels of top-level topics, in lane order.

    It has an axis of its own, unless several share one. The bars of `extensions` in one lane are joined. The `ledger`
    says what was not searched, up to today.
    """
    axis = axis or _axis([entry.span for entry in entries])
    by_topic: dict[str, list[Entry]] = {}
    for entry in entries:
        by_topic.setdefault(entry.lane, []).append(entry)
    named = [*topics, ("", _("No topic"))]
    return Chart(
        lanes=tuple(
            _searched(_lane(key, label, by_topic[key], axis, extensions), ledger, axis)
            for key, label in named
            if key in by_topic
        ),
        ticks=ticks(axis) if axis else (),
        empty=_empty([(key, label) for key, label in topics if key not in by_topic], ledger, axis),
        axis=axis,
    )


def _axis(spans: Iterable[Span]) -> Axis | None:
    """The axis for the entries, None if no date is known to the month.

    A few early entries do not compress the rest (they get an arrow at the edge), and an end counts unless it is farther
    away than the range of the starts.
    """
    placed = [span for span in spans if _is_placed(span)]
    starts = sorted(span.start.first for span in placed if span.start)
    ends = [span.until.last for span in placed if span.until]
    if not starts:
        return divided(min(ends), max(ends)) if ends else None
    first, last = without_early(starts), starts[-1]
    reach = last + max(last - first, datetime.timedelta(days=366))
    return divided(first, max([last, *(end for end in ends if end <= reach)]))


def without_early(starts: Sequence[datetime.date]) -> datetime.date:
    """Where to begin: past at most a tenth of the entries, if that makes the axis less than half as long."""
    whole = starts[-1] - starts[0]
    for index in range(len(starts) // 10 + 1):
        if (starts[-1] - starts[index]) * 2 < whole:
            return starts[index]
    return starts[0]


# What was searched


def _quarters(axis: Axis) -> tuple[Quarter, Quarter] | None:
    """The quarters of an axis up to today; None if it begins later."""
    first, last = Quarter.of_day(axis.first), Quarter.of_day(min(axis.last - datetime.timedelta(days=1), today()))
    return (first, last) if first <= last else None


def _searched(lane: Lane, ledger: CountryLedger | None, axis: Axis | None) -> Lane:
    """The lane with what the ledger says of its topic."""
    shown = _quarters(axis) if axis else None
    if ledger is None or shown is None or axis is None or not lane.key:
        return lane
    hatches = tuple(
        Hatch(percent(axis.at(run.first)), percent(axis.at(run.after) - axis.at(run.first)), run.state)
        for run in ledger.runs(lane.key, *shown)
        if run.state not in WHOLLY_SEARCHED
    )
    return replace(lane, searched=ledger.over(lane.key, *shown), hatches=hatches)


def _empty(topics: Sequence[tuple[str, str]], ledger: CountryLedger | None, axis: Axis | None) -> tuple[Empty, ...]:
    """Topics without entries, by what the ledger says of them over the axis."""
    shown = _quarters(axis) if axis else None
    found: dict[Searched | None, list[str]] = {}
    for key, label in topics:
        found.setdefault(ledger.over(key, *shown) if ledger and shown else None, []).append(label)
    return tuple(Empty(state, tuple(labels)) for state, labels in found.items())


# Lanes


def _is_placed(span: Span) -> bool:
    """Whether an entry has a position on the axis: its start is known to the month, or its end is dated."""
    return bool(span.start.month) if span.start else span.until is not None


def _lane(key: str, label: str, entries: Sequence[Entry], axis: Axis | None, extensions: Sequence[Extension]) -> Lane:
    placed = [entry for entry in entries if axis and _is_placed(entry.span)]
    others = [entry for entry in entries if not _is_placed(entry.span)]
    if not axis:
        return Lane(key, label, len(entries), (), "", _margins(others))
    marks, rows, joins = _placed_marks(placed, axis, extensions)
    return Lane(key, label, len(entries), marks, rows, _margins(others), joins)


def _margins(others: Sequence[Entry]) -> tuple[Margin, ...]:
    """Entries known to the year, by year, then undated ones."""

    def year(entry: Entry) -> int:
        return entry.span.start.year if entry.span.start else 9999

    return tuple(
        Margin(_("Date not recorded") if key == 9999 else str(key), tuple(map(_mark, group)))
        for key, group in groupby(sorted(others, key=year), key=year)
    )


def _placed_marks(
    entries: Sequence[Entry], axis: Axis, extensions: Sequence[Extension]
) -> tuple[tuple[PlacedMark, ...], str, tuple[Join, ...]]:
    """The marks of a lane by start, the classes for the number of rows that they fill, and the lines between them."""
    ordered = sorted(entries, key=lambda entry: (_start(entry.span, axis), entry.number))
    shapes = [_shape(entry, axis) for entry in ordered]
    wide, wide_rows = pack(shapes, WIDE)
    narrow, narrow_rows = pack(shapes, NARROW)
    marks = tuple(
        _placed(entry, shape, axis, wide_place, narrow_place)
        for entry, shape, wide_place, narrow_place in zip(ordered, shapes, wide, narrow, strict=True)
    )
    rows = {
        entry.number: (entry, wide_place, narrow_place)
        for entry, wide_place, narrow_place in zip(ordered, wide, narrow, strict=True)
    }
    return marks, row_classes(wide_rows, narrow_rows), joins_of(rows, extensions, axis)


def _start(span: Span, axis: Axis) -> datetime.date:
    return span.start.first if span.start else axis.first


# Marks


def _shape(entry: Entry, axis: Axis) -> Shape:
    span, indent = entry.span, ICON + SIGN * bool(entry.direction)
    label = indent + len(_label(entry)) * CHARACTER
    pieces = pieces_of(entry.stretches, axis)
    if span.start:
        icon = (axis.at(span.start.first) + axis.at(span.start.last)) / 2
        is_earlier = span.start.last < axis.first
    else:
        icon = axis.at(span.until.last) if span.until else 100.0
        is_earlier = bool(span.until and span.until.last < axis.first)
    ends = [edge for piece in pieces for edge in (piece.left, piece.right)]
    return Shape(icon, (min(ends), max(ends)) if ends else None, label + 12 * is_earlier, is_earlier, indent)


def _placed(entry: Entry, shape: Shape, axis: Axis, wide: Place, narrow: Place) -> PlacedMark:
    mark, span, pieces = _mark(entry), entry.span, pieces_of(entry.stretches, axis)
    fits = narrow.fits >= len(mark.label)
    sides = (" label-before" if wide.is_flipped else "") + (" narrow-label-before" if narrow.is_flipped else "")
    sign = " has-sign" if mark.direction else ""
    month = span.start if span.start and not span.start.day and not shape.is_earlier else None
    return PlacedMark(
        mark=mark,
        narrow_label=mark.label if fits else f"{mark.label[: max(narrow.fits - 1, 1)].rstrip()}…",
        classes=row_classes(wide.row, narrow.row) + sides + sign,
        x=percent(shape.icon),
        is_earlier=shape.is_earlier,
        bars=tuple(bar_of(piece) for piece in pieces if not piece.is_gap),
        gaps=tuple((percent(piece.left), percent(piece.right)) for piece in pieces if piece.is_gap),
        dots=(percent(axis.at(month.first)), percent(axis.at(month.last))) if month else None,
    )


def _label(entry: Entry) -> str:
    """The short title, and whose act it is or where it holds if that is not simply the country."""
    title = entry.short_title.text
    return f"{title} ({entry.beside_mark})" if entry.beside_mark else title


def _mark(entry: Entry) -> Mark:
    """The accessible name begins with the label that is seen."""
    label, title = entry.short_title, entry.title
    said = (_label(entry), entry.span.sentence, entry.words.sentence, entry.direction_label)
    return Mark(
        public_id=entry.public_id,
        group=entry.group,
        direction=entry.direction,
        label=_label(entry),
        language=label.language if label.is_fallback else "",
        name=" ".join(f"{part}." for part in said if part),
        is_shortened=label.text != title.text,
    )
