"""The answer for one act, as it is stored."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from measures.choices import VALIDITY_FAMILIES, Family
from measures.validity.bills import steps_of_bill
from measures.validity.bounds import TooManyCases
from measures.validity.course import Fact
from measures.validity.derive import Step, find, steps_of
from measures.validity.facts import BEGINNING, FAR, Act, Acts
from measures.validity.ranges import Ranges

Interval = tuple[date | None, date | None]
"""First and last day, both included; None is without bound."""


@dataclass(frozen=True)
class Answer:
    """What is true of an act on every day.

    `states` and `facts` have one more than `days`: the first is that before the first of the days.
    """

    certain: tuple[Interval, ...]
    possible: tuple[Interval, ...]
    presumed: tuple[Interval, ...]
    days: tuple[date, ...]
    states: tuple[str, ...]
    facts: tuple[str, ...]

    def state_on(self, day: date) -> str:
        """The state on a day."""
        return self.states[bisect_right(self.days, day)]


def answer(act: Act, acts: Acts, today: int) -> Answer | None:
    """The answer for an act among those that it depends on; None for a family that has no state."""
    if act.family == Family.BILL:
        return _answer((), (), (), steps_of_bill(act, today))
    if act.family not in VALIDITY_FAMILIES:
        return None
    try:
        found = find(act, acts, today)
    except TooManyCases:
        return _vague(act)
    return _answer(
        intervals(found.certain.ranges),
        intervals(found.possible.ranges),
        intervals(found.presumed.ranges),
        steps_of(act, found),
    )


def _vague(act: Act) -> Answer:
    """No day is certain, and each from the first that may be the start is possible."""
    place = act.start_event
    start = act.valid_from or (act.events[place].date if place is not None else None)
    if start is None:
        return _answer((), ((None, None),), (), [Step(BEGINNING, "possibly")])
    steps = [Step(BEGINNING, "not_yet"), Step(start.first, "possibly", Fact("start"))]
    return _answer((), ((date.fromordinal(start.first), None),), (), steps)


def _answer(
    certain: tuple[Interval, ...], possible: tuple[Interval, ...], presumed: tuple[Interval, ...], steps: list[Step]
) -> Answer:
    return Answer(
        certain,
        possible,
        presumed,
        tuple(date.fromordinal(step.day) for step in steps[1:]),
        tuple(step.state for step in steps),
        tuple(code_of(step.fact) for step in steps),
    )


def intervals(ranges: Ranges) -> tuple[Interval, ...]:
    """The days of ranges as dates."""
    return tuple((_date(first), _date(last)) for first, last in ranges)


def _date(day: int) -> date | None:
    return date.fromordinal(day) if BEGINNING < day < FAR else None


def code_of(fact: Fact | None) -> str:
    """A fact as it is stored: its kind, with the identifier of the event or relation: `event:12`; '' for none."""
    if fact is None:
        return ""
    about = fact.event or fact.relation
    return f"{fact.kind}:{about.id}" if about else fact.kind
