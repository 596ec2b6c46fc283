"""Acts that are facts alone, as rows of the database."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import count

from django.contrib.auth.models import User
from django.utils import timezone

from foundation.partial_dates import PartialDate
from measures.choices import Workflow
from measures.models import Measure, StatusEvent
from measures.models import Relation as RelationRow
from measures.validity.facts import LASTS_WHILE, OPEN_ON_PURPOSE, Act, Relation, Span
from tests import factories

_numbers = count(50_001)
KINDS = {"action": "programme", "bill": "bill"}


def partial_date(span: Span | None) -> PartialDate | None:
    """The partial date whose days these are."""
    if span is None:
        return None
    first, last = date.fromordinal(span.first), date.fromordinal(span.last)
    month = first.month if (first.month, last.month) != (1, 12) else None
    return PartialDate(first.year, month, first.day if first == last else None)


def storable(act: Act) -> Act:
    """The act, of Peru, without what the rules about a row refuse."""
    is_open = act.end_kind in OPEN_ON_PURPOSE
    is_before = act.valid_from and act.valid_until and act.valid_until.last < act.valid_from.first
    until = None if is_open or is_before else act.valid_until
    end_kind = "unknown" if act.end_kind == "fixed_date" and until is None else act.end_kind
    is_calendar = act.duration_basis == "working" and not act.duration.endswith("D")
    basis = "calendar" if is_calendar else act.duration_basis
    return replace(act, country="PER", valid_until=until, end_kind=end_kind, duration_basis=basis)


def stored(acts: Iterable[Act]) -> dict[int, int]:
    """Make acts rows; the ids of the measures by those of the acts."""
    acts = [storable(act) for act in acts]
    by = User.objects.filter(username="author").first() or factories.user(username="author")
    factories.country()
    made = Measure.objects.bulk_create(_measure(act, by) for act in acts)
    ids = {act.id: measure.pk for act, measure in zip(acts, made, strict=True)}
    StatusEvent.objects.bulk_create(
        StatusEvent(
            measure_id=ids[act.id],
            position=place,
            status=event.status,
            date=partial_date(event.date),
            recorded_on=date.fromordinal(event.recorded or date(2026, 1, 1).toordinal()),
        )
        for act in acts
        for place, event in enumerate(act.events)
    )
    RelationRow.objects.bulk_create(
        RelationRow(
            subject_id=ids[act.id],
            type=relation.type,
            object_id=ids[relation.object],
            date=partial_date(relation.date),
            scope="part" if relation.part else "whole",
            recorded_on=date.fromordinal(relation.recorded or date(2026, 1, 1).toordinal()),
        )
        for act in acts
        for relation in act.relations
    )
    return ids


def connected(number: int, relation: str) -> list[Act]:
    """An act, the first, and so many others: they last while it is in force, or it acts upon each by the relation."""
    first = date(2020, 3, 16).toordinal()
    spans = [Span(first + place % 300, first + place % 300) for place in range(number)]
    until, others = Span(first + 450, first + 450), range(2, number + 2)
    leans = relation == LASTS_WHILE
    acts = [
        Act(
            id_,
            "norm",
            "executive_decree",
            valid_from=span,
            end_kind="while_measure" if leans else "",
            relations=(Relation(relation, id_, 1),) if leans else (),
        )
        for id_, span in zip(others, spans, strict=True)
    ]
    own = () if leans else tuple(Relation(relation, 1, other) for other in others)
    start = Span(first, first) if leans else Span(first + 350, first + 350)
    return [Act(1, "norm", "law", valid_from=start, valid_until=until, end_kind="fixed_date", relations=own), *acts]


def _measure(act: Act, by: User) -> Measure:
    now = timezone.now()
    return Measure(
        public_id=f"{act.country}-{next(_numbers)}",
        country_id=act.country,
        kind=KINDS.get(act.family, act.kind),
        title_en=f"Act {act.id}",
        workflow=Workflow.PUBLISHED if act.published else Workflow.DRAFT,
        valid_from=partial_date(act.valid_from),
        valid_until=partial_date(act.valid_until),
        end_kind=act.end_kind,
        duration=act.duration,
        duration_basis=act.duration_basis,
        checked_on=date.fromordinal(act.checked) if act.checked else None,
        created_by=by,
        updated_by=by,
        **({"published_by": by, "published_at": now, "reviewed_by": by, "reviewed_at": now} if act.published else {}),
    )
