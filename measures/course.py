"""The course of one act, for its page: its events, what acts upon it, and the periods that follow from both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate
from measures.choices import VALIDITY_FAMILIES, Kind, RelationType, Status, StatusGroup, Workflow
from measures.entries import Stretch, all_stretches, stretches_of
from measures.models import Measure, Relation
from measures.standing_words import ActName, name_of
from measures.validity.answers import Answer
from measures.validity.facts import ACTING
from measures.validity.states import group_of

_TOLD = frozenset({"announced", "in_force", "possibly", "suspended", "ended"})
"""States whose days are worth telling; before the first possible day nothing has happened, and a bill has events."""


@dataclass(frozen=True, slots=True)
class Days:
    """Some day from `first` to `last`, both included: a date as precise as it is recorded or derived."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class CourseEvent:
    """A status that the act reached; `days` is None where no date is recorded."""

    label: str
    days: Days | None


@dataclass(frozen=True, slots=True)
class ActUpon:
    """Another act that bears on the validity of this one: what it does, from when, and its own days.

    `date` is the recorded date of effect, else the recorded start of the other act. `ties` says that it acts
    from a day on, in contrast to a measure while which this one lasts.
    """

    label: str
    name: ActName
    date: PartialDate | None
    days: Days | None
    scope: str
    stretches: tuple[Stretch, ...]
    ties: bool = True


@dataclass(frozen=True, slots=True)
class Period:
    """Days of one state in words: `16 March 2020 to 30 June 2020`."""

    group: StatusGroup
    text: str


@dataclass(frozen=True, slots=True)
class Course:
    """The course of an act; `stretches` are the days on which it is or may be in force, or is suspended, in order."""

    stretches: tuple[Stretch, ...]
    events: tuple[CourseEvent, ...]
    acts: tuple[ActUpon, ...]
    periods: tuple[Period, ...]


def course_of(measure: Measure, answers: Mapping[int, Answer]) -> Course:
    """The course of a measure that `details.for_page` loaded, with the answers for it and for what acts upon it."""
    known = answers.get(measure.pk)
    return Course(
        stretches=stretches_of(known) if measure.family in VALIDITY_FAMILIES else (),
        events=tuple(_event(event.status, event.date) for event in measure.status_events.all()),
        acts=(*_measures_of(measure, answers), *_acts_upon(measure, answers)),
        periods=tuple(map(_period, (stretch for stretch in all_stretches(known) if stretch.state in _TOLD))),
    )


def _event(status: str, known: PartialDate | None) -> CourseEvent:
    return CourseEvent(str(Status(status).label), Days(known.first, known.last) if known else None)


def _measures_of(measure: Measure, answers: Mapping[int, Answer]) -> list[ActUpon]:
    """The measures with a public page while which this one lasts."""
    label = capfirst(str(RelationType.WHILE_IN_FORCE.label))
    return [
        ActUpon(label, name_of(r.object), None, None, "", _public_stretches(r.object, answers), ties=False)
        for r in measure.relations.all()
        if r.type == RelationType.WHILE_IN_FORCE
    ]


def _public_stretches(other: Measure, answers: Mapping[int, Answer]) -> tuple[Stretch, ...]:
    """Of a record that is only named, nothing but the name is public."""
    return stretches_of(answers.get(other.pk)) if other.workflow == Workflow.PUBLISHED else ()


def _acts_upon(measure: Measure, answers: Mapping[int, Answer]) -> list[ActUpon]:
    """What published norms and actions do to the validity of this one."""
    return [
        _act_upon(relation, answers.get(relation.subject_id))
        for relation in measure.relations_to.all()
        if relation.type in ACTING
        and relation.subject.workflow == Workflow.PUBLISHED
        and relation.subject.family in VALIDITY_FAMILIES
    ]


def _act_upon(relation: Relation, known: Answer | None) -> ActUpon:
    when = relation.date or _start_of(relation.subject)
    days = Days(when.first, when.last) if when else None
    label, scope = capfirst(relation.inverse_label), relation.scope_in_words
    return ActUpon(label, name_of(relation.subject), when, days, scope, stretches_of(known))


def _start_of(measure: Measure) -> PartialDate | None:
    """The recorded first day of effect."""
    if measure.valid_from:
        return measure.valid_from
    events = [event for event in measure.status_events.all() if event.date]
    starts = list(takewhile(lambda event: event.status != Status.SUSPENDED, events))
    statuses: list[tuple[Status, ...]] = [(Status.IN_FORCE, Status.IN_OPERATION)]
    if measure.kind == Kind.COURT_DECISION:
        statuses += [(Status.PUBLISHED,), (Status.ENACTED,)]
    found = (event.date for wanted in statuses for event in starts if event.status in wanted)
    return next(found, None)


def _period(stretch: Stretch) -> Period:
    return Period(group_of(stretch.state), days_in_words(stretch.first, stretch.last))


def days_in_words(first: date | None, last: date | None) -> str:
    """`16 March 2020 to 30 June 2020`, `from 16 March 2020 on`, `up to 30 June 2020`."""
    if first and first == last:
        return PartialDate.from_date(first).in_words()
    start = PartialDate.from_date(first).in_words() if first else ""
    end = PartialDate.from_date(last).in_words() if last else ""
    if start and end:
        return _("%(start)s to %(end)s") % {"start": start, "end": end}
    if start:
        return _("from %(date)s on") % {"date": start}
    return _("up to %(date)s") % {"date": end} if end else _("start and end not recorded")
