"""The validity of an act: certain, possible and presumed days, and its state on each day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from measures.choices import Family
from measures.validity.bounds import Case, Contradiction, Day, TooManyCases, cases
from measures.validity.course import CHECK, UNKNOWN, UNRECORDED, Fact, days_of, join_same_facts
from measures.validity.course import Days as DaysInCase
from measures.validity.facts import BEGINNING, FAR, LASTS_WHILE, NEVER, OPEN_ON_PURPOSE, Act, Acts
from measures.validity.known_days import Version, kept
from measures.validity.pieces import Bounds, as_ranges, certain_bounds, joined, possible_bounds
from measures.validity.player import Player
from measures.validity.ranges import Ranges, holds, intersection, union
from measures.validity.story import Piece, Story, announced, in_force, over, suspended

MOST_CASES = 1_000
"""Above this number the record leaves open too much to be told apart."""
MOST_ROUNDS = 8


class Step(NamedTuple):
    """A state, its first day, and the fact on which that hangs."""

    day: int
    state: str
    fact: Fact | None = None


@dataclass(frozen=True)
class Days:
    """A set of days, and the fact on which each boundary hangs: (True for a first day, the day) -> fact."""

    ranges: Ranges = field(default_factory=list)
    facts: dict[tuple[bool, int], Fact] = field(default_factory=dict)

    def __contains__(self, day: int) -> bool:
        return holds(self.ranges, day)

    def fact(self, is_first: bool, day: int) -> Fact | None:
        """What a boundary hangs on; None where it is none, or hangs on nothing."""
        return self.facts.get((is_first, day))


@dataclass(frozen=True)
class Found:
    """Days of an act over all its versions."""

    certain: Days
    possible: Days
    presumed: Days
    announced: Days
    suspended: Days
    over: Days


def versions_of(act: Act, acts: Acts, today: int) -> list[Version]:
    """Every case of the act and of all that it depends on, narrowed by the known days."""
    cone = acts.alone(acts.that_decide(act))
    order = list(cone.by_id.values())
    found = _played(act, order, cone, today, join=True) or _played(act, order, cone, today, join=False)
    return kept(found, order)


def _played(act: Act, order: list[Act], cone: Acts, today: int, join: bool) -> list[Version]:
    of_interest = _ends_of_interest(act, order, cone)

    def derive(case: Case) -> dict[int, Story]:
        days: dict[int, DaysInCase] = {a.id: days_of(case, a, cone, today, a.id in of_interest) for a in order}
        if join:
            join_same_facts(case, days, cone)
        return _stories(case, days, cone)

    return [Version(case, stories) for case, stories in cases(derive, MOST_CASES)]


def _stories(case: Case, days: dict[int, DaysInCase], cone: Acts) -> dict[int, Story]:
    """The stories of all acts, each after those that it depends on.

    Where acts depend on each other in a circle, they are played again, each upon the last story of the other, until
    nothing changes: what happens on a day depends only on what happened before, so each round settles more.
    """
    stories: dict[int, Story] = {}
    for act_id in days:
        stories[act_id] = Player(case, days[act_id], cone, stories).play()
    if not cone.has_circle:
        return stories
    for _ in range(MOST_ROUNDS):
        before = {act_id: story.stretches for act_id, story in stories.items()}
        for act_id in days:
            stories[act_id] = Player(case, days[act_id], cone, stories).play()
        if before == {act_id: story.stretches for act_id, story in stories.items()}:
            return stories
    raise TooManyCases


def _ends_of_interest(act: Act, order: list[Act], cone: Acts) -> set[int]:
    """The acts whose end, where nobody recorded it, matters."""
    found = {act.id}
    for other in order:
        found.update(r.object for r in other.relations if r.type == LASTS_WHILE)
        for relation in cone.upon(other.id, {"extends"}):
            subject = cone[relation.subject]
            if not subject.valid_until and not subject.duration:
                found.add(subject.id)
    return found


def _open_ends(version: Version) -> Version | None:
    """The version in which ends that are open on purpose never come; None where they must."""
    case = version.case.copy()
    try:
        for story in version.stories.values():
            if story.days.act.end_kind in OPEN_ON_PURPOSE:
                for end in story.days.ends:
                    case.require(Day(0, NEVER), end)
    except Contradiction:
        return None
    return Version(case, version.stories)


def _every(versions: list[Version], act: Act, pieces_of: Callable[[Case, Story], list[Piece]]) -> Days:
    """The days that lie in the pieces of every version."""
    common: Ranges | None = None
    facts: dict[tuple[bool, int], Fact] = {}
    for version in versions:
        pieces = joined(version.case, pieces_of(version.case, version.stories[act.id]))
        bounds = certain_bounds(version.case, pieces)
        _note(facts, bounds, version, act)
        ranges = as_ranges(bounds)
        common = ranges if common is None else intersection(common, ranges)
    return Days(common or [], facts)


def _any(versions: list[Version], act: Act) -> Days:
    """The days on which the act is in force in any version."""
    facts: dict[tuple[bool, int], Fact] = {}
    found: Ranges = []
    for version in versions:
        bounds = possible_bounds(version.case, in_force(version.case, version.stories[act.id]))
        _note(facts, bounds, version, act)
        found += as_ranges(bounds)
    return Days(union(found), facts)


def _note(facts: dict[tuple[bool, int], Fact], bounds: list[Bounds], version: Version, act: Act) -> None:
    """Remember on what each boundary hangs: where nobody recorded the end, on what shows that it was later."""
    for first, last in bounds:
        for is_first, (day, fact) in ((True, first), (False, last)):
            if fact is UNRECORDED or fact is UNKNOWN:
                fact = _known_by(version, act, day) or fact
            if isinstance(fact, Fact):
                facts.setdefault((is_first, day), fact)


def _known_by(version: Version, act: Act, day: int) -> Fact | None:
    """What shows that the act was in force on a day."""
    if act.checked == day:
        return CHECK
    known = version.stories[act.id].known.items()
    return next((fact for fact, when in known if version.case.earliest(when) == day), None)


def find(act: Act, acts: Acts, today: int) -> Found:
    """The days of a norm or action; raise TooManyCases where its record leaves open too much."""
    versions = versions_of(act, acts, today)
    presumed = [version for version in map(_open_ends, versions) if version]
    return Found(
        certain=_every(versions, act, in_force),
        possible=_any(versions, act),
        presumed=_every(presumed, act, in_force),
        announced=_every(versions, act, announced),
        suspended=_every(versions, act, suspended),
        over=_every(versions, act, over),
    )


def state_on(act: Act, found: Found, day: int) -> str:
    """The first state that holds on a day."""
    if act.family == Family.ACTION and day in found.announced:
        return "announced"
    if day in found.certain or day in found.presumed:
        return "in_force"
    if day in found.possible:
        return "possibly"
    if day in found.suspended:
        return "suspended"
    if found.possible.ranges:
        return "not_yet" if day < found.possible.ranges[0][0] else "ended"
    if day in found.over:
        return "ended"
    dated = [event.date.last for event in act.events if event.date]
    begins = act.valid_from.first if act.valid_from else min(dated, default=None)
    return "not_yet" if begins is not None and day < begins else "unknown"


def steps_of(act: Act, found: Found) -> list[Step]:
    """The states in order; the first begins at the beginning of all days."""
    days = {BEGINNING}
    for kind in (found.certain, found.possible, found.presumed, found.announced, found.suspended, found.over):
        for first, last in kind.ranges:
            days |= {first, last + 1}
    if act.valid_from:
        days.add(act.valid_from.first)
    days |= {event.date.last for event in act.events if event.date}
    steps: list[Step] = []
    for day in sorted(days):
        state = state_on(act, found, day)
        if day < FAR and (not steps or steps[-1].state != state):
            steps.append(Step(day, state, _opening(found, state, day)))
    return steps


def _opening(found: Found, state: str, day: int) -> Fact | None:
    """The fact on which it hangs that a state begins on a day."""
    begins = {
        "announced": [found.announced],
        "suspended": [found.suspended],
        "ended": [found.over],
        "in_force": [found.certain, found.presumed, found.possible],
        "possibly": [found.possible],
    }.get(state, [])
    ends = [found.possible, found.presumed, found.certain]
    facts = [kind.fact(True, day) for kind in begins] + [kind.fact(False, day - 1) for kind in ends]
    return next((fact for fact in facts if fact), None)
