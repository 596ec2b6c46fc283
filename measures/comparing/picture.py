"""The frame of a picture: panels side by side, with title, key, source and date in the picture itself.

It is one SVG as wide as its column. Across, everything is in percent and down in pixels, so that letters never
stretch; curves lie in fields of `FIELD` by their height, which stretch without thickening lines. Title, sentence, key,
source and date are text in the picture, and stay when it is copied. Lines of text are broken here, by their number of
characters; the panels stand beside each other on wide screens and below each other on phones.
"""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils.formats import date_format

from foundation.partial_dates import PartialDate
from measures.comparing.periods import Reach, periods_of
from measures.timeline.axis import Axis, percent

FIELD = 1000
"""Width of a field of curves; no panel has more pixels."""
MOST_STEPS = 200
"""Days of change that a curve shows; of more, every so many days are drawn."""
HEAD, FOOT = 40, 22
"""Pixels above and below the field of a panel."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the grid, across or down, with its label."""

    at: str
    label: str
    is_strong: bool = False
    above: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A path in the field, and the class that paints it."""

    path: str
    paint: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The picture of one country.

    `dot` is where its line stops, since its record does; `last` the place of the last dated entry, '' beyond the axis.
    """

    key: str
    name: str
    note: str
    curves: tuple[Curve, ...]
    dot: tuple[str, str] | None = None
    last: str = ""
    is_last_late: bool = False


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An entry of the key."""

    paint: str
    label: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where things stand in a picture of a width: texts and panels with their places, and its height."""

    name: str
    height: int
    title: tuple[tuple[int, str], ...]
    lead: tuple[tuple[int, str], ...]
    key: tuple[tuple[str, int, KeyEntry], ...]
    panels: tuple[tuple[str, int, str, Panel], ...]
    foot: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in both arrangements; `description` says in words what it shows."""

    name: str
    title: str
    description: str
    field_height: int
    levels: tuple[Mark, ...]
    days: tuple[Mark, ...]
    panels: tuple[Panel, ...]
    arrangements: tuple[Arrangement, ...]

    @property
    def panel_height(self) -> int:
        """Pixels of a panel with its head and foot."""
        return self.field_height + HEAD + FOOT

    @property
    def field_top(self) -> int:
        """Pixels above a field."""
        return HEAD


@dataclass(frozen=True, slots=True)
class Record:
    """A country as pictures need it."""

    key: str
    name: str
    reach: Reach


# Paths


def stair(points: Sequence[tuple[float, float]]) -> str:
    """A line that keeps its height up to the next point."""
    (x, y), *others = points
    return f"M{x:.1f},{y:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in others)


def band(points: Sequence[tuple[float, float, float]]) -> str:
    """The area between an upper and a lower stair."""
    upper = stair([(x, top) for x, top, _bottom in points])
    back = "".join(f"V{before[2]:.1f}H{before[0]:.1f}" for before, _after in reversed(list(pairwise(points))))
    return f"{upper}V{points[-1][2]:.1f}{back}Z"


def levels_between(low: int, high: int) -> list[int]:
    """Round numbers from `low` to `high` or beyond, with zero among them; some five of them."""
    step = next(step for step in _nice() if (high - low) <= 5 * step)
    return list(range(low // step * step, high + step, step))


def _nice() -> list[int]:
    return [factor * 10**power for power in range(8) for factor in (1, 2, 5)]


def scale(low: int, high: int, height: int) -> Callable[[float], float]:
    return lambda number: height * (high - number) / max(high - low, 1)


def level_mark(number: int, y: float, label: str, words: str) -> Mark:
    text = f"{label} {words}".strip()
    return Mark(f"{HEAD + y:.1f}", text, number == 0, f"{HEAD + y + (13 if y < 9 else -4):.1f}")


def _days(axis: Axis) -> tuple[Mark, ...]:
    """Lines at the beginning of years, and of halves of years where there are few."""
    months = [period.first for period in periods_of(axis)]
    marks = [day for day in months if axis.first <= day < axis.last]
    every = -(-len(marks) // 4)
    strong = [day for day in marks if day.month == 1]
    shown = (
        set(marks[::every])
        if len(strong) < 2
        else set(strong[:: -(-len(strong) // 4)]) | {day for day in marks if day.month == 7 and len(strong) <= 2}
    )
    return tuple(
        Mark(percent(axis.at(day)), _name_of(day, marks[0]) if day in shown else "", day.month == 1) for day in marks
    )


def _name_of(day: date, first: date) -> str:
    """A year at its beginning, else a month, the first one with its year."""
    return str(day.year) if day.month == 1 else date_format(day, "M Y" if day == first else "M")


# Arrangements


@dataclass(frozen=True, slots=True)
class _Width:
    """Characters of a line of the title, of the other texts and of the foot, and columns of panels and of the key."""

    name: str
    title: int
    text: int
    columns: int
    of_key: int


WIDTHS = (_Width("wide", 90, 130, 3, 4), _Width("narrow", 33, 42, 1, 1))
_GAP = 3.2
"""Percent between two panels."""


def picture_of(
    name: str,
    title: str,
    lead: str,
    panels: tuple[Panel, ...],
    field_height: int,
    levels: tuple[Mark, ...],
    axis: Axis,
    foot: Sequence[str],
    key: Sequence[KeyEntry] = (),
) -> Picture:
    height = field_height + HEAD + FOOT
    return Picture(
        name,
        title,
        "; ".join(f"{panel.name}: {panel.note}" for panel in panels),
        field_height,
        levels,
        _days(axis),
        panels,
        tuple(_arranged(width, title, lead, key, panels, height, foot) for width in WIDTHS),
    )


def _arranged(
    width: _Width,
    title: str,
    lead: str,
    key: Sequence[KeyEntry],
    panels: Sequence[Panel],
    panel_height: int,
    foot: Sequence[str],
) -> Arrangement:
    y = 18
    titles, y = _lines([title], width.title, y, 21)
    leads, y = _lines([lead], width.text, y, 18)
    keys = tuple(
        (percent(n % width.of_key * 100 / width.of_key), y - 6 + n // width.of_key * 19, e) for n, e in enumerate(key)
    )
    y += -(-len(key) // width.of_key) * 19 + 8
    columns = min(width.columns, len(panels))
    share = (100 - _GAP * (columns - 1)) / columns
    placed = tuple(
        (percent(n % columns * (share + _GAP)), y + n // columns * (panel_height + 16), percent(share), panel)
        for n, panel in enumerate(panels)
    )
    y += -(-len(panels) // columns) * (panel_height + 16) + 8
    feet, y = _lines(foot, width.text, y, 17)
    return Arrangement(width.name, y - 6, titles, leads, keys, placed, feet)


def _lines(texts: Sequence[str], characters: int, y: int, step: int) -> tuple[tuple[tuple[int, str], ...], int]:
    """Texts broken into lines, each with its place, and the place after them."""
    lines = [line for text in texts for line in textwrap.wrap(text, characters)]
    return tuple((y + n * step, line) for n, line in enumerate(lines)), y + len(lines) * step


def in_words(day: date) -> str:
    """A day in words."""
    return PartialDate.from_date(day).in_words()


PAINT = {
    "picture-title": 'fill="#16191d" font-size="17" font-weight="700"',
    "picture-text": 'fill="#454b54" font-size="13"',
    "picture-foot": 'fill="#5c636d" font-size="13"',
    "picture-name": 'fill="#16191d" font-size="15" font-weight="700"',
    "picture-label": 'fill="#454b54" font-size="13"',
    "picture-level": 'fill="#454b54" font-size="13" text-anchor="end"',
    "picture-grid": 'stroke="#dcd7cc"',
    "picture-strong": 'stroke="#857d6d"',
    "picture-zero": 'stroke="#16191d"',
    "picture-line": 'fill="none" stroke="#16191d" stroke-width="2.25"',
    "picture-other": 'fill="none" stroke="#857d6d" stroke-width="1" opacity="0.75"',
    "picture-band": 'fill="#0f4f63" opacity="0.2"',
    "picture-after": 'stroke="#16191d" stroke-dasharray="2 4"',
    "picture-dot": 'fill="#16191d"',
    "picture-last": 'stroke="#16191d" stroke-dasharray="2 3"',
    "picture-edge": 'fill="none" stroke="#16191d" stroke-width="1.75"',
    "picture-crest": 'fill="none" stroke="#454b54" stroke-dasharray="2 2"',
    "picture-topic-0": 'fill="#0e4a60"',
    "picture-topic-1": 'fill="#8fc0c9"',
    "picture-topic-2": 'fill="#b5892b"',
    "picture-topic-3": 'fill="#6d3326"',
    "picture-topic-4": 'fill="#d6a9a0"',
    "picture-topic-5": 'fill="#8c8f99"',
    "picture-pale": 'opacity="0.3"',
}
"""The attributes that paint a picture which stands alone, as compare.css does by classes of the same names."""
