"""What has begun, and what is in force, on each day: numbers that change on some days and hold until the next.

They follow from the states of acts alone (`measures/validity/`). An act has begun for certain on the first day on which
it is in force in every reading of its record, and has perhaps begun on the first known day on which it is in one. It
stays counted after it has ended. In force is what its state says, and possibly in force what may be besides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from measures.choices import OPPOSED_DIRECTIONS, StatusGroup
from measures.listing.columns import FIRST_TOPIC, LATEST, STATUS, Array, day_number, day_of
from measures.listing.facets import UpperTopic
from measures.listing.index import PublicIndex, Selection
from measures.listing.steps import STEPS, days_and_states
from measures.validity.states import STATES

CERTAIN, POSSIBLE = "in_force", "possibly"
NOT_BY_DAY = ("from", "to", "on", "status", "counts_as", "begun", "perhaps_begun")
"""The parameters that say nothing about a series: it has all days, and the period of the filter bounds its axis."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers by day: row `n` of `values` holds from day `n` of `days` (since 1970, in order) until the next.

    Before the first day all are zero. `values` has a column for each thing that is counted.
    """

    days: Array
    values: Array

    def on(self, day: date) -> list[int]:
        """The numbers on a day."""
        place = int(np.searchsorted(self.days, day_number(day), side="right")) - 1
        numbers: list[int] = self.values[place].tolist() if place >= 0 else [0] * self.values.shape[1]
        return numbers

    def between(self, first: date, last: date) -> list[tuple[date, list[int]]]:
        """The numbers on the first day, and on each day of change up to the last."""
        changes = self.days[(self.days > day_number(first)) & (self.days <= day_number(last))].tolist()
        return [(day, self.on(day)) for day in (first, *map(day_of, changes))]


def _added_up(days: Array, things: Array, amounts: Array, number: int) -> Series:
    """The running sums of changes: on each day, to each of `number` things, by an amount."""
    changed, places = np.unique(days, return_inverse=True)
    changes = np.zeros((len(changed), number), dtype=np.int64)
    np.add.at(changes, (places, things), amounts)
    sums = np.cumsum(changes, axis=0)
    stays = np.ones(len(sums), dtype=bool)
    stays[1:] = (sums[1:] != sums[:-1]).any(axis=1)
    return Series(changed[stays], sums[stays])


# What has begun


@dataclass(frozen=True, slots=True)
class Balance:
    """Measures that have begun: for certain and at most, restricting and easing."""

    more: int
    most_more: int
    less: int
    most_less: int

    @property
    def line(self) -> int:
        """Those that restrict, less those that ease, of what has begun for certain."""
        return self.more - self.less

    @property
    def low(self) -> int:
        """The least that the record allows."""
        return self.more - self.most_less

    @property
    def high(self) -> int:
        """The most that the record allows."""
        return self.most_more - self.less


@dataclass(frozen=True, slots=True)
class Begun:
    """The measures of a country that have begun, day by day; `undated` have a direction and no known day."""

    series: Series
    undated: int

    def on(self, day: date) -> Balance:
        """The numbers on a day."""
        return Balance(*self.series.on(day))

    def between(self, first: date, last: date) -> list[tuple[date, Balance]]:
        """The numbers on the first day, and on each day of change up to the last."""
        return [(day, Balance(*numbers)) for day, numbers in self.series.between(first, last)]


def begun(selection: Selection) -> Begun:
    """The selected measures that have begun, by direction."""
    return selection.get_or_cache("begun", lambda: _begun(selection))


def _begun(selection: Selection) -> Begun:
    rows = np.arange(len(selection.index)) if selection.rows is None else selection.rows
    known = selection.index.days_begun
    days, things = [], []
    undated = 0
    for place, direction in enumerate(OPPOSED_DIRECTIONS):
        own = rows[selection.index.as_mask("direction", [direction])[rows]]
        undated += _without_day(selection, own)
        for thing, firsts in ((2 * place, known.certain[own]), (2 * place + 1, known.possible[own])):
            dated = firsts[firsts < LATEST]
            days.append(dated)
            things.append(np.full(len(dated), thing))
    every = np.concatenate(days)
    return Begun(_added_up(every, np.concatenate(things), np.ones(len(every), dtype=np.int64), 4), undated)


def _without_day(selection: Selection, own: Array) -> int:
    """How many of these rows are in force on no known day, those that are only announced, or bills, left out."""
    states = [StatusGroup.POSSIBLY, StatusGroup.UNKNOWN]
    undated = selection.index.days_begun.possible[own] == LATEST
    return int(np.count_nonzero(undated & selection.index.as_mask(STATUS, states)[own]))


# What is in force


def in_force(selection: Selection, lanes: Sequence[UpperTopic]) -> Series:
    """How many of the selected measures are in force on each day, for certain and possibly besides.

    Two columns for each lane, in order, and two for all measures together.
    """
    steps = selection.tags(STEPS)
    days, states = days_and_states(steps.values)
    follows = np.zeros(len(days), dtype=bool)
    follows[1:] = steps.rows[1:] == steps.rows[:-1]
    kinds = _KINDS[states]
    before = np.where(follows, np.roll(kinds, 1), -1)
    lane_of = lane_places(selection.index, lanes)[steps.rows]
    found: list[tuple[Array, Array, Array]] = []
    for kind, amount in ((kinds, 1), (before, -1)):
        for lane in (lane_of, np.full(len(days), len(lanes))):
            counted = (kind >= 0) & (lane >= 0)
            found.append((days[counted], 2 * lane[counted] + kind[counted], np.full(int(counted.sum()), amount)))
    every_day, things, amounts = (np.concatenate([part[n] for part in found]) for n in range(3))
    return _added_up(every_day, things, amounts, 2 * len(lanes) + 2)


_KINDS = np.array([{CERTAIN: 0, POSSIBLE: 1}.get(state, -1) for state in STATES])
"""0 for a state that is in force, 1 for one that may be, -1 for others."""


def lane_places(index: PublicIndex, lanes: Sequence[UpperTopic]) -> Array:
    """The place of the lane of each row of the index, -1 without one."""
    topics = index.columns[FIRST_TOPIC]
    place_of = np.full(int(topics.max(initial=0)) + 1, -1)
    for place, lane in enumerate(lanes):
        for pk in (lane.pk, *(child.pk for child in lane.children)):
            if pk < len(place_of):
                place_of[pk] = place
    found: Array = place_of[topics]
    return found
