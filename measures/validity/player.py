"""Play the story of an act: its events and the acts upon it, in the order of their days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from measures.validity.bounds import ALWAYS, ENDLESS, Case, Day
from measures.validity.course import Days, Fact, period
from measures.validity.facts import (
    ACTING,
    ANNOUNCEMENTS,
    ENDING_RELATIONS,
    ENDS,
    EXPIRIES,
    STARTS,
    Acts,
    Relation,
)
from measures.validity.story import Annulment, End, Story, Stretch


@dataclass
class Extension:
    relation: Relation
    old: End
    end: Day | None
    """None: the end of the extending act, as that stands."""
    stretch: int


class _Thing(NamedTuple):
    """What happens on a day; on one day `order`, then `place` decide."""

    day: Day
    order: float
    place: int
    happen: Callable[[Day], None]


COURSE, FALL_BY_RELATION, MOVED, LIFTED = 0.0, 1.0, 20.0, 21.0


class Player:
    """Plays the story of one act, once those that it depends on are played."""

    def __init__(self, case: Case, days: Days, acts: Acts, stories: dict[int, Story]) -> None:
        self.case, self.days, self.act, self.acts, self.stories = case, days, days.act, acts, stories
        self.story = Story(days)
        self.causes: dict[object, Day] = {}
        self.suspended: dict[object, Day] = {}
        self.extensions: list[Extension] = []
        self.expiry: Day | None = None
        self.interval = 0
        self.is_fresh = False
        self.measured: Day | None = None
        self.waiting: list[_Thing] = []

    def play(self) -> Story:
        """The story of the act."""
        self._announce()
        self._measure()
        self._plan()
        self._note(ALWAYS)
        while self.waiting:
            thing = self.waiting.pop(0)
            thing.happen(thing.day)
            self._note(thing.day)
        if self.story.annulments and any(r.type in ("repeals", "supersedes") for r in self.act.relations):
            self.story.returns = self.case.choose() == 0
        return self.story

    def _note(self, day: Day) -> None:
        stretch = Stretch(day, tuple(self.causes.values()), tuple(self.suspended.values()), self.end())
        last = self.story.stretches[-1:]
        if not last or (last[0].causes, last[0].suspensions, last[0].end) != (
            stretch.causes,
            stretch.suspensions,
            stretch.end,
        ):
            self.story.stretches.append(stretch)

    # What lies ahead

    def _announce(self) -> None:
        events = self.act.events
        if self.act.family != "action" or not events or events[0].status not in ANNOUNCEMENTS:
            return
        until = ENDLESS
        for event, day in zip(events, self.days.events, strict=True):
            if event.status not in ANNOUNCEMENTS:
                until = day.after(event.delay - 1)
                break
        self.story.announced = self.days.events[0], until

    def _measure(self) -> None:
        """`while_in_force`: to the end of the interval of the measure in which the start lies, or of its first one."""
        start, measures = self.days.start, self.acts.measures_of(self.act)
        if start is None or not measures or self.act.valid_until or self.act.duration:
            return
        ends: list[Day] = []
        for relation in self.act.relations:
            if relation.type == "while_in_force" and relation.object in self.stories:
                end = self._end_of_measure(self.stories[relation.object], start)
                if end is not None:
                    ends.append(end.of(Fact("relation", relation=relation)))
        if not ends:
            self.is_fresh = True
            return
        self.measured = ends[0]
        for end in ends[1:]:
            self.measured = self.case.sooner(self.measured, end)

    def _end_of_measure(self, measure: Story, start: Day) -> Day | None:
        begins = measure.days.start
        if begins is None:
            return None
        runs = measure.runs(self.case)
        if self.case.before(start, begins):
            return runs[0][1] if runs else ENDLESS
        for first, last in runs:
            if self.case.at_most(first, start) and self.case.at_most(start, last):
                return last
        return None

    def _plan(self) -> None:
        for place, (event, day) in enumerate(zip(self.act.events, self.days.events, strict=True)):
            self._wait(_Thing(day.after(event.delay), COURSE, place, partial(self._event, place)))
        for relation in self.acts.upon(self.act.id):
            subject = self.stories.get(relation.subject)
            if subject is None:
                continue
            place = subject.days.act.relations.index(relation)
            effect = subject.days.effects[place]
            if effect is None:
                continue
            order = 1.0 + ACTING.index(relation.type)
            self._wait(_Thing(effect, order, place, partial(self._relation, relation)))
            if relation.type in ENDING_RELATIONS | {"suspends"}:
                fallen = Fact("fallen", relation=relation)
                for day, by in subject.annulments:
                    self._wait(_Thing(day.of(fallen), float(by), place, partial(self._fall, relation)))

    def _wait(self, thing: _Thing) -> None:
        """Put a thing in its place among those to come."""
        place = len(self.waiting)
        while place and not self._follows(thing, self.waiting[place - 1]):
            place -= 1
        self.waiting.insert(place, thing)

    def _follows(self, thing: _Thing, other: _Thing) -> bool:
        if (other.order, other.place) <= (thing.order, thing.place):
            return self.case.at_most(other.day, thing.day)
        return self.case.before(other.day, thing.day)

    # Ends

    def _own_end(self) -> End:
        """The end by the act's own record, before extensions."""
        if self.expiry is not None:
            return End(self.expiry, True)
        if not self.is_fresh:
            if self.days.until is not None:
                return End(self.days.until, True)
            if self.act.duration and self.days.start is not None:
                return End(self.days.planned_duration(self.case), True)
            if self.measured is not None:
                return End(self.measured, True, True)
        return End(self.days.unrecorded_end(self.case, self.interval), False)

    def end(self) -> End:
        """The end as it stands."""
        case, end = self.case, self._own_end()
        for extension in self.extensions:
            by = self.stories[extension.relation.subject].stretches[extension.stretch]
            new = End(extension.end, True) if extension.end else by.end
            early = self._earliest(by.causes)
            if early is not None and case.before(early.after(-1), new.day):
                new = End(case.later(extension.old.day, early.after(-1)), True)
            if extension.old.recorded:
                new = End(case.later(extension.old.day, new.day), new.recorded, new.shows_later)
            if not end.recorded or case.at_most(end.day, new.day):
                by_relation = Fact("relation", relation=extension.relation)
                end = End(new.day.of(by_relation), new.recorded, new.shows_later)
            else:
                end = End(end.day, new.recorded, end.shows_later)
        return end

    def _earliest(self, days: tuple[Day, ...]) -> Day | None:
        if not days:
            return None
        first = days[0]
        for day in days[1:]:
            first = self.case.sooner(first, day)
        return first

    def _is_over(self, day: Day) -> bool:
        return bool(self.causes) or self.end().is_past(self.case, day)

    # What happens

    def _event(self, place: int, day: Day) -> None:
        event = self.act.events[place]
        fact, status = Fact("event", event), event.status
        day = day.of(fact)
        if status in ENDS:
            if status != "abandoned" and self.act.has_start_or_term:
                self.story.known[fact] = day.after(-1)
            self.causes["course"] = day
            self.suspended.clear()
            if status == "annulled":
                self.story.annulments.append(Annulment(day, 0))
        elif status in EXPIRIES:
            self.story.known[fact] = day.after(-1)
            self.story.expiries.append(day.after(-1))
            self.expiry = self.case.sooner(day.after(-1), self.end().day).of(fact)
            self.extensions = []
            self.suspended.clear()
        elif status == "suspended":
            self.story.known[fact] = day.after(-1)
            if not self._is_over(day):
                self.suspended["course"] = day
        elif status in STARTS:
            self._in_force(day)
        elif status in ("amended", "extended"):
            self.story.known[fact] = day

    def _relation(self, relation: Relation, day: Day) -> None:
        subject = self.stories[relation.subject]
        if not subject.acts_on(self.case, day):
            return
        fact, type_ = Fact("relation", relation=relation), relation.type
        day = day.of(fact)
        if type_ == "amends" or (relation.part and type_ in ENDING_RELATIONS | {"suspends"}):
            self.story.known[fact] = day
        elif type_ in ENDING_RELATIONS:
            self._end_by(relation, day, fact)
        elif type_ == "suspends":
            self._suspend_by(relation, day, fact)
        elif type_ == "extends":
            self._extend_by(relation, day, fact)
        elif type_ == "resumes":
            self.story.known[fact] = day
            self.suspended.clear()
        elif type_ == "revives":
            self._in_force(day)

    def _end_by(self, relation: Relation, day: Day, fact: Fact) -> None:
        if self.act.has_start_or_term:
            self.story.known[fact] = day.after(-1)
        if "course" in self.causes and self.case.equal(self.causes["course"], day):
            del self.causes["course"]  # the same end, recorded twice
        self.causes[relation] = day
        self.suspended.clear()
        if relation.type == "annuls":
            self.story.annulments.append(Annulment(day, 1))

    def _suspend_by(self, relation: Relation, day: Day, fact: Fact) -> None:
        self.story.known[fact] = day.after(-1)
        if self._is_over(day):
            return
        course = self.suspended.get("course")
        if course is not None and self.case.equal(course, day):
            del self.suspended["course"]
        lifted = self.stories[relation.subject].over_from(self.case, day)
        self.suspended[relation] = day
        if lifted is not None:
            over = Fact("lifted", relation=relation)
            self._wait(_Thing(lifted.of(over), LIFTED, 0, partial(self._lift, relation, day)))

    def _lift(self, relation: Relation, since: Day, day: Day) -> None:
        if self.suspended.get(relation) is since:
            del self.suspended[relation]

    def _extend_by(self, relation: Relation, day: Day, fact: Fact) -> None:
        if self.causes:
            return  # never past a repeal, annulment or supersession
        self.story.known[fact] = day.after(-1)
        subject, old, end = self.stories[relation.subject], self.end(), None
        by = subject.days.act
        if self.suspended and old.recorded and self.case.before(old.day.after(1), day):
            self.suspended.clear()  # the end, which came before, has closed a suspension
        if by.duration and not by.valid_until:
            if self.case.at_most(ENDLESS, old.day):
                end = ENDLESS
            else:
                first = self.case.later(old.day.after(1), day)
                end = period(self.case, by, subject.days.working, first, fact)
        extension = Extension(relation, old, end, subject.stretch_at(self.case, day))
        self.extensions.append(extension)
        for place in range(extension.stretch + 1, len(subject.stretches)):
            moved = subject.stretches[place].first.of(fact)
            self._wait(_Thing(moved, MOVED, place, partial(self._move, extension, place)))

    def _move(self, extension: Extension, stretch: int, day: Day) -> None:
        extension.stretch = stretch

    def _in_force(self, day: Day) -> None:
        """`in_force`, `in_operation`, `revives`: closes a suspension; after an end, a new interval."""
        start = self.days.start
        if start is None or self.case.before(day, start):
            return
        self.suspended.clear()
        if not self.causes and self.case.at_most(day, self.end().day):
            return
        self.causes.clear()
        self.expiry = None
        end = self.end()
        if not end.recorded or self.case.before(end.day, day):  # else the planned end, which lies ahead
            self.extensions = []
            self.is_fresh = True
            self.interval += 1
            self.case.require(day, self.days.unrecorded_end(self.case, self.interval))

    def _fall(self, relation: Relation, day: Day) -> None:
        """What an annulled act had done falls away; its extensions do so by themselves, since it is over."""
        self.suspended.pop(relation, None)
        if relation.type == "annuls" or self.stories[relation.subject].returns:
            self.causes.pop(relation, None)
