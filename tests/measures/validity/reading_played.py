"""One reading of the reference, played day by day; see `reference.py`."""

# mypy: allow-untyped-defs, allow-untyped-calls

import heapq
from bisect import bisect_right
from dataclasses import dataclass, field

from tests.measures.validity.readings import (
    ACTING,
    BEFORE,
    BEGINNING,
    END_RELATIONS,
    ENDS,
    FOREVER,
    LAST_DAYS,
    SAME_FACT,
    STARTS,
    VALIDITY_FAMILIES,
    Act,
    Span,
    has_start,
    last_day,
    no_date_at_all,
    recorded_start,
    upon,
)

# -- One reading, day by day


@dataclass
class Extension:
    by: Act
    day: int
    # the end as it stood; None: the end of another measure, which shows itself later
    old: int | None
    old_recorded: bool
    # of the extending act; whether its days are working days: None, where its end counts and not its duration
    working: bool | None


@dataclass
class Now:
    """What holds for one act on the day that the story has reached."""

    # what ended it: "course" or a relation -> first day without effect
    causes: dict = field(default_factory=dict)
    # what suspends it: "course" or relations
    suspended: set = field(default_factory=set)
    extensions: list = field(default_factory=list)
    # last day of effect by an event
    expiry: int | None = None
    # an interval whose end nobody recorded, after an end
    fresh: bool = False
    interval: int = 0
    # while_in_force: measure -> waiting, running, or its last day
    measures: dict = field(default_factory=dict)


