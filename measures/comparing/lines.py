"""What has begun by each day: measures that restrict, less those that ease, as a line with a band around it."""

from collections.abc import Callable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from measures.comparing.periods import DAY, Reach
from measures.comparing.picture import (
    FIELD,
    HEAD,
    MOST_STEPS,
    Curve,
    Panel,
    Picture,
    Record,
    band,
    in_words,
    level_mark,
    levels_between,
    picture_of,
    scale,
    stair,
)
from measures.comparing.series import Balance, Begun
from measures.comparing.tables import balance_in_words, signed
from measures.timeline.axis import Axis, percent

LINES_HEIGHT = 150
"""Pixels of the field of a panel."""


def begun_picture(records: Sequence[Record], found: Sequence[Begun], axis: Axis, credit: str) -> Picture:
    """Measures that restrict, less those that ease, added up by day; one panel for each country."""
    ends = [_end_of_line(record.reach, axis) for record in records]
    lines = [
        _thinned(begun.between(axis.first, max(end - DAY, axis.first)), end)
        for begun, end in zip(found, ends, strict=True)
    ]
    low = min([-1, *(balance.low for line in lines for _day, balance in line)])
    high = max([1, *(balance.high for line in lines for _day, balance in line)])
    levels = levels_between(low, high)
    place = scale(levels[0], levels[-1], LINES_HEIGHT)
    panels = tuple(_line_panel(record, line, axis, place) for record, line in zip(records, lines, strict=True))
    undated = [(record.name, begun.undated) for record, begun in zip(records, found, strict=True) if begun.undated]
    left_out = ", ".join(f"{name} {number}" for name, number in undated)
    return picture_of(
        "direction",
        _("Measures that restrict minus measures that ease, cumulative"),
        _(
            "The line rises when a measure that restricts begins, and falls when one that eases begins. Ended measures "
            "stay counted."
        )
        + " "
        + _("Shaded: what the record leaves open.")
        + (" " + _("Thin: the other countries.") if len(records) > 1 else "")
        + " "
        + _("Dots: no later entry is recorded."),
        panels,
        LINES_HEIGHT,
        tuple(level_mark(level, place(level), signed(level), _side(level, levels)) for level in levels),
        axis,
        (
            credit,
            *(
                [_("Not drawn, because their dates are not known: %(names)s.") % {"names": left_out}]
                if left_out
                else []
            ),
        ),
    )


def _end_of_line(reach: Reach, axis: Axis) -> date:
    """The day after the last dated entry, on the axis."""
    last = reach.last or axis.first
    return min(max(last + DAY, axis.first + DAY), axis.last)


Steps = Sequence[tuple[date, Balance]]


def _line_panel(record: Record, steps: Steps, axis: Axis, place: Callable[[float], float]) -> Panel:
    last_day, balance = steps[-1]

    def across(day: date) -> float:
        return axis.at(day) * FIELD / 100

    line = stair([(across(day), place(b.line)) for day, b in steps])
    area = band([(across(day), place(b.high), place(b.low)) for day, b in steps])
    words = {"balance": balance_in_words(balance.line, balance.low, balance.high), "date": in_words(last_day - DAY)}
    return Panel(
        record.key,
        record.name,
        _("%(balance)s on %(date)s") % words,
        (Curve(line, "picture-line"), Curve(area, "picture-band")),
        dot=(percent(axis.at(last_day)), f"{HEAD + place(balance.line):.1f}"),
    )


def _thinned(steps: Steps, end: date) -> list[tuple[date, Balance]]:
    """The steps, of too many every so many, and the last of them once more where the line ends."""
    every = -(-len(steps) // MOST_STEPS)
    kept = [*steps[::every], *([steps[-1]] if (len(steps) - 1) % every else [])]
    return [*kept, (end, steps[-1][1])]


def _side(level: int, levels: Sequence[int]) -> str:
    """Words beside the outermost levels."""
    if level == levels[-1] and level > 0:
        return _("more restrict")
    return _("more ease") if level == levels[0] and level < 0 else ""
