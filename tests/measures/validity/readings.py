"""The records of the reference, and the readings that it tries; see `reference.py`."""

# mypy: allow-untyped-defs, allow-untyped-calls

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import NamedTuple

from measures.durations import Duration

MOST = 3_000
"""Readings of one act that are tried; a history with more is refused."""
BEGINNING = dt.date(1700, 1, 1).toordinal()
"""Stands for any time before."""
FAR = dt.date(9000, 1, 1).toordinal()
"""Stands for any time later."""
FOREVER = dt.date(9999, 1, 1).toordinal()
"""Stands for never."""


class TooManyReadings(Exception):
    """The history has more readings than can be tried."""


# -- Vocabulary

VALIDITY_FAMILIES = {"norm", "action"}
STARTS = {"in_force", "in_operation"}
SIGNED = {"enacted", "published"}
# dated by the first day of the new state
ENDS = {"repealed", "annulled", "superseded", "abandoned"}
# dated by the last day of effect
LAST_DAYS = {"expired", "fulfilled"}
BEFORE = {"announced", "in_preparation"}
END_RELATIONS = {"repeals", "annuls", "supersedes"}
# in this order on one day
ACTING = ["annuls", "repeals", "supersedes", "suspends", "extends", "resumes", "revives"]
SAME_FACT = {
    "repealed": {"repeals"},
    "annulled": {"annuls"},
    "superseded": {"supersedes"},
    "suspended": {"suspends"},
    "extended": {"extends"},
    "in_force": {"resumes", "revives"},
    "in_operation": {"resumes", "revives"},
}
OPEN_ON_PURPOSE = {"further_notice", "indefinite"}


# -- Dates and records


class Span(NamedTuple):
    """A partial date: some day in [first, last]."""

    first: int
    last: int


def last_day(first, text, working, country):
    """The last day of a period whose first day is `first`."""
    if first >= FOREVER:
        return FOREVER
    basis = "working" if working else "calendar"
    return Duration.parse(text).last_day(dt.date.fromordinal(first), basis, country).toordinal()


@dataclass
class Relation:
    kind: str
    target: int
    date: Span | None
    part: bool
    recorded: int | None
    subject: "Act | None" = None


@dataclass
class Act:
    id: int
    family: str
    kind: str
    published: bool
    valid_from: Span | None
    valid_until: Span | None
    end_kind: str
    duration: str
    duration_basis: str
    country: str
    checked_on: int | None
    events: list
    relations: list


def records(acts):
    """The acts by id, from the facts that the product reads."""
    found = {}
    for fact in acts.by_id.values():
        relations = [
            Relation(r.type, r.object, r.date, r.part, r.recorded) for r in fact.relations if r.object in acts.by_id
        ]
        act = found[fact.id] = Act(
            fact.id,
            fact.family,
            fact.kind,
            fact.published,
            fact.valid_from,
            fact.valid_until,
            fact.end_kind,
            fact.duration,
            fact.duration_basis,
            fact.country,
            fact.checked,
            list(fact.events),
            relations,
        )
        for relation in relations:
            relation.subject = act
    return found


def upon(act, acts, kinds):
    """Relations of these kinds from the other acts upon this one (what has validity and is published)."""
    return [
        r
        for s in acts.values()
        if s is not act and s.published and s.family in VALIDITY_FAMILIES
        for r in s.relations
        if r.target == act.id and r.kind in kinds
    ]


# -- Readings of a record


@dataclass
class Choice:
    """One way to fill the gaps of one act."""

    # None: it never began
    start: int | None
    # a day for each event
    events: tuple
    # a day for each relation; None: on the start
    relations: tuple
    # of valid_until, where that counts
    until: int | None
    # how days of a duration are counted
    working: bool
    # ends that nobody recorded: of the first interval, of the next …
    ends: tuple
    # what it repealed is in force again once it is annulled
    returns: bool


def is_only_announced(events, others):
    """Whether these begin with an announcement, and nothing but such and `others` follows."""
    return bool(events) and events[0].status in BEFORE and all(e.status in BEFORE | others for e in events)


def last_possible(events, n, today):
    """The last day of an event that leaves room for those after it."""
    last = events[n].date.last if events[n].date else events[n].recorded or today
    if n + 1 == len(events):
        return last
    apart = 0 if events[n].date and events[n + 1].date else 1
    return min(last, last_possible(events, n + 1, today) - apart)


def recorded_start(act):
    """The event that is the start, where valid_from is not; None where there is none."""
    for n, e in enumerate(act.events):
        # what is only announced is put off, not suspended
        if e.status == "suspended" and not is_only_announced(act.events[:n], {"suspended"}):
            break
        if e.status in STARTS:
            return n
    if act.kind == "court_decision" and not act.valid_from:
        for status in ("published", "enacted"):
            for n, e in enumerate(act.events):
                if e.status == status:
                    return n
    return None


def start_event(act):
    """The event that is the start or a second record of it."""
    n, span = recorded_start(act), act.valid_from
    if n is None or not span:
        return n
    date = act.events[n].date
    return n if date and span.first <= date.last and date.first <= span.last else None


def is_signed(act):
    return any(e.status in SIGNED for e in act.events)


