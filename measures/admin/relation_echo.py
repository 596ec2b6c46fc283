"""What the relations in the form of an entry do to the validity of the acts that they name, before they are saved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.days import today
from foundation.keys import whole_number
from foundation.partial_dates import PartialDate
from foundation.records.edit_conflicts import number_of_rows
from measures.choices import (
    ACTING_RELATIONS,
    FAMILY_OF,
    VALIDITY_FAMILIES,
    DurationBasis,
    Kind,
    RelationScope,
    RelationType,
    Workflow,
)
from measures.course import days_in_words
from measures.durations import Duration
from measures.entries import Stretch, stretches_of
from measures.models import Measure, MeasureQuerySet
from measures.validity.answers import answer
from measures.validity.facts import Act, Acts, Event, Relation, Span
from measures.validity.states import group_of
from measures.validity.store import acts_of

MOST_ACTS = 300
"""With more acts in play nothing is said: the answer would not come while somebody types."""
_UNSAVED = 0
"""In place of the id of an entry that is not saved yet."""
_TYPES = (*ACTING_RELATIONS, RelationType.WHILE_IN_FORCE)


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of an act, in words: `would be in force until 13 May 2020 instead of 28 April 2020`."""

    act: str
    words: str


def effects_of(data: Any, pk: int | None, *, among: MeasureQuerySet | None = None) -> list[Effect]:
    """What the relations as typed do to each act, or to those `among` some.

    `pk` is the entry of the form, None while it is new.
    """
    subject = pk or _UNSAVED
    typed = _relations(data, subject)
    affected = dict.fromkeys(subject if r.type == RelationType.WHILE_IN_FORCE else r.object for r in typed)
    if not affected:
        return []
    recorded = acts_of([*{subject, *(relation.object for relation in typed)}])
    acting = _acting(data, subject, typed, recorded)
    if acting.family not in VALIDITY_FAMILIES or len(recorded.by_id) > MOST_ACTS:
        return []
    after = Acts([*(act for act in recorded.by_id.values() if act.id != subject), acting])
    known = Measure.objects.all() if among is None else among
    names = {measure.pk: str(measure) for measure in known.filter(pk__in=affected)}
    before = _without(after, subject, {(relation.type, relation.object) for relation in typed})
    return [
        Effect(names.get(act_id, _("This entry")), _in_words(_stretches(before, act_id), _stretches(after, act_id)))
        for act_id in affected
        if (act_id in names or act_id == subject)
        and act_id in after.by_id
        and after[act_id].family in VALIDITY_FAMILIES
    ]


def holds_later(pk: int | None) -> bool:
    """Whether the entry acts upon others only once it is published."""
    return pk is None or not Measure.objects.filter(pk=pk, workflow=Workflow.PUBLISHED).exists()


def _without(acts: Acts, subject: int, removed: Collection[tuple[str, int]]) -> Acts:
    """The same acts without these relations of the subject."""
    acting = acts[subject]
    kept = tuple(r for r in acting.relations if (r.type, r.object) not in removed)
    return Acts([*(act for act in acts.by_id.values() if act.id != subject), replace(acting, relations=kept)])


def _stretches(acts: Acts, act_id: int) -> tuple[Stretch, ...]:
    return stretches_of(answer(acts[act_id], acts, today().toordinal()))


# The form as typed


def _rows(data: Any, prefix: str) -> list[Mapping[str, str]]:
    """The rows of an inline that stay, as texts by the name of the field."""
    names = ("status", "date", "position", "type", "object", "scope", "DELETE")
    rows = [
        {name: str(data.get(f"{prefix}-{index}-{name}") or "").strip() for name in names}
        for index in range(number_of_rows(data, prefix))
    ]
    return [row for row in rows if not row["DELETE"]]


def _relations(data: Any, subject: int) -> list[Relation]:
    """The relations that change validity, of rows that are complete."""
    found = []
    for row in _rows(data, "relations"):
        other = whole_number(row["object"])
        if row["type"] in _TYPES and other is not None and other != subject:
            part = row["scope"] == RelationScope.PART
            found.append(Relation(row["type"], subject, other, _span(row["date"]), part, today().toordinal()))
    return found


def _acting(data: Any, subject: int, typed: Sequence[Relation], recorded: Acts) -> Act:
    """The entry of the form, as typed, as if it were published."""
    said = {name: str(data.get(name) or "").strip() for name in ("kind", "country", "end_kind")}
    kind = said["kind"] if said["kind"] in Kind.values else ""
    kept = recorded.by_id.get(subject)
    others = [r for r in kept.relations if r.type not in _TYPES] if kept else []
    duration = _duration(data)
    checked = _span(data.get("checked_on"))
    return Act(
        id=subject,
        family=FAMILY_OF[Kind(kind)] if kind else "",
        kind=kind,
        country=said["country"],
        valid_from=_span(data.get("valid_from")),
        valid_until=_span(data.get("valid_until")),
        end_kind=said["end_kind"],
        duration=duration,
        duration_basis=str(data.get("duration_basis") or DurationBasis.CALENDAR) if duration else "",
        checked=checked.first if checked else None,
        events=_events(data),
        relations=(*others, *typed),
    )


def _events(data: Any) -> tuple[Event, ...]:
    rows = [row for row in _rows(data, "status_events") if row["status"]]
    rows.sort(key=lambda row: whole_number(row["position"]) or len(rows) + 1000)
    day = today().toordinal()
    return tuple(Event(row["status"], _span(row["date"]), day) for row in rows)


def _span(text: Any) -> Span | None:
    """The days that a typed date can mean; None for what is no date."""
    try:
        known = PartialDate.parse(str(text or ""))
    except ValidationError:
        return None
    return Span(known.first.toordinal(), known.last.toordinal())


def _duration(data: Any) -> str:
    text = str(data.get("duration") or "").strip()
    try:
        Duration.parse(text)
    except ValueError:
        return ""
    return text


# In words


def _in_words(before: Sequence[Stretch], after: Sequence[Stretch]) -> str:
    if before == after:
        return _("would not change: %(days)s") % {"days": _listed(after)}
    ends = _ends(before, after)
    if ends:
        return _("would be in force until %(after)s instead of %(before)s") % {"after": ends[1], "before": ends[0]}
    return _("would be %(after)s instead of %(before)s") % {"after": _listed(after), "before": _listed(before)}


def _ends(before: Sequence[Stretch], after: Sequence[Stretch]) -> tuple[str, str] | None:
    """The last days before and after, if nothing else differs."""
    if len(before) != len(after) or not after or before[:-1] != after[:-1]:
        return None
    old, new = before[-1], after[-1]
    if not (old.state == new.state == "in_force" and old.first == new.first and old.last and new.last):
        return None
    return days_in_words(old.last, old.last), days_in_words(new.last, new.last)


def _listed(stretches: Iterable[Stretch]) -> str:
    """`in force 16 March 2020 to 30 April 2020, suspended 1 May 2020 to 3 June 2020`; never in force."""
    parts = [f"{_state(stretch.state)} {days_in_words(stretch.first, stretch.last)}" for stretch in stretches]
    return ", ".join(parts) or _("never in force")


def _state(state: str) -> str:
    label = str(group_of(state).label)
    return f"{label[0].lower()}{label[1:]}"
