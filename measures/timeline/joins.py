"""Extensions on a timeline: lines that join the bar of an act to that of the act that extends it."""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from measures.choices import RelationType
from measures.entries import Entry
from measures.models import Relation
from measures.timeline.axis import Axis, percent
from measures.timeline.packing import Place
from measures.timeline.pieces import pieces_of

ROWS = (32, 31)
"""The height of a row in wide and in narrow plots, in pixels, as in marks.css."""
BAR_TOP, BAR_BOTTOM = 5, 25
"""Where a bar lies in its row, in pixels."""


@dataclass(frozen=True, slots=True)
class Extension:
    """The act `by` extends the act `of`, by their ids; `day` is its first day of effect, None for that of the act."""

    by: int
    of: int
    day: datetime.date | None


@dataclass(frozen=True, slots=True)
class Join:
    """A line between two bars; `wide` and `narrow` are its upper and lower end, in pixels, in plots of that width.

    Both ends are 0 in a plot in which the bars share a row, so that there is no line.
    """

    x: str
    wide: tuple[int, int]
    narrow: tuple[int, int]


def extensions_among(entries: Collection[Entry]) -> list[Extension]:
    """The extensions of these entries by others of them; one query."""
    ids = [entry.number for entry in entries]
    found = Relation.objects.filter(type=RelationType.EXTENDS, subject__in=ids, object__in=ids).order_by("pk")
    return [
        Extension(by, of, date.first if date else None)
        for by, of, date in found.values_list("subject_id", "object_id", "date")
    ]


def joins_of(
    rows: Mapping[int, tuple[Entry, Place, Place]], extensions: Iterable[Extension], axis: Axis
) -> tuple[Join, ...]:
    """The lines between the entries of a lane, given with their places in wide and in narrow plots by their ids.

    There is none to an entry that is not in the lane or has no bar on the axis, nor between bars of one row.
    """
    joins = []
    for extension in extensions:
        if extension.by not in rows or extension.of not in rows:
            continue
        (by, *places), (of, *others) = rows[extension.by], rows[extension.of]
        day = extension.day or (by.stretches[0].first if by.stretches else None)
        if day and axis.first <= day <= axis.last and all(pieces_of(entry.stretches, axis) for entry in (by, of)):
            wide, narrow = (
                _between(one.row, other.row, height) for one, other, height in zip(places, others, ROWS, strict=True)
            )
            if any(wide) or any(narrow):
                joins.append(Join(percent(axis.at(day)), wide, narrow))
    return tuple(joins)


def _between(row: int, other: int, height: int) -> tuple[int, int]:
    """From the bottom of the upper bar to the top of the lower one; in one row nothing."""
    upper, lower = sorted((row, other))
    return (height * upper + BAR_BOTTOM, height * lower + BAR_TOP) if upper < lower else (0, 0)