class Story:
    """One reading of the act and all acts that it depends on, played day by day."""

    def __init__(self, acts, choices, days):
        self.acts, self.choice = acts, choices
        self.now = {a: Now() for a in acts}
        # label -> day on which the act is known to have been in force
        self.known: dict = {a: {} for a in acts}
        # (day, in force, suspended, announced, over)
        self.log: dict = {a: [] for a in acts}
        # the choices do not fit together
        self.broken = False
        self.todo = self.things()
        self.ends_to_come = set()
        # nothing changes on other days
        self.ticks = []
        heap = sorted({BEGINNING, *days, *self.todo, *(d + 1 for d in self.todo)} | self.planned_days())
        heapq.heapify(heap)
        self.heap, previous = heap, None
        while heap:
            day = heapq.heappop(heap)
            if day != previous and day <= FOREVER:
                self.play(day)
                previous = day

    def planned_days(self):
        days = set()
        for a, act in self.acts.items():
            c = self.choice[a]
            for d in (c.start, c.until, *c.ends):
                if d is not None:
                    days |= {d, d + 1}
            if act.duration and c.start is not None:
                days.add(last_day(c.start, act.duration, c.working, act.country) + 1)
        return days

    def things(self):
        """{day: [(act, event or relation)]}: the course before the relations."""
        out: dict = {}
        for a, act in self.acts.items():
            for n, (day, e) in enumerate(zip(self.choice[a].events, act.events, strict=True)):
                out.setdefault(day + (e.status in LAST_DAYS), []).append((0, n, act, e))
        for a, act in self.acts.items():
            for n, (day, r) in enumerate(zip(self.choice[a].relations, act.relations, strict=True)):
                if r.kind not in [*ACTING, "amends"] or r.target not in self.acts:
                    continue
                effect = self.choice[a].start if day is None else day
                if effect is None or effect >= FOREVER:
                    continue
                order = 1 + ([*ACTING, "amends"]).index(r.kind)
                out.setdefault(effect, []).append((order, n, act, r))
        for day in out:
            out[day].sort(key=lambda t: t[:2])
        # two records of one fact are one day
        for a, act in self.acts.items():
            for n, (day, e) in enumerate(zip(self.choice[a].events, act.events, strict=True)):
                # the start is no resumption
                kinds = () if e.status in STARTS and n == recorded_start(act) else SAME_FACT.get(e.status, ())
                for r in upon(act, self.acts, kinds):
                    s = self.choice[r.subject.id]
                    effect = s.relations[r.subject.relations.index(r)]
                    span = r.date or (r.subject.valid_from if effect is None else None)
                    effect = s.start if effect is None else effect
                    if span is None and not no_date_at_all(r.subject):
                        continue
                    dated = e.date or Span(BEGINNING, e.recorded or FOREVER)
                    if (span is None or (dated.first <= span.last and span.first <= dated.last)) and effect != day:
                        self.broken = True
        return out

    # ---- ends

    def base_end(self, act):
        """(last day, recorded?) by its own record, before extensions."""
        now, c = self.now[act.id], self.choice[act.id]
        if now.expiry is not None:
            return now.expiry, True
        if not now.fresh:
            if c.until is not None:
                return c.until, True
            if act.duration and c.start is not None:
                return last_day(c.start, act.duration, c.working, act.country), True
            if self.lasts_while(act):
                ended = [d for d in now.measures.values() if isinstance(d, int)]
                return (min(ended), True) if ended else (FOREVER, True)
        return c.ends[now.interval], False

    def end(self, act):
        """(last day, recorded?) as it stands today."""
        end, recorded = self.base_end(act)
        for x in self.now[act.id].extensions:
            old = end if x.old is None else x.old
            new, new_recorded = self.end(x.by) if x.working is None else (self.prolonged(x, old), True)
            causes = self.now[x.by.id].causes
            early = min(causes.values()) - 1 if causes else FOREVER
            # the extending act ended early: so does the extension
            if early < new:
                new, new_recorded = max(old, early), True
            # never to a day earlier than a recorded end
            if x.old_recorded:
                new = max(new, old)
            end, recorded = (max(end, new) if recorded else new), new_recorded
        return end, recorded

    def prolonged(self, x, old):
        """The old end plus the duration of the extending act."""
        if old >= FOREVER:
            return FOREVER
        end = last_day(max(old + 1, x.day), x.by.duration, x.working, x.by.country)
        if end >= self.day and end not in self.ends_to_come:
            self.ends_to_come.add(end)
            heapq.heappush(self.heap, end + 1)
        return end

    def lasts_while(self, act):
        """Whether its planned end is that of other measures."""
        is_bound = any(r.kind == "while_in_force" and r.target in self.acts for r in act.relations)
        return is_bound and not act.valid_until and not act.duration and self.choice[act.id].start is not None

    def is_over(self, act, day):
        """Ended on the record: by an event, an act or a recorded end."""
        if self.now[act.id].causes:
            return True
        end, recorded = self.end(act)
        return recorded and end < day

    # ---- the day

    def has_begun(self, act, day):
        start = self.choice[act.id].start
        return start is not None and start <= day and not self.is_announced(act, day)

    def is_announced(self, act, day):
        if act.family != "action":
            return False
        past = [
            e for d, e in zip(self.choice[act.id].events, act.events, strict=True) if d + (e.status in LAST_DAYS) <= day
        ]
        return bool(past) and all(e.status in BEFORE for e in past)

    def play(self, day):
        self.day = day
        # ended before today
        before = {a: self.is_over(act, day) or self.expired_on(act, day - 1) for a, act in self.acts.items()}
        for order, n, act, thing in self.todo.get(day, ()):
            if order == 0:
                self.event(act, n, thing, day)
            elif self.acts_today(act, thing, day, before):
                self.relation(self.acts[thing.target], n, thing, day)
        for act in self.acts.values():
            self.measures(act, day)
        for a, act in self.acts.items():
            now = self.now[a]
            now.suspended = {s for s in now.suspended if s == "course" or not self.is_over(s.subject, day)}
            end, _recorded = self.end(act)
            begun = self.has_begun(act, day)
            over = self.is_over(act, day)
            on = begun and not over and day <= end
            self.log[a].append(
                (
                    day,
                    on and not now.suspended,
                    begun and not over and bool(now.suspended),
                    self.is_announced(act, day) and not now.causes,
                    over,
                )
            )
        self.ticks.append(day)

    def expired_on(self, act, day):
        """Whether an event says that this was the last day."""
        return any(
            d == day and e.status in LAST_DAYS for d, e in zip(self.choice[act.id].events, act.events, strict=True)
        )

    def acts_today(self, subject, relation, day, before):
        """Rule 5: published, no bill, more than announced, neither ended nor annulled before."""
        return (
            subject.published
            and subject.family in VALIDITY_FAMILIES
            and not self.is_announced(subject, day)
            and not before[subject.id]
        )

    def event(self, act, n, event, day):
        now = self.now[act.id]
        status = event.status
        label = "course", n
        if status in ENDS:
            if status != "abandoned" and has_start(act):
                self.known[act.id][label] = day - 1
            now.causes["course"] = day
            now.suspended.clear()
            if status == "annulled":
                self.fall(act)
        # today is the day after the last
        elif status in LAST_DAYS:
            # of a fulfilment too
            self.known[act.id][label] = day - 1
            now.expiry = min(day - 1, self.end(act)[0])
            now.extensions = []
            now.suspended.clear()
        elif status == "suspended":
            self.known[act.id][label] = day - 1
            if not self.is_over(act, day):
                now.suspended.add("course")
        elif status in STARTS:
            self.in_force(act, day)
        elif status in ("amended", "extended"):
            self.known[act.id][label] = day

    def relation(self, act, n, relation, day):
        now = self.now[act.id]
        label = relation.subject.id, n
        kind = relation.kind
        if kind == "amends" or (relation.part and kind in END_RELATIONS | {"suspends"}):
            self.known[act.id][label] = day
        elif kind in END_RELATIONS:
            if has_start(act):
                self.known[act.id][label] = day - 1
            # the same end, recorded twice
            if now.causes.get("course") == day:
                del now.causes["course"]
            now.causes[id(relation)] = day
            now.suspended.clear()
            if kind == "annuls":
                self.fall(act)
        elif kind == "suspends":
            self.known[act.id][label] = day - 1
            if not self.is_over(act, day):
                if ("course" in now.suspended) and ("suspended", day) in self.dated_course(act):
                    now.suspended.discard("course")
                now.suspended.add(Suspension(relation))
        elif kind == "extends":
            if now.causes:
                # never past a repeal, annulment or supersession
                return
            # the day before an extension
            self.known[act.id][label] = day - 1
            old, recorded = self.end(act)
            if recorded and old + 1 < day:
                # the end has closed a suspension
                now.suspended.clear()
            is_to_come = old >= FOREVER and recorded and now.expiry is None and not now.fresh and self.lasts_while(act)
            by = relation.subject
            working = self.choice[by.id].working if by.duration and not by.valid_until else None
            now.extensions.append(Extension(by, day, None if is_to_come else old, recorded, working))
            self.end(act)
        elif kind == "resumes":
            # the day of a resumption
            self.known[act.id][label] = day
            now.suspended.clear()
        elif kind == "revives":
            self.in_force(act, day)

    def dated_course(self, act):
        return [(e.status, d) for d, e in zip(self.choice[act.id].events, act.events, strict=True)]

    def in_force(self, act, day):
        """in_force, in_operation, revives: closes a suspension; after an end, a new interval."""
        now, start = self.now[act.id], self.choice[act.id].start
        if start is None or day < start:
            return
        end, recorded = self.end(act)
        now.suspended.clear()
        if not now.causes and day <= end:
            return
        now.causes.clear()
        now.expiry = None
        end, recorded = self.end(act)
        # else the planned end, which lies ahead
        if not recorded or end < day:
            now.extensions, now.fresh = [], True
            now.interval = min(now.interval + 1, len(self.choice[act.id].ends) - 1)
            if self.choice[act.id].ends[now.interval] < day:
                self.broken = True

    def fall(self, annulled):
        """What an annulled act had done falls away; its extensions do so by themselves, since it is over."""
        for r in annulled.relations:
            if r.target in self.acts:
                now = self.now[r.target]
                now.suspended.discard(Suspension(r))
                # annulments fall away too
                if r.kind == "annuls" or self.choice[annulled.id].returns:
                    now.causes.pop(id(r), None)

    def measures(self, act, day):
        """while_in_force: to the end of the interval of the measure in which the start lies."""
        now, start = self.now[act.id], self.choice[act.id].start
        names = [r.target for r in act.relations if r.kind == "while_in_force" and r.target in self.acts]
        if start is None or day < start or not names or act.valid_until or act.duration:
            return
        if not now.measures and not now.fresh:
            for name in names:
                self.measures(self.acts[name], day)
                measure, begins = self.acts[name], self.choice[name].start
                if begins is not None and begins > day:
                    now.measures[name] = "waiting"
                elif self.runs(measure, day):
                    # else an end before the start: not recorded
                    now.measures[name] = "running"
            now.fresh = not now.measures
        for name, state in now.measures.items():
            self.measures(self.acts[name], day)
            if state == "waiting" and self.runs(self.acts[name], day):
                now.measures[name] = "running"
            elif state == "running" and not self.runs(self.acts[name], day):
                now.measures[name] = day - 1

    def runs(self, act, day):
        """In force or suspended."""
        return self.has_begun(act, day) and not self.is_over(act, day) and day <= self.end(act)[0]

    # ---- what came of it

    def at(self, act_id, day):
        return self.log[act_id][max(bisect_right(self.ticks, day) - 1, 0)]

    def intervals(self, act_id):
        out: list = []
        log = self.log[act_id]
        for n, entry in enumerate(log):
            if entry[1]:
                last = log[n + 1][0] - 1 if n + 1 < len(log) else FOREVER
                if out and out[-1][1] == entry[0] - 1:
                    out[-1] = (out[-1][0], last)
                else:
                    out.append((entry[0], last))
        return out


class Suspension:
    """A relation that suspends, usable in a set."""

    def __init__(self, relation):
        self.relation, self.subject = relation, relation.subject

    def __eq__(self, other):
        return isinstance(other, Suspension) and other.relation is self.relation

    def __hash__(self):
        return id(self.relation)
