"""What is recorded of an act, as far as its validity depends on it.

Days are ordinals (`date.toordinal()`). A partial date is a `Span`: `2020-05` is some day of May.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from measures.choices import VALIDITY_FAMILIES

BEGINNING = date(1700, 1, 1).toordinal()
"""Stands for any time before: no record is older."""
FAR = date(9000, 1, 1).toordinal()
"""The last day that anything can begin."""
NEVER = date(9999, 1, 1).toordinal()
"""The day of what does not come."""

STARTS = frozenset({"in_force", "in_operation"})
SIGNATURES = frozenset({"enacted", "published"})
ENDS = frozenset({"repealed", "annulled", "superseded", "abandoned"})
"""Dated by the first day without effect."""
EXPIRIES = frozenset({"expired", "fulfilled"})
"""Dated by the last day of effect."""
ANNOUNCEMENTS = frozenset({"announced", "in_preparation"})
ENDING_RELATIONS = frozenset({"repeals", "annuls", "supersedes"})
ACTING = ("annuls", "repeals", "supersedes", "suspends", "extends", "resumes", "revives", "amends")
"""Relations upon another act, in the order in which they act on one day; `amends` shows only that it was in force."""
LASTS_WHILE = "while_in_force"
SAME_FACT = {
    "repealed": {"repeals"},
    "annulled": {"annuls"},
    "superseded": {"supersedes"},
    "suspended": {"suspends"},
    "extended": {"extends"},
    "in_force": {"resumes", "revives"},
    "in_operation": {"resumes", "revives"},
}
"""The relations that record the same fact as an event."""
OPEN_ON_PURPOSE = frozenset({"further_notice", "indefinite"})


class Span(NamedTuple):
    """Some day from `first` to `last`, both included."""

    first: int
    last: int

    def overlaps(self, other: Span) -> bool:
        """Whether both may be the same day."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Event:
    """A status that an act reached; `recorded` is the day on which the event was recorded."""

    status: str
    date: Span | None
    recorded: int | None = None
    id: int = 0

    @property
    def delay(self) -> int:
        """Days from the date of the event to its first day of effect."""
        return 1 if self.status in EXPIRIES else 0


@dataclass(frozen=True)
class Relation:
    """What the act `subject` does to the act `object`."""

    type: str
    subject: int
    object: int
    date: Span | None = None
    part: bool = False
    recorded: int | None = None
    id: int = 0


@dataclass(frozen=True)
class Act:
    """The facts of one act; `events` in the order of the course, `relations` those of which it is the subject."""

    id: int
    family: str
    kind: str
    published: bool = True
    country: str = ""
    valid_from: Span | None = None
    valid_until: Span | None = None
    end_kind: str = ""
    duration: str = ""
    duration_basis: str = ""
    checked: int | None = None
    events: tuple[Event, ...] = ()
    relations: tuple[Relation, ...] = ()

    @property
    def may_act(self) -> bool:
        """Whether the record can act upon others at all: published, a norm or an action."""
        return self.published and self.family in VALIDITY_FAMILIES

    @cached_property
    def announcements(self) -> int:
        """How many events the course begins with that only announce the act, or put off what is but announced."""
        if not self.events or self.events[0].status not in ANNOUNCEMENTS:
            return 0
        others = (place for place, event in enumerate(self.events) if event.status not in ANNOUNCEMENTS | {"suspended"})
        return next(others, len(self.events))

    @cached_property
    def first_start(self) -> int | None:
        """The place of the event that is the start where `valid_from` says nothing."""
        for place, event in enumerate(self.events):
            if event.status == "suspended" and place >= self.announcements:
                break
            if event.status in STARTS:
                return place
        if self.kind == "court_decision" and not self.valid_from:
            return self._first_of("published", "enacted")
        return None

    def _first_of(self, *statuses: str) -> int | None:
        for status in statuses:
            for place, event in enumerate(self.events):
                if event.status == status:
                    return place
        return None

    @cached_property
    def start_event(self) -> int | None:
        """The place of the event that is the start, or a second record of it beside `valid_from`."""
        place = self.first_start
        if place is None or not self.valid_from:
            return place
        when = self.events[place].date
        return place if when and when.overlaps(self.valid_from) else None

    @cached_property
    def is_signed(self) -> bool:
        """Whether a signature or publication is recorded."""
        return any(event.status in SIGNATURES for event in self.events)

    @cached_property
    def has_start_or_term(self) -> bool:
        """Only then does a repeal show that the act was in force the day before."""
        return bool(self.valid_from or self.start_event is not None or self.valid_until)

    @cached_property
    def is_dateless(self) -> bool:
        """Neither start nor signature nor announcement."""
        return not (
            self.valid_from
            or self.first_start is not None
            or self.is_signed
            or any(event.status in ANNOUNCEMENTS for event in self.events)
        )

    @cached_property
    def was_only_announced(self) -> bool:
        """An end after a mere announcement shows no beginning."""
        others = EXPIRIES | {"abandoned", "suspended"}
        return self.announcements > 0 and all(event.status in others for event in self.events[self.announcements :])

    def latest_days(self, today: int) -> list[int]:
        """The last possible day of each event: at the latest that of the one after it, or the day before.

        A day lies between two events of which one has no date, since it is not the day of the other. An event without a
        date is no later than the day on which it was recorded.
        """
        found: list[int] = []
        following: Event | None = None
        for event in reversed(self.events):
            latest = event.date.last if event.date else event.recorded or today
            if following:
                latest = min(latest, found[-1] - (0 if event.date and following.date else 1))
            found.append(latest)
            following = event
        return found[::-1]


