"""Read the facts of acts from the database, and keep the answers there.

Triggers mark as stale what they cannot derive; see `measures/sql/validity.sql`. Whoever reads a stale row derives it
for himself (`answers_of`); `settle` writes the answers for all.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from psycopg.types.multirange import Multirange

from foundation.days import today
from foundation.records.past import with_withdrawn
from foundation.sql import execute, rows, value
from measures.choices import RelationScope, Workflow
from measures.validity.answers import Answer, Interval, answer
from measures.validity.facts import ACTING, LASTS_WHILE, Act, Acts, Event, Relation, Span

BATCH = 1_000
"""Stale rows that are derived in one transaction."""
MANY = 200
"""Stale rows from which a reader of all writes what he derives: some 50 ms of work, which each reader would repeat."""

_ACTING = ", ".join(f"'{type_}'" for type_ in ACTING)
_CONE = f"""
    with recursive cone(id) as (
        select unnest(%s::bigint[])
        union
        select needed.id from cone cross join lateral (
            select r.subject_id as id from measures_relation r join measures_measure s on s.id = r.subject_id
            where r.object_id = cone.id and r.type in ({_ACTING})
                and s.workflow = '{Workflow.PUBLISHED}' and s.family in ('norm', 'action')
            union all
            select r.object_id from measures_relation r where r.subject_id = cone.id and r.type = '{LASTS_WHILE}'
        ) needed
    )
    select array_agg(id) from cone
"""
_SPAN = "lower({0}), upper({0}) - 1"
_MEASURES = f"""
    select id, family, kind, workflow = '{Workflow.PUBLISHED}', coalesce(country_id, ''), end_kind, duration,
        duration_basis, checked_on, {_SPAN.format("valid_from_range")}, {_SPAN.format("valid_until_range")}
    from measures_measure where id = any(%s) order by id
"""
_EVENTS = f"""
    select measure_id, id, status, recorded_on, {_SPAN.format("date_range")}
    from measures_statusevent where measure_id = any(%s) order by measure_id, position
"""
_RELATIONS = f"""
    select id, type, subject_id, object_id, scope = '{RelationScope.PART}', recorded_on,
        {_SPAN.format("partial_date_range(date)")}
    from measures_relation
    where subject_id = any(%(cone)s) and object_id = any(%(cone)s) and type in ({_ACTING}, '{LASTS_WHILE}')
    order by id
