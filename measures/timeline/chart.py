"""Entries -> the lanes, rows and marks of a timeline, placed on the server.

Positions along the axis are percentages, so that a plot of any width needs neither script nor inline style. Rows are
packed twice, for wide and for narrow plots, and picked by style sheet classes. A date is drawn no more precisely than
it is known: a month as a dotted span, a year alone or no date at all in the margin beside the plot.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from measures.entries import End, Entry, Span

MOST_MARKS = 150
"""With more entries, a table of counts is shown (see `matrix.py`): 150 marks take 2,400 pixels of height."""

CHARACTER = 6.7
"""Average width in pixels of a label's character, at 13 pixels of Public Sans; measured 6.55, plus some room."""
ICON = 14
"""Pixels from the middle of a mark's shape to its label."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A width for which rows are packed: the smallest that shows this layout, so that labels never meet."""

    pixels: int
    gap: int


WIDE = Plot(620, 8)
NARROW = Plot(286, 4)


@dataclass(frozen=True, slots=True)
class Tick:
    """A division of the axis: its start, the centre of its label, and whether phones show the label."""

    line: str
    middle: str
    label: str
    year: str
    narrow: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry as a link to its row in the list; `language` is set if the label is not in the page's language.

    If the label is not the full title (`is_shortened`), the title in the list describes the mark.
    """

    public_id: str
    group: str
    label: str
    language: str
    name: str
    is_shortened: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """The duration of an entry: closed by a cap, continued by an arrow, or fading towards an unrecorded end."""

    x: str
    width: str
    fade: str
    cap: str
    has_arrow: bool


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark on a plot; `classes` pick its row and the side of its label, `dots` span a month without a day."""

    mark: Mark
    narrow_label: str
    classes: str
    x: str
    is_earlier: bool
    bar: Bar | None
    dots: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Margin:
    """Entries without a position on the axis, grouped by what is known of their date."""

    label: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """A topic with its entries; `rows` are the classes that give the plot its height."""

    key: str
    label: str
    count: int
    marks: tuple[PlacedMark, ...]
    rows: str
    margins: tuple[Margin, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lanes on one axis, which is None if no entry has a position; `empty` are the topics without a lane."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    empty: tuple[str, ...]
    axis: "Axis | None"

    @property
    def has_months(self) -> bool:
        """Whether any mark represents a month without a day."""
        return any(placed.dots for lane in self.lanes for placed in lane.marks)

    @property
    def has_bars(self) -> bool:
        """Whether any entry has a duration."""
        return any(placed.bar for lane in self.lanes for placed in lane.marks)

    @property
    def fading(self) -> list[str]:
        """The status groups with a bar whose start or end is not recorded."""
        bars = ((placed.mark.group, placed.bar) for lane in self.lanes for placed in lane.marks)
        return sorted({group for group, bar in bars if bar and bar.fade})


def chart(entries: Sequence[Entry], topics: Sequence[tuple[str, str]]) -> Chart:
    """The timeline of `entries`; `topics` are the keys and labels of top-level topics, in lane order."""
    axis = _axis([entry.span for entry in entries])
    by_topic: dict[str, list[Entry]] = {}
    for entry in entries:
        by_topic.setdefault(entry.lane, []).append(entry)
    named = [*topics, ("", _("No topic"))]
    return Chart(
        lanes=tuple(_lane(key, label, by_topic[key], axis) for key, label in named if key in by_topic),
        ticks=ticks(axis) if axis else (),
        empty=tuple(label for key, label in topics if key not in by_topic),
        axis=axis,
    )


# The axis


@dataclass(frozen=True, slots=True)
class Axis:
    """Whole months, from the first day to the day after the last; `step` months make a division."""

    first: datetime.date
    last: datetime.date
    step: int

    def at(self, day: datetime.date) -> float:
        """The position of `day` in percent, clamped to the axis."""
        return max(0.0, min(100.0, (day - self.first).days / (self.last - self.first).days * 100))


STEPS = (1, 3, 12, 60, 120)
"""Months of a division: month, quarter, year, five and ten years."""
MOST_DIVISIONS = 20
LEAST_MONTHS = 6


def month_after(day: datetime.date, months: int = 1) -> datetime.date:
    """The first day of the month that comes `months` after that of `day`."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(years, month + 1, 1)


def months_between(first: datetime.date, last: datetime.date) -> int:
    """Number of months from that of `first` to that of `last`."""
    return (last.year - first.year) * 12 + last.month - first.month


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
    first, last = _without_early(starts), starts[-1]
    reach = last + max(last - first, datetime.timedelta(days=366))
    return divided(first, max([last, *(end for end in ends if end <= reach)]))


def _without_early(starts: Sequence[datetime.date]) -> datetime.date:
    """Where to begin: past at most a tenth of the entries, if that makes the axis less than half as long."""
    whole = starts[-1] - starts[0]
    for index in range(len(starts) // 10 + 1):
        if (starts[-1] - starts[index]) * 2 < whole:
            return starts[index]
    return starts[0]


def divided(first: datetime.date, last: datetime.date) -> Axis:
    """The axis of whole divisions that contains both days."""
    first, last = first.replace(day=1), month_after(last)
    months = max(months_between(first, last), LEAST_MONTHS)
    step = next((step for step in STEPS if months <= step * MOST_DIVISIONS), STEPS[-1])
    first = month_after(first, -((first.year * 12 + first.month - 1) % step))
    divisions = -(-max(months_between(first, last), LEAST_MONTHS) // step)
    return Axis(first, month_after(first, divisions * step), step)


def ticks(axis: Axis) -> tuple[Tick, ...]:
    """The divisions of an axis."""
    edges = [axis.first]
    while edges[-1] < axis.last:
        edges.append(month_after(edges[-1], axis.step))
    every = -(-(len(edges) - 1) * 38 // NARROW.pixels)
    return tuple(
        Tick(
            line=_percent(axis.at(day)),
            middle=_percent((axis.at(day) + axis.at(after)) / 2),
            label=date_format(day, "M") if axis.step < 12 else str(day.year),
            year=str(day.year) if axis.step < 12 and (index == 0 or day.month == 1) else "",
            narrow=index % every == 0,
        )
        for index, (day, after) in enumerate(pairwise(edges))
    )


def _percent(value: float) -> str:
    return f"{value:.2f}%"


# Lanes


def _is_placed(span: Span) -> bool:
    """Whether an entry has a position on the axis: its start is known to the month, or its end is dated."""
    return bool(span.start.month) if span.start else span.until is not None


def _lane(key: str, label: str, entries: Sequence[Entry], axis: Axis | None) -> Lane:
    placed = [entry for entry in entries if axis and _is_placed(entry.span)]
    others = [entry for entry in entries if not _is_placed(entry.span)]
    marks, rows = _placed_marks(placed, axis) if axis else ((), "")
    return Lane(key, label, len(entries), marks, rows, _margins(others))


def _margins(others: Sequence[Entry]) -> tuple[Margin, ...]:
    """Entries known to the year, by year, then undated ones."""

    def year(entry: Entry) -> int:
        return entry.span.start.year if entry.span.start else 9999

    return tuple(
        Margin(_("Date not recorded") if key == 9999 else str(key), tuple(map(_mark, group)))
        for key, group in groupby(sorted(others, key=year), key=year)
    )


def _placed_marks(entries: Sequence[Entry], axis: Axis) -> tuple[tuple[PlacedMark, ...], str]:
    """The marks of a lane by start, and the classes for the number of rows that they fill."""
    ordered = sorted(entries, key=lambda entry: (_start(entry.span, axis), entry.number))
    shapes = [_shape(entry, axis) for entry in ordered]
    wide, wide_rows = pack(shapes, WIDE)
    narrow, narrow_rows = pack(shapes, NARROW)
    marks = tuple(
        _placed(_mark(entry), entry.span, shape, axis, wide_place, narrow_place)
        for entry, shape, wide_place, narrow_place in zip(ordered, shapes, wide, narrow, strict=True)
    )
    return marks, _row_classes(wide_rows, narrow_rows)


def _start(span: Span, axis: Axis) -> datetime.date:
    return span.start.first if span.start else axis.first


# Shapes and rows


@dataclass(frozen=True, slots=True)
class Shape:
    """The extent of a mark in percent of the axis: its icon, and its bar if it has a duration."""

    icon: float
    bar: tuple[float, float] | None
    label: float
    is_earlier: bool


@dataclass(frozen=True, slots=True)
class Place:
    """The row of a mark in one layout, whether its label precedes it, and how many characters fit."""

    row: int
    is_flipped: bool
    fits: int


def _shape(entry: Entry, axis: Axis) -> Shape:
    span, label = entry.span, ICON + len(entry.short_title.text) * CHARACTER
    end = axis.at(span.until.last) if span.until else 100.0
    if not span.start:
        is_earlier = bool(span.until and span.until.last < axis.first)
        return Shape(end, None if is_earlier else (0.0, end), label + 12 * is_earlier, is_earlier)
    icon = (axis.at(span.start.first) + axis.at(span.start.last)) / 2
    is_earlier = span.start.last < axis.first
    bar = None if span.end is End.MOMENT else (icon, max(end, icon))
    return Shape(icon, bar, label + 12 * is_earlier, is_earlier)


def pack(shapes: Sequence[Shape], plot: Plot) -> tuple[list[Place], int]:
    """Put each shape in the first row that is free at its start; shapes must be sorted by start."""
    ends: list[float] = []
    places = []
    for shape in shapes:
        low, high, place = extent(shape, plot)
        row = next((r for r, end in enumerate(ends) if end + plot.gap <= low), len(ends))
        ends[row : row + 1] = [high]
        places.append(Place(row, *place))
    return places, len(ends)


def extent(shape: Shape, plot: Plot) -> tuple[float, float, tuple[bool, int]]:
    """The start and end of a shape with its label, in pixels, and the position of the label."""
    icon = shape.icon * plot.pixels / 100
    bar = [edge * plot.pixels / 100 for edge in shape.bar or (shape.icon, shape.icon)]
    room = plot.pixels - icon
    is_flipped = room < shape.label and icon > room
    fits = int((max(icon, room) - ICON) / CHARACTER)
    if is_flipped:
        return min(bar[0], icon - shape.label), max(bar[1], icon + ICON), (True, fits)
    return min(bar[0], icon - ICON), max(bar[1], icon + shape.label), (False, fits)


def _row_classes(wide: int, narrow: int) -> str:
    """Classes for the row in wide and narrow plots, each as tens and ones, so that few CSS rules suffice."""
    classes = "row-tens-{} row-ones-{} narrow-tens-{} narrow-ones-{}"
    return classes.format(*divmod(wide, 10), *divmod(narrow, 10))


def _placed(mark: Mark, span: Span, shape: Shape, axis: Axis, wide: Place, narrow: Place) -> PlacedMark:
    fits = narrow.fits >= len(mark.label)
    sides = (" label-before" if wide.is_flipped else "") + (" narrow-label-before" if narrow.is_flipped else "")
    month = span.start if span.start and not span.start.day and not shape.is_earlier else None
    return PlacedMark(
        mark=mark,
        narrow_label=mark.label if fits else f"{mark.label[: max(narrow.fits - 1, 1)].rstrip()}…",
        classes=_row_classes(wide.row, narrow.row) + sides,
        x=_percent(shape.icon),
        is_earlier=shape.is_earlier,
        bar=_bar(span, shape.bar, axis) if shape.bar else None,
        dots=(_percent(axis.at(month.first)), _percent(axis.at(month.last))) if month else None,
    )


def _bar(span: Span, edges: tuple[float, float], axis: Axis) -> Bar:
    left, right = edges
    leads_on = span.until.last >= axis.last if span.until else span.end is not End.UNDATED
    return Bar(
        x=_percent(left),
        width=_percent(max(right - left, 0.6)),
        fade="in" if not span.start else "" if span.until else "out",
        cap="" if leads_on or not span.until else _percent(right),
        has_arrow=leads_on,
    )


def _mark(entry: Entry) -> Mark:
    """The accessible name begins with the label that is seen."""
    label, title = entry.short_title, entry.title
    return Mark(
        public_id=entry.public_id,
        group=entry.group,
        label=label.text,
        language=label.language if label.is_fallback else "",
        name=f"{label.text}. {entry.span.sentence}. {entry.group_label}.",
        is_shortened=label.text != title.text,
    )
