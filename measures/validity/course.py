"""The days of one act in a case: of its events, its start, its planned end, its acts upon others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

from measures.validity.bounds import ENDLESS, Case, Contradiction, Day
from measures.validity.facts import (
    ACTING,
    BEGINNING,
    ENDING_RELATIONS,
    ENDS,
    EXPIRIES,
    FAR,
    NEVER,
    SAME_FACT,
    SIGNATURES,
    STARTS,
    Act,
    Acts,
    Event,
    Relation,
    Span,
)
from measures.validity.periods import last_day, least_and_most, parsed

Kind = Literal["start", "unknown", "until", "duration", "end", "event", "relation", "lifted", "fallen", "check"]


class Fact(NamedTuple):
    """What a boundary hangs on.

    `start`, `until`, `duration` and `check` are fields of the act, `unknown` and `end` a start and an end that nobody
    recorded. An `event` is one of its course. With a `relation` another act acts upon it; `lifted` says that what acts
    by it has ended, `fallen` that it was annulled.
    """

    kind: Kind
    event: Event | None = None
    relation: Relation | None = None


START, UNTIL, DURATION, CHECK = Fact("start"), Fact("until"), Fact("duration"), Fact("check")
UNRECORDED, UNKNOWN = Fact("end"), Fact("unknown")
ANY_DAY = Span(BEGINNING, FAR)


@dataclass
class Days:
    """The days of one act in a case; `start` is None where it never begins."""

    act: Act
    events: list[Day]
    start: Day | None
    until: Day | None
    working: bool
    ends_of_interest: bool
    ends: list[Day]
    effects: list[Day | None]

    def planned_duration(self, case: Case) -> Day:
        """The last day of the act's own duration; the act has one, and a start."""
        assert self.start is not None
        return period(case, self.act, self.working, self.start, DURATION)

    def unrecorded_end(self, case: Case, interval: int) -> Day:
        """The end, recorded by nobody, of the first interval (0) or of a later one."""
        while len(self.ends) <= interval:
            free = self.ends_of_interest and self.start is not None
            if free and not self.ends and (self.until is not None or self.act.duration):
                free = False
            if not free:
                self.ends.append(ENDLESS.of(UNRECORDED))
                continue
            assert self.start is not None
            end = case.day(Span(case.earliest(self.start), NEVER), UNRECORDED)
            case.require(self.start, end)
            self.ends.append(end)
        return self.ends[interval]


def period(case: Case, act: Act, working: bool, first: Day, fact: Fact) -> Day:
    """The last day of the duration of `act`, counted from `first`."""
    working = working and parsed(act.duration).days > 0
    key = (act.duration, working, act.country, first.unknown, first.offset)
    if key not in case.known_periods:
        ends_on = partial(_last_day, act.duration, working, act.country)
        case.known_periods[key] = case.period(first, ends_on, *least_and_most(act.duration, working))
    return case.known_periods[key].of(fact)


def _last_day(text: str, working: bool, country: str, first: int) -> int:
    return last_day(first, text, working, country)


def days_of(case: Case, act: Act, acts: Acts, today: int, ends_of_interest: bool) -> Days:
    """Let each gap of the record be any day that fits it."""
    events = _events(case, act, acts, today)
    start = _start(case, act, acts, events)
    return Days(
        act,
        events,
        start,
        _until(case, act, start),
        _counts_working_days(case, act),
        ends_of_interest,
        [],
        [_effect(case, act, relation, start) for relation in act.relations],
    )


def _events(case: Case, act: Act, acts: Acts, today: int) -> list[Day]:
    days: list[Day] = []
    latest = act.latest_days(today)
    for place, event in enumerate(act.events):
        fact = Fact("event", event)
        if event.date:
            day = case.day(event.date, fact)
            if days:
                apart = 0 if act.events[place - 1].date else 1
                case.require(days[-1].after(apart), day)
        else:
            day = _undated_event(case, act, acts, place, days, latest[place]).of(fact)
        days.append(day)
    return days


