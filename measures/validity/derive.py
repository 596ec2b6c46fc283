"""The validity of an act: certain, possible and presumed days, and its state on each day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from measures.choices import Family
from measures.validity.bills import steps_of_bill
from measures.validity.bounds import Case, Contradiction, Day, TooManyCases, cases
from measures.validity.course import Days, days_of, join_same_facts
from measures.validity.facts import BEGINNING, FAR, LASTS_WHILE, NEVER, OPEN_ON_PURPOSE, VALIDITY_FAMILIES, Act, Acts
from measures.validity.known_days import Version, kept
from measures.validity.pieces import days_of_pieces, joined
from measures.validity.ranges import Ranges, holds, intersection, union
from measures.validity.story import Piece, Player, Story, announced, in_force, over, suspended

MOST_CASES = 2_000
MOST_ROUNDS = 8


@dataclass
class Found:
    """Days of an act over all its versions."""

    certain: Ranges
    possible: Ranges
    presumed: Ranges
    announced: Ranges
    suspended: Ranges
    over: Ranges


def versions_of(act: Act, acts: Acts, today: int) -> list[Version]:
    """Every case of the act and of all that it depends on, narrowed by the known days."""
    order = acts.that_decide(act)
    found = _played(act, order, acts, today, join=True) or _played(act, order, acts, today, join=False)
    return kept(found, order)


def _played(act: Act, order: list[Act], acts: Acts, today: int, join: bool) -> list[Version]:
    cone = Acts(order)
    of_interest = _ends_of_interest(act, order, cone)

    def derive(case: Case) -> dict[int, Story]:
        days: dict[int, Days] = {a.id: days_of(case, a, cone, today, a.id in of_interest) for a in order}
        if join:
            join_same_facts(case, days, cone)
        return _stories(case, days, cone)

    return [Version(case, stories) for case, stories in cases(derive, MOST_CASES)]


def _stories(case: Case, days: dict[int, Days], cone: Acts) -> dict[int, Story]:
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


def _every(versions: list[Version], act_id: int, pieces_of: Callable[[Case, Story], list[Piece]]) -> Ranges:
    """The days that lie in the pieces of every version."""
    common: Ranges | None = None
    for version in versions:
        pieces = joined(version.case, pieces_of(version.case, version.stories[act_id]))
        certain = days_of_pieces(version.case, pieces, certain=True)
        common = certain if common is None else intersection(common, certain)
        if not common:
            return []
    return common or []


def _any(versions: list[Version], act_id: int) -> Ranges:
    return union(
        pair
        for version in versions
        for pair in days_of_pieces(version.case, in_force(version.case, version.stories[act_id]), certain=False)
    )


def find(act: Act, acts: Acts, today: int) -> Found:
    """The days of a norm or action."""
    versions = versions_of(act, acts, today)
    presumed = [version for version in map(_open_ends, versions) if version]
    return Found(
        _every(versions, act.id, in_force),
        _any(versions, act.id),
        _every(presumed, act.id, in_force),
        _every(versions, act.id, announced),
        _every(versions, act.id, suspended),
        _every(versions, act.id, over),
    )


def state_on(act: Act, found: Found, day: int) -> str:
    """The first state that holds on a day."""
    if act.family == "action" and holds(found.announced, day):
        return "announced"
    if holds(found.certain, day) or holds(found.presumed, day):
        return "in_force"
    if holds(found.possible, day):
        return "possibly"
    if holds(found.suspended, day):
        return "suspended"
    if found.possible:
        return "not_yet" if day < found.possible[0][0] else "ended"
    if holds(found.over, day):
        return "ended"
    dated = [event.date.last for event in act.events if event.date]
    begins = act.valid_from.first if act.valid_from else min(dated, default=None)
    return "not_yet" if begins is not None and day < begins else "unknown"


def steps_of(act: Act, found: Found) -> list[tuple[int, str]]:
    """(first day, state) in order; the first begins at the beginning of all days."""
    days = {BEGINNING}
    for ranges in (found.certain, found.possible, found.presumed, found.announced, found.suspended, found.over):
        for first, last in ranges:
            days |= {first, last + 1}
    if act.valid_from:
        days.add(act.valid_from.first)
    days |= {event.date.last for event in act.events if event.date}
    steps: list[tuple[int, str]] = []
    for day in sorted(days):
        state = state_on(act, found, day)
        if not steps or steps[-1][1] != state:
            steps.append((day, state))
    return steps