"""


def acts_of(ids: Sequence[int]) -> Acts:
    """The facts of these acts and of all that their validity depends on, in four queries.

    What was known on an earlier day followed also from acts that were withdrawn since.
    """
    with with_withdrawn():
        return _acts_of(ids)


def _acts_of(ids: Sequence[int]) -> Acts:
    cone = value(_CONE, [list(ids)]) or []
    events: dict[int, list[Event]] = defaultdict(list)
    for measure, id_, status, recorded, first, last in rows(_EVENTS, [cone]):
        events[measure].append(Event(status, _span(first, last), recorded.toordinal(), id_))
    relations: dict[int, list[Relation]] = defaultdict(list)
    for id_, type_, subject, object_, part, recorded, first, last in rows(_RELATIONS, {"cone": cone}):
        relation = Relation(type_, subject, object_, _span(first, last), part, recorded.toordinal(), id_)
        relations[subject].append(relation)
    return Acts(_act(row, tuple(events[row[0]]), tuple(relations[row[0]])) for row in rows(_MEASURES, [cone]))


def _act(row: tuple[Any, ...], events: tuple[Event, ...], relations: tuple[Relation, ...]) -> Act:
    id_, family, kind, published, country, end_kind, duration, basis, checked, *spans = row
    from_first, from_last, until_first, until_last = spans
    return Act(
        id_,
        family,
        kind,
        published,
        country,
        _span(from_first, from_last),
        _span(until_first, until_last),
        end_kind,
        duration,
        basis,
        checked.toordinal() if checked else None,
        events,
        relations,
    )


def _span(first: date | None, last: date | None) -> Span | None:
    return Span(first.toordinal(), last.toordinal()) if first and last else None


def derived(ids: Sequence[int]) -> dict[int, Answer]:
    """The answers for these acts, from the facts as they are."""
    acts, day = acts_of(ids), today().toordinal()
    found = ((id_, answer(acts[id_], acts, day)) for id_ in ids if id_ in acts.by_id)
    return {id_: known for id_, known in found if known is not None}


def answers_of(ids: Iterable[int]) -> dict[int, Answer]:
    """The answers for these acts: as they are kept, or derived now where those are stale."""
    asked = list(ids)
    if not asked:
        return {}
    kept: dict[int, Answer] = {}
    stale: list[int] = []
    for row in rows(
        "select measure_id, is_stale, certain, possible, presumed, days, states, facts"
        " from measures_validity where measure_id = any(%s)",
        [asked],
    ):
        if row[1]:
            stale.append(row[0])
        else:
            certain, possible, presumed = map(_intervals, row[2:5])
            days, states, facts = row[5:]
            kept[row[0]] = Answer(certain, possible, presumed, tuple(days), tuple(states), tuple(facts))
    return kept | derived(stale) if stale else kept


def _intervals(days: Multirange[date]) -> tuple[Interval, ...]:
    return tuple((span.lower, date.fromordinal(span.upper.toordinal() - 1) if span.upper else None) for span in days)


def settle_if_many() -> None:
    """For who reads all rows: where many are stale, derive them for good, so that the next reader need not.

    Within a transaction of the caller nothing is written, and who reads derives for himself, as where few are stale.
    """
    if connection.in_atomic_block:
        return
    waiting = value("select count(*) from (select from measures_validity where is_stale limit %s) x", [MANY])
    if waiting == MANY:
        settle()


def settle(is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Derive all rows that are stale, and what depends on them; return how many. One process at a time does so."""
    settled = 0
    while not is_stopping():
        with transaction.atomic():
            number = _settle_some()
        settled += number
        if not number:
            break
    return settled


def rebuild() -> int:
    """Derive all rows anew, after a load with triggers off or by new rules; return how many were not plain."""
    with transaction.atomic():
        rows("select measures_validity_rebuild_all()")
    return settle()


def _settle_some() -> int:
    """Derive some stale rows. They are locked before their facts are read, so that no change falls in between."""
    if not value("select pg_try_advisory_xact_lock(hashtext('measures_validity'))"):
        return 0
    stale = [
        id_
        for (id_,) in rows(
            "select measure_id from measures_validity where is_stale order by measure_id"
            " limit %s for update skip locked",
            [BATCH],
        )
    ]
    if not stale:
        return 0
    touched = [
        id_
        for (id_,) in rows(
            "select measure_id from measures_validity"
            " where measure_id in (select measures_validity_reached(%s::bigint[])) order by measure_id for update",
            [stale],
        )
    ]
    keep(derived(touched))
    return len(stale)


def keep(answers: dict[int, Answer]) -> None:
    """Write answers, with one statement."""
    execute(_WRITE, [rows_of(answers)])


def rows_of(answers: dict[int, Answer]) -> str:
    """Answers as JSON, for `jsonb_to_recordset` with `AS_RECORDS`."""
    return json.dumps([_row(id_, known) for id_, known in answers.items()])


AS_RECORDS = """
    x(measure_id bigint, certain text, possible text, presumed text, days date[], states text[], facts text[])
"""
_WRITE = f"""
    update measures_validity v set is_stale = false, certain = x.certain::datemultirange,
        possible = x.possible::datemultirange, presumed = x.presumed::datemultirange, days = x.days, states = x.states,
        facts = x.facts
    from jsonb_to_recordset(%s::jsonb) {AS_RECORDS} where v.measure_id = x.measure_id
"""


def _row(id_: int, known: Answer) -> dict[str, Any]:
    return {
        "measure_id": id_,
        "certain": _multirange(known.certain),
        "possible": _multirange(known.possible),
        "presumed": _multirange(known.presumed),
        "days": [day.isoformat() for day in known.days],
        "states": known.states,
        "facts": known.facts,
    }


def _multirange(days: tuple[Interval, ...]) -> str:
    """The text that PostgreSQL reads: `{[2020-03-16,2020-04-01)}`."""
    return "{" + ",".join(f"[{first or ''},{last or ''}]" for first, last in days) + "}"