def _undated_event(case: Case, act: Act, acts: Acts, place: int, days: list[Day], latest: int) -> Day:
    """A day after the event before, at the latest this one."""
    earliest = case.earliest(days[-1]) + 1 if days else BEGINNING
    for relation in acts.upon(act.id, SAME_FACT.get(act.events[place].status, ())):
        if relation.date and relation.date.overlaps(Span(min(earliest, latest), latest)):
            earliest, latest = max(earliest, relation.date.first), min(latest, relation.date.last)
    last = Day(0, latest)
    if days and case.never(days[-1].after(1), last):
        return last  # no day between
    day = case.day(Span(min(earliest, latest), latest), None)
    if days:
        case.require(days[-1].after(1), day)
    return day


def _start(case: Case, act: Act, acts: Acts, events: list[Day]) -> Day | None:
    place = act.start_event
    if act.valid_from and place is None:
        return case.day(act.valid_from, START)
    if place is not None:
        if act.valid_from:
            case.require(Day(0, act.valid_from.first), events[place])
            case.require(events[place], Day(0, act.valid_from.last))
        return events[place]
    if act.is_signed:
        return _start_of_signed(case, act, events)
    if act.was_only_announced:
        return None
    shown = act.valid_until or any(e.status in EXPIRIES | {"suspended"} for e in act.events)
    shown = shown or bool(acts.upon(act.id, {"suspends"}))
    ended = any(e.status in ENDS for e in act.events) or bool(acts.upon(act.id, ENDING_RELATIONS))
    if shown or (ended and case.choose() == 0):
        return case.day(ANY_DAY, UNKNOWN)
    return None


def _start_of_signed(case: Case, act: Act, events: list[Day]) -> Day | None:
    """Some day from the signature on, or never."""
    if case.choose() == 1:
        return None
    signed = [day for day, event in zip(events, act.events, strict=True) if event.status in SIGNATURES]
    first = signed[0]
    for day in signed[1:]:
        first = case.sooner(first, day)
    start = case.day(Span(case.earliest(first), FAR), first.fact)
    case.require(first, start)
    return start


def _until(case: Case, act: Act, start: Day | None) -> Day | None:
    if not act.valid_until:
        return None
    until = case.day(act.valid_until, UNTIL)
    if start is None:
        return until
    place = act.start_event
    span = (place is not None and act.events[place].date) or act.valid_from
    if span and act.valid_until.last < span.first:
        return None  # an end before the start counts as not recorded
    case.require(start, until)
    return until


def _counts_working_days(case: Case, act: Act) -> bool:
    if act.duration_basis == "working":
        return True
    if act.valid_until or act.duration_basis == "calendar" or not act.duration:
        return False
    return bool(parsed(act.duration).days) and case.choose() == 1


def _effect(case: Case, act: Act, relation: Relation, start: Day | None) -> Day | None:
    """The day of effect of a relation; None where its subject never begins, or it does not act on a day."""
    if relation.type not in ACTING:
        return None
    fact = Fact("relation", relation=relation)
    if relation.date:
        return case.day(relation.date, fact)
    if act.is_dateless:
        if relation.recorded and relation.recorded < FAR:
            return case.day(Span(BEGINNING, relation.recorded), fact)
        return case.day(ANY_DAY, fact) if case.choose() == 0 else None
    return start.of(fact) if start else None


def join_same_facts(case: Case, days: dict[int, Days], acts: Acts) -> None:
    """Two records of one fact whose dates overlap are the same day."""
    for act_id, own in days.items():
        for place, (event, day) in enumerate(zip(own.act.events, own.events, strict=True)):
            if event.status in STARTS and place == own.act.first_start:
                continue  # the start is no resumption
            for relation in acts.upon(act_id, SAME_FACT.get(event.status, ())):
                subject = days[relation.subject]
                effect = subject.effects[subject.act.relations.index(relation)]
                if _may_be_same(event, relation, subject.act):
                    if effect is None:
                        raise Contradiction
                    case.require(effect, day)
                    case.require(day, effect)


def _may_be_same(event: Event, relation: Relation, subject: Act) -> bool:
    dated = event.date or Span(BEGINNING, event.recorded or NEVER)
    if relation.date:
        return dated.overlaps(relation.date)
    if subject.is_dateless:
        return True
    return bool(subject.valid_from and dated.overlaps(subject.valid_from))