class Acts:
    """Connected acts by id, with the relations upon each of them."""

    def __init__(self, acts: Iterable[Act]) -> None:
        self.by_id: dict[int, Act] = {act.id: act for act in acts}
        self._upon: dict[int, list[Relation]] = {}
        self._measures: dict[int, list[int]] = {}
        self._by_object: dict[int, dict[int, list[tuple[int, Relation]]]] = {}
        for act in self.by_id.values():
            for relation in act.relations:
                if relation.type == LASTS_WHILE:
                    if relation.object in self.by_id:
                        self._measures.setdefault(act.id, []).append(relation.object)
                elif act.may_act and relation.object != act.id:
                    self._upon.setdefault(relation.object, []).append(relation)

    def __getitem__(self, act_id: int) -> Act:
        return self.by_id[act_id]

    def upon(self, act_id: int, types: Iterable[str] = ACTING) -> list[Relation]:
        """The relations of these types from published norms and actions upon an act."""
        found = self._upon.get(act_id)
        return [relation for relation in found if relation.type in types] if found else []

    def measures_of(self, act: Act) -> list[int]:
        """The acts while which this one lasts."""
        return self._measures.get(act.id, [])

    def alone(self, members: Collection[Act]) -> Acts:
        """These acts, with the relations among them alone, in the same order."""
        ids = {act.id for act in members}
        return Acts(self._among(act, ids) for act in members)

    def _among(self, act: Act, ids: Collection[int]) -> Act:
        """The act with its relations to these acts; those of an act with many are not all looked at each time."""
        if len(act.relations) <= len(ids):
            kept = [relation for relation in act.relations if relation.object in ids]
        else:
            by_object = self._relations_by_object(act)
            found = sorted((pair for id_ in ids for pair in by_object.get(id_, ())), key=itemgetter(0))
            kept = [relation for _place, relation in found]
        return act if len(kept) == len(act.relations) else replace(act, relations=tuple(kept))

    def _relations_by_object(self, act: Act) -> dict[int, list[tuple[int, Relation]]]:
        if act.id not in self._by_object:
            found = self._by_object[act.id] = {}
            for place, relation in enumerate(act.relations):
                found.setdefault(relation.object, []).append((place, relation))
        return self._by_object[act.id]

    @cached_property
    def has_circle(self) -> bool:
        """Whether an act depends on one that stands after it."""
        places = {act_id: place for place, act_id in enumerate(self.by_id)}
        return any(
            places[other] > place
            for place, act_id in enumerate(self.by_id)
            for other in [r.subject for r in self.upon(act_id)] + self.measures_of(self.by_id[act_id])
        )

    def that_decide(self, act: Act) -> list[Act]:
        """The act and all on which its validity depends, those first on which others depend."""
        order: dict[int, Act] = {}
        seen: set[int] = set()
        stack: list[tuple[int, bool]] = [(act.id, False)]
        while stack:
            act_id, done = stack.pop()
            if done:
                order[act_id] = self.by_id[act_id]
            elif act_id not in seen:
                seen.add(act_id)
                stack.append((act_id, True))
                needed = [r.subject for r in self.upon(act_id)] + self.measures_of(self.by_id[act_id])
                stack.extend((other, False) for other in reversed(needed) if other not in seen)
        return list(order.values())
