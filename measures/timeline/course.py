"""The course of one act on a small time line: its own days, what acts upon it below, then its events.

It is drawn like the timeline of a country: positions in percent, rows packed for wide and for narrow plots.
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from foundation.partial_dates import PartialDate
from measures.course import ActUpon, Course, Days
from measures.entries import Stretch
from measures.timeline.axis import NARROW, WIDE, Axis, Plot, Tick, divided, percent, ticks
from measures.timeline.packing import CHARACTER, ICON, Bar, Place, Shape, bar_of, pack, row_classes
from measures.timeline.pieces import pieces_of

NEAR = datetime.timedelta(days=366)
"""Today is on the axis if it is no further from the last recorded day, or than the course is long."""
_LEAST_FOR_MARKS_ALONE = 2
"""Dated events from which a course without days is worth a picture."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the plot: an event or another act, with its mark at `x` and its label.

    `x` is '' for an act whose days alone are known. `dots` span the days on which it may have been, and `joins` says
    that a line leads up from the mark to the act itself, at which the other act acts.
    """

    wide_label: str
    narrow_label: str
    language: str
    classes: str
    label_x: str
    x: str
    dots: tuple[str, str] | None
    joins: bool
    bars: tuple[Bar, ...]
    gaps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CourseChart:
    """The plot; `rows` are the classes that give it its height, `undated` the labels of what has no date.

    `today` is the position of `day`, '' if that lies beyond the axis.
    """

    ticks: tuple[Tick, ...]
    rows: str
    bars: tuple[Bar, ...]
    gaps: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    undated: tuple[str, ...]
    today: str
    day: PartialDate

    @property
    def has_dots(self) -> bool:
        """Whether a date is known to the month or the year only."""
        return any(line.dots for line in self.lines)

    @property
    def has_acts(self) -> bool:
        """Whether another act acts on a day of the axis."""
        return any(line.joins for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Item:
    """What becomes a line."""

    label: str
    days: Days | None
    language: str = ""
    joins: bool = False
    stretches: Sequence[Stretch] = field(default=())


def course_chart(course: Course, day: datetime.date) -> CourseChart | None:
    """The picture of a course, as seen on a day; None where too little is known for one."""
    items = [*map(_act, course.acts), *(_Item(event.label, event.days) for event in course.events)]
    if not course.stretches and sum(item.days is not None for item in items) < _LEAST_FOR_MARKS_ALONE:
        return None
    axis = _axis(course, items, day)
    if axis is None:
        return None
    placed = [item for item in items if item.days or pieces_of(item.stretches, axis)]
    lines, rows = _lines(placed, axis)
    bars, gaps = _drawn(course.stretches, axis)
    return CourseChart(
        ticks=ticks(axis),
        rows=rows,
        bars=bars,
        gaps=gaps,
        lines=lines,
        undated=tuple(item.label for item in items if item not in placed),
        today=percent(axis.at(day)) if axis.first <= day < axis.last else "",
        day=PartialDate.from_date(day),
    )


def _act(act: ActUpon) -> _Item:
    scope = f" ({act.scope})" if act.scope else ""
    label = f"{act.label} {act.name.text}{scope}"
    return _Item(label, act.days, act.name.language, act.ties and act.days is not None, act.stretches)


def _axis(course: Course, items: Iterable[_Item], day: datetime.date) -> Axis | None:
    """The axis of all recorded days, and of today where that is near or the act may last until then."""
    days = [edge for item in items if item.days for edge in (item.days.first, item.days.last)]
    days += [edge for stretch in course.stretches for edge in (stretch.first, stretch.last) if edge]
    if not days:
        return None
    first, last = min(days), max(days)
    lasts = bool(course.stretches) and course.stretches[-1].last is None
    if first - NEAR <= day and (lasts or day - last <= max(last - first, NEAR)):
        first, last = min(first, day), max(last, day)
    return divided(first, last)


def _drawn(stretches: Sequence[Stretch], axis: Axis) -> tuple[tuple[Bar, ...], tuple[tuple[str, str], ...]]:
    """The bars of these days, and the suspensions between them."""
    pieces = pieces_of(stretches, axis)
    bars = tuple(bar_of(piece) for piece in pieces if not piece.is_gap)
    return bars, tuple((percent(piece.left), percent(piece.right)) for piece in pieces if piece.is_gap)


def _lines(items: Sequence[_Item], axis: Axis) -> tuple[tuple[Line, ...], str]:
    """The lines, acts before events, and the classes for the number of rows, the first of which is the act's own."""
    shapes = [_shape(item, axis) for item in items]
    acts = [place for place, item in enumerate(items) if item.stretches or item.joins]
    events = [place for place in range(len(items)) if place not in acts]
    wide, narrow = (_packed(shapes, (acts, events), plot) for plot in (WIDE, NARROW))
    lines = tuple(_line(item, shapes[place], axis, wide[place], narrow[place]) for place, item in enumerate(items))
    return lines, row_classes(_height(wide), _height(narrow))


def _packed(shapes: Sequence[Shape], groups: Iterable[list[int]], plot: Plot) -> dict[int, Place]:
    """The place of each shape; each group begins below the one before, the first below the act itself."""
    found: dict[int, Place] = {}
    below = 1
    for group in groups:
        ordered = sorted(group, key=lambda place: shapes[place].icon)
        places, height = pack([shapes[place] for place in ordered], plot)
        for place, packed in zip(ordered, places, strict=True):
            found[place] = Place(packed.row + below, packed.is_flipped, packed.fits)
        below += height
    return found


def _height(places: dict[int, Place]) -> int:
    return 1 + max((place.row for place in places.values()), default=0)


def _shape(item: _Item, axis: Axis) -> Shape:
    edges = [edge for piece in pieces_of(item.stretches, axis) for edge in (piece.left, piece.right)]
    icon = (axis.at(item.days.first) + axis.at(item.days.last)) / 2 if item.days else min(edges)
    bar = (min(edges), max(edges)) if edges else None
    return Shape(icon, bar, ICON + len(item.label) * CHARACTER, is_earlier=False)


def _line(item: _Item, shape: Shape, axis: Axis, wide: Place, narrow: Place) -> Line:
    bars, gaps = _drawn(item.stretches, axis)
    days = item.days
    sides = (" label-before" if wide.is_flipped else "") + (" narrow-label-before" if narrow.is_flipped else "")
    return Line(
        wide_label=_cut(item.label, wide.fits),
        narrow_label=_cut(item.label, narrow.fits),
        language=item.language,
        classes=row_classes(wide.row, narrow.row) + sides,
        label_x=percent(shape.icon),
        x=percent(shape.icon) if days else "",
        dots=(percent(axis.at(days.first)), percent(axis.at(days.last))) if days and days.first < days.last else None,
        joins=item.joins,
        bars=bars,
        gaps=gaps,
    )


def _cut(label: str, most: int) -> str:
    return label if len(label) <= most else f"{label[: max(most - 1, 1)].rstrip()}…"
