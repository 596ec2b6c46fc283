"""Days that are known within bounds, and what is known of the distance between two of them.

A `Case` is one way in which the order of uncertain days may have been. It keeps, for each pair of days, how much later
the first can be than the second at most, and closes this matrix after each new condition (shortest paths). The bounds
of each day are therefore exact, and all days may be at their earliest, or all at their latest, at once. Where a
question such as "was it repealed before the term ended?" has two answers, the case takes one and leaves the other to a
later case: `cases` runs the same derivation until all are done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from measures.validity.facts import BEGINNING, FAR, NEVER, Span

_UNBOUNDED = 10**8
_MOST_ROUNDS = 50

T = TypeVar("T")


class Day(NamedTuple):
    """A day: `offset` days after an unknown day, or after day 0 if `unknown` is 0; `fact` is what it is the day of."""

    unknown: int
    offset: int
    fact: object = None

    def after(self, days: int) -> Day:
        """So many days later, for the same fact."""
        return Day(self.unknown, self.offset + days, self.fact)

    def of(self, fact: object) -> Day:
        """The same day, as that of another fact."""
        return Day(self.unknown, self.offset, fact)

    def same_as(self, other: Day) -> bool:
        """Whether both are the same by their very writing."""
        return self.unknown == other.unknown and self.offset == other.offset


ALWAYS = Day(0, BEGINNING)
ENDLESS = Day(0, NEVER)


class Contradiction(Exception):
    """No day fits the conditions."""


class TooManyCases(Exception):
    """The record leaves open too much to be told apart."""


class Period(NamedTuple):
    """A growing function of a day, such as the last day of three months."""

    of: Day
    day: Day
    last_day: Callable[[int], int]


class Case:
    """Bounds of days under the answers given so far."""

    def __init__(self, answers: tuple[int, ...] = ()) -> None:
        self.distances: list[list[int]] = [[0]]
        self.periods: list[Period] = []
        self.known_periods: dict[object, Day] = {}
        self.answers = list(answers)
        self.place = 0
        self.others: list[tuple[int, ...]] = []

    def copy(self) -> Case:
        """The same bounds, to add conditions to."""
        case = Case()
        case.distances = [row[:] for row in self.distances]
        case.periods = self.periods[:]
        case.answers = self.answers
        case.place = self.place
        return case

    def choose(self, number: int = 2) -> int:
        """One of so many answers; the others are left to later cases."""
        if self.place == len(self.answers):
            self.others.extend((*self.answers, other) for other in range(1, number))
            self.answers.append(0)
        self.place += 1
        return self.answers[self.place - 1]

    # Days

    def day(self, span: Span, fact: object) -> Day:
        """Some day of a span."""
        if span.first == span.last:
            return Day(0, span.first, fact)
        if span.first > span.last:
            raise Contradiction
        day = Day(len(self.distances), 0, fact)
        latest, earliest = span.last, -span.first
        for row in self.distances:
            row.append(min(_UNBOUNDED, row[0] + earliest))
        self.distances.append([latest + distance for distance in self.distances[0]])
        self.distances[-1][-1] = 0
        return day

    def earliest(self, day: Day) -> int:
        """The first day that it can be."""
        return day.offset - self.distances[0][day.unknown]

    def latest(self, day: Day) -> int:
        """The last day that it can be."""
        return day.offset + self.distances[day.unknown][0]

    def period(self, first: Day, last_day: Callable[[int], int], least: int, most: int) -> Day:
        """The last day of a period that begins on `first`, `least` to `most` days later; never where that is never."""
        if self.at_most(Day(0, FAR + 1), first):
            return ENDLESS
        earliest, latest = self.earliest(first), self.latest(first)
        if earliest == latest:
            return Day(0, last_day(earliest))
        if least == most:
            return first.after(least)
        day = self.day(Span(last_day(earliest), last_day(latest)), None)
        self.periods.append(Period(first, day, last_day))
        self.require(first.after(least), day)
        self.require(day, first.after(most))
        return day

    # Conditions

    def surely(self, a: Day, b: Day) -> bool:
        """Whether `a` is on `b` or before in every reading of the case."""
        if a.unknown == b.unknown:
            return a.offset <= b.offset
        return self.distances[a.unknown][b.unknown] <= b.offset - a.offset

    def never(self, a: Day, b: Day) -> bool:
        """Whether `a` is after `b` in every reading of the case."""
        if a.unknown == b.unknown:
            return a.offset > b.offset
        return self.distances[b.unknown][a.unknown] < a.offset - b.offset

    def at_most(self, a: Day, b: Day) -> bool:
        """Whether `a` is on `b` or before; where both may be, one case after the other."""
        if self.surely(a, b):
            return True
        if self.never(a, b):
            return False
        if self.choose() == 0:
            self.require(a, b)
            return True
        self.require(b.after(1), a)
        return False

    def before(self, a: Day, b: Day) -> bool:
        """Whether `a` is before `b`."""
        return self.at_most(a.after(1), b)

    def equal(self, a: Day, b: Day) -> bool:
        """Whether both are the same day."""
        return self.at_most(a, b) and self.at_most(b, a)

    def later(self, a: Day, b: Day) -> Day:
        """The later of two days."""
        return b if self.at_most(a, b) else a

    def sooner(self, a: Day, b: Day) -> Day:
        """The earlier of two days."""
        return a if self.at_most(a, b) else b

    def require(self, a: Day, b: Day) -> None:
        """Let `a` be on `b` or before; raise Contradiction where it cannot."""
        self._require(a, b)
        if self.periods:
            self._tighten()

    def _require(self, a: Day, b: Day) -> None:
        if self.surely(a, b):
            return
        if self.never(a, b):
            raise Contradiction
        matrix, limit = self.distances, b.offset - a.offset
        onward = matrix[b.unknown]
        for row in matrix:
            base = row[a.unknown] + limit
            for place, distance in enumerate(onward):
                if base + distance < row[place]:
                    row[place] = base + distance

    def _tighten(self) -> None:
        """Carry bounds over from the first to the last day of periods, and back."""
        for _ in range(_MOST_ROUNDS):
            before = [list(row) for row in self.distances]
            for first, day, last_day in self.periods:
                earliest, latest = self.earliest(first), self.latest(first)
                self._require(Day(0, last_day(earliest)), day)
                self._require(day, Day(0, last_day(latest)))
                self._require(Day(0, _first_to_reach(self.earliest(day), last_day, earliest, latest)), first)
                self._require(first, Day(0, _first_to_reach(self.latest(day) + 1, last_day, earliest, latest + 1) - 1))
            if before == self.distances:
                return


def _first_to_reach(wanted: int, last_day: Callable[[int], int], first: int, last: int) -> int:
    """The first day from `first` to `last` whose period ends on `wanted` or later; `last` if none before does."""
    while first < last:
        middle = (first + last) // 2
        if last_day(middle) >= wanted:
            last = middle
        else:
            first = middle + 1
    return first


def cases(derive: Callable[[Case], T], most: int) -> Iterator[tuple[Case, T]]:
    """What `derive` finds in each case; raise TooManyCases after so many of them."""
    waiting: list[tuple[int, ...]] = [()]
    begun = 0
    while waiting:
        begun += 1
        if begun > most:
            raise TooManyCases
        case = Case(waiting.pop())
        try:
            found = derive(case)
        except Contradiction:
            found = None
        waiting.extend(case.others)
        if found is not None:
            yield case, found