def has_start(act):
    """Whether a start or a term is recorded: only then does a repeal show that it was in force the day before."""
    return bool(act.valid_from or start_event(act) is not None or act.valid_until)


def no_date_at_all(act):
    """Neither start nor signing nor announcement."""
    return not (
        act.valid_from
        or recorded_start(act) is not None
        or is_signed(act)
        or any(e.status in BEFORE for e in act.events)
    )


class Readings:
    """All choices for one act; `days` are the days worth trying, `end_days` those for an end that nobody recorded."""

    def __init__(self, act, acts, days, end_days, today):
        self.act, self.acts, self.days, self.today = act, acts, sorted(days), today
        # None: its own unrecorded end is of no interest here
        self.end_days = end_days

    def within(self, first, last):
        """The days to try between two days."""
        if last < first:
            return []
        picked = {first, last, *(d for d in self.days if first <= d <= last)}
        if first > BEGINNING and last < FAR:
            picked.add((first + last) // 2)
        return sorted(picked)

    def courses(self, done=()):
        """Days for the events, in the order of the course.  An undated one lies strictly between its neighbours."""
        events = self.act.events
        n = len(done)
        if n == len(events):
            yield done
            return
        e = events[n]
        # dated events keep the order of the course
        floor = BEGINNING if not done else done[-1]
        if done and (not e.date or not events[n - 1].date):
            floor += 1
        last = last_possible(events, n, self.today)
        if e.date:
            first = max(e.date.first, floor)
            # no day before the next: as it stands
            last = last if first <= last else e.date.last
        else:
            first = floor
            # one fact, recorded twice
            for r in upon(self.act, self.acts, SAME_FACT.get(e.status, ())):
                if r.date and r.date.first <= last and r.date.last >= first:
                    first, last = max(first, r.date.first), min(last, r.date.last)
            # no day between: the last that may be
            first = min(first, last)
        for day in self.within(first, last):
            yield from self.courses((*done, day))

    def starts(self, course):
        act, n = self.act, start_event(self.act)
        if act.valid_from:
            first, last = act.valid_from
            if n is None:
                return self.within(first, last)
            return [course[n]] if first <= course[n] <= last else []
        if n is not None:
            return [course[n]]
        signed = [d for d, e in zip(course, act.events, strict=True) if e.status in SIGNED]
        # it may have begun on any day since, or never
        if signed:
            return [*self.within(min(signed), FAR), None]
        if is_only_announced(act.events, LAST_DAYS | {"abandoned", "suspended"}):
            # an end after a mere announcement shows no beginning
            return [None]
        if (
            act.valid_until
            or any(e.status in ENDS | LAST_DAYS | {"suspended"} for e in act.events)
            or upon(act, self.acts, END_RELATIONS | {"suspends"})
        ):
            shown = (
                act.valid_until
                or any(e.status in LAST_DAYS | {"suspended"} for e in act.events)
                or upon(act, self.acts, {"suspends"})
            )
            return self.within(BEGINNING, FAR) + ([] if shown else [None])
        return [None]

    def relation_days(self, relation):
        """Days of effect to try; None: on the start of the subject."""
        if relation.kind not in [*ACTING, "amends"]:
            return [None]
        if relation.date:
            return self.within(*relation.date)
        # an undated event after the start of the record it acts upon
        if no_date_at_all(self.act):
            return self.within(BEGINNING, relation.recorded or FOREVER)
        return [None]

    def __iter__(self):
        act = self.act
        bases = [act.duration_basis == "working"]
        if (
            act.duration
            and not act.valid_until
            and Duration.parse(act.duration).days
            and act.duration_basis in ("", "unstated")
        ):
            bases = [False, True]
        more = sum(e.status in STARTS for n, e in enumerate(act.events) if n != start_event(act)) + len(
            upon(act, self.acts, {"revives"})
        )
        relation_days = list(itertools.product(*(self.relation_days(r) for r in act.relations)))
        annullable = any(e.status == "annulled" for e in act.events) or upon(act, self.acts, {"annuls"})
        returns = (
            [False, True] if annullable and any(r.kind in ("repeals", "supersedes") for r in act.relations) else [False]
        )
        for course in self.courses():
            for start in self.starts(course):
                untils = self.within(*act.valid_until) if act.valid_until else [None]
                if start is not None and act.valid_until:
                    n = start_event(act)
                    span = (n is not None and act.events[n].date) or act.valid_from
                    # an end before the start counts as not recorded
                    is_before = span and act.valid_until.last < span.first
                    untils = [None] if is_before else [u for u in untils if u >= start]
                ends = [(FOREVER,) * (1 + more)]
                if self.end_days is not None and start is not None:
                    some = sorted({start, FOREVER, *(d for d in self.end_days if d >= start)})
                    first = [FOREVER] if untils[:1] != [None] or act.duration else some
                    second = [some] if more else []
                    ends = [e + (FOREVER,) * (1 + more - len(e)) for e in itertools.product(first, *second)]
                for until, working, end, days, back in itertools.product(untils, bases, ends, relation_days, returns):
                    yield Choice(start, course, days, until, working, end, back)
