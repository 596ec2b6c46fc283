"""How acts stand on a day: the state, since when and until when, and because of what, for pages to put into words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from measures.choices import RelationType, StatusGroup
from measures.models import Measure, Relation, StatusEvent
from measures.validity.answers import Answer
from measures.validity.states import STATEMENT, STATES, group_of
from measures.validity.store import answers_of

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reason:
    """The fact on which a state hangs.

    `kind` is `start`, `until`, `duration` or `check` for a field of the measure, `unknown` or `end` for a start or an
    end that nobody recorded, `event`, or `relation`; with the latter, `lifted` says that the act that suspended has
    ended, `fallen` that the act was annulled by which something had happened.
    """

    kind: str
    event: StatusEvent | None = None
    relation: Relation | None = None

    @property
    def by(self) -> Measure | None:
        """The other act: what repealed, extended or suspended this one, or what this one lasts with."""
        if self.relation is None:
            return None
        is_measure = self.relation.type == RelationType.WHILE_IN_FORCE
        return self.relation.object if is_measure else self.relation.subject


@dataclass(frozen=True)
class Standing:
    """How an act stands on a day.

    `since` and `until` are the first and the last day of the state (None: without bound); `because` is why it began,
    `then` the state that follows and `then_because` why. `last_known` is the last day, up to the one asked about, on
    which the act was certainly in force. `is_certain` tells a day on which it is in force in every reading from one on
    which it is presumed to be, since its end is open on purpose.
    """

    state: str
    since: date | None = None
    until: date | None = None
    because: Reason | None = None
    then: str = ""
    then_because: Reason | None = None
    last_known: date | None = None
    is_certain: bool = False
    checked_on: date | None = None


def standings(measures: Iterable[Measure], day: date) -> dict[int, Standing]:
    """How each of these acts stands on a day, by the measure's id; the number of queries is fixed."""
    asked = {measure.pk: measure for measure in measures}
    return standings_in(answers_of(asked), asked.values(), day)


def standings_in(answers: Mapping[int, Answer], measures: Iterable[Measure], day: date) -> dict[int, Standing]:
    """The same from answers that are known."""
    reasons = _reasons(code for known in answers.values() for code in _codes_around(known, day))
    return {
        measure.pk: _standing(answers[measure.pk], day, reasons, measure.checked_on)
        if measure.pk in answers
        else Standing(STATES[STATEMENT])
        for measure in measures
    }


def groups_of(ids: Collection[int], day: date) -> dict[int, StatusGroup]:
    """The status group of each of these acts on a day; a fixed number of queries."""
    answers = answers_of(ids)
    return {pk: group_of(answers[pk].state_on(day)) if pk in answers else StatusGroup.STATEMENT for pk in ids}


def _codes_around(known: Answer, day: date) -> tuple[str, ...]:
    place = bisect_right(known.days, day)
    return known.facts[place : place + 2]


def _standing(known: Answer, day: date, reasons: dict[str, Reason], checked_on: date | None) -> Standing:
    place = bisect_right(known.days, day)
    following = place + 1 < len(known.states)
    certain = [(first, last) for first, last in known.certain if first is None or first <= day]
    is_certain = bool(certain) and (certain[-1][1] is None or day <= certain[-1][1])
    return Standing(
        state=known.states[place],
        since=known.days[place - 1] if place else None,
        until=known.days[place] - _ONE_DAY if following else None,
        because=reasons.get(known.facts[place]),
        then=known.states[place + 1] if following else "",
        then_because=reasons.get(known.facts[place + 1]) if following else None,
        last_known=day if is_certain else certain[-1][1] if certain else None,
        is_certain=is_certain,
        checked_on=checked_on,
    )


def _reasons(codes: Iterable[str]) -> dict[str, Reason]:
    """The reasons that stored codes stand for, in two queries; see `measures.validity.answers.code_of`."""
    split = {code: code.partition(":") for code in codes if code}
    events = StatusEvent.objects.in_bulk([int(id_) for kind, _, id_ in split.values() if kind == "event"])
    relations = Relation.objects.select_related("subject", "object").in_bulk(
        [int(id_) for kind, _, id_ in split.values() if id_ and kind != "event"]
    )
    return {
        code: Reason(kind, events.get(int(id_ or 0)), None)
        if kind == "event"
        else Reason(kind, None, relations.get(int(id_ or 0)))
        for code, (kind, _, id_) in split.items()
    }
