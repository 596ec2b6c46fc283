"""What is in force on each day: measures as stacked areas by topic, certain ones below, possible ones pale above."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from measures.comparing.periods import DAY
from measures.comparing.picture import (
    FIELD,
    MOST_STEPS,
    Curve,
    KeyEntry,
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
from measures.comparing.series import Series
from measures.timeline.axis import Axis, percent

AREAS_HEIGHT = 190
"""Pixels of the field of a panel."""
GROUPS = 6
"""Topics that the areas tell apart, the last of which may be all others."""


def in_force_picture(
    records: Sequence[Record],
    found: Sequence[Series],
    groups: Sequence[tuple[str, Sequence[int]]],
    axis: Axis,
    credit: str,
) -> Picture:
    """Measures in force on each day, by group of topics; `groups` are their names and the places of their lanes."""
    steps = [_sampled(series, axis) for series in found]
    heights = [[_stacked(numbers, groups) for _day, numbers in own] for own in steps]
    top = max([1, *(stack[-1] for own in heights for stack in own)])
    levels = levels_between(0, top)
    place = scale(0, levels[-1], AREAS_HEIGHT)
    panels = tuple(
        _area_panel(record, _most(series, axis), [day for day, _numbers in own], stacks, len(groups), axis, place)
        for record, series, own, stacks in zip(records, found, steps, heights, strict=True)
    )
    key = [KeyEntry(f"picture-topic-{n}", name) for n, (name, _places) in enumerate(groups)]
    return picture_of(
        "in-force",
        _("Measures in force on each day, by topic"),
        _("Below the line: in force for certain. Pale, above it: perhaps, since a start or an end is not recorded."),
        panels,
        AREAS_HEIGHT,
        tuple(level_mark(level, place(level), str(level), "") for level in levels),
        axis,
        (credit, _("First topic of each measure. Bills, statements and what is only announced are left out.")),
        key=(
            *key,
            KeyEntry("picture-edge", _("line: for certain")),
            KeyEntry("picture-topic-0 picture-pale", _("pale: perhaps")),
        ),
    )


def _sampled(series: Series, axis: Axis) -> list[tuple[date, list[int]]]:
    """The numbers on each day of change within the axis; of too many days every so many."""
    steps = series.between(axis.first, axis.last - DAY)
    if len(steps) > MOST_STEPS:
        every = -(-(axis.last - axis.first).days // MOST_STEPS)
        days = [axis.first + timedelta(days=n) for n in range(0, (axis.last - axis.first).days, every)]
        steps = [(day, series.on(day)) for day in days]
    return [*steps, (axis.last, steps[-1][1])]


def _stacked(numbers: Sequence[int], groups: Sequence[tuple[str, Sequence[int]]]) -> list[int]:
    """Heights from the ground: after each group for certain, then after each group of what may be in force."""
    heights, height = [0], 0
    for kind in (0, 1):
        for _name, places in groups:
            height += sum(numbers[2 * place + kind] for place in places)
            heights.append(height)
    return heights


def _most(series: Series, axis: Axis) -> tuple[int, date]:
    """The largest number in force for certain within the axis, and the first day on which that is so."""
    steps = series.between(axis.first, axis.last - DAY)
    return max(((numbers[-2], day) for day, numbers in steps), key=lambda step: (step[0], -step[1].toordinal()))


def _area_panel(
    record: Record,
    top: tuple[int, date],
    days: Sequence[date],
    stacks: Sequence[Sequence[int]],
    groups: int,
    axis: Axis,
    place: Callable[[float], float],
) -> Panel:
    xs = [axis.at(day) * FIELD / 100 for day in days]
    curves = []
    for layer in range(2 * groups):
        if any(stack[layer] != stack[layer + 1] for stack in stacks):
            area = band([(x, place(s[layer + 1]), place(s[layer])) for x, s in zip(xs, stacks, strict=True)])
            pale = " picture-pale" if layer >= groups else ""
            curves.append(Curve(area, f"picture-topic-{layer % groups}{pale}"))
    for height, paint in ((2 * groups, "picture-crest"), (groups, "picture-edge")):
        curves.append(Curve(stair([(x, place(s[height])) for x, s in zip(xs, stacks, strict=True)]), paint))
    most, day = top
    note = ngettext(
        "At most %(n)d in force for certain, on %(date)s", "At most %(n)d in force for certain, on %(date)s", most
    )
    last = record.reach.last + DAY if record.reach.last else None
    return Panel(
        record.key,
        record.name,
        note % {"n": most, "date": in_words(day)} if most else _("None in force for certain"),
        tuple(curves),
        last=percent(axis.at(last)) if last and axis.first < last < axis.last else "",
        is_last_late=bool(last and axis.at(last) > 55),
    )


def groups_of_topics(series: Sequence[Series], lanes: Sequence[str], axis: Axis) -> list[tuple[str, list[int]]]:
    """At most `GROUPS` groups of lanes, in their order: the most frequent ones alone, all others as one."""
    last = axis.last - DAY
    weights = [0] * len(lanes)
    for own in series:
        for _day, numbers in own.between(axis.first, last):
            for place in range(len(lanes)):
                weights[place] = max(weights[place], numbers[2 * place] + numbers[2 * place + 1])
    occurring = [place for place, weight in enumerate(weights) if weight]
    if len(occurring) <= GROUPS:
        return [(lanes[place], [place]) for place in occurring]
    alone = sorted(sorted(occurring, key=lambda place: -weights[place])[: GROUPS - 1])
    return [(lanes[place], [place]) for place in alone] + [
        (_("Other topics"), [place for place in occurring if place not in alone])
    ]
