"""The axis of a timeline: whole months in divisions, and positions on it in percent."""

import datetime
from dataclasses import dataclass
from itertools import pairwise

from django.utils.formats import date_format


@dataclass(frozen=True, slots=True)
class Plot:
    """A width for which rows are packed: the smallest that shows this layout, so that labels never meet."""

    pixels: int
    gap: int


WIDE = Plot(620, 8)
NARROW = Plot(286, 4)


@dataclass(frozen=True, slots=True)
class Tick:
    """A division of the axis: its start, the centre of its label, and the class by which the label is left out.

    Where labels have little room, those of `tick-fine` are left out, then those of `tick-medium` too: every second
    label stays, then every fourth.
    """

    line: str
    middle: str
    label: str
    year: str
    room: str


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
    return tuple(
        Tick(
            line=percent(axis.at(day)),
            middle=percent((axis.at(day) + axis.at(after)) / 2),
            label=date_format(day, "M") if axis.step < 12 else str(day.year),
            year=_year_label(day, index, axis.step),
            room="tick-fine" if index % 2 else "tick-medium" if index % 4 else "",
        )
        for index, (day, after) in enumerate(pairwise(edges))
    )


def _year_label(day: datetime.date, index: int, step: int) -> str:
    """The year below a January and below the first division, unless the next year begins beside that."""
    is_first = index == 0 and month_after(day, step).month != 1
    return str(day.year) if step < 12 and (is_first or day.month == 1) else ""


def percent(value: float) -> str:
    return f"{value:.2f}%"
