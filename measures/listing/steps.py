"""The states of measures in the order of days, as columns in memory.

A step is one integer: the day on which a state begins, as days since 1970, times 16, plus the number of the state. The
steps of a measure stand in the order of days.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from foundation.records.past import as_of_today, past
from foundation.sql import rows
from measures.choices import StatusGroup
from measures.listing.columns import LATEST, Array, copied, day_number
from measures.validity.states import CERTAINLY_BEGUN, GROUPS, PERHAPS_BEGUN, STATEMENT, STATES
from measures.validity.store import derived, settle_if_many

STEPS = "step"
"""The name of the steps among the tags of an index."""
_BITS = 4
BEGINNING = -(1 << 26)
"""The day since 1970 from which the first state holds."""
_NUMBERS = ", ".join(f"'{state}'" for state in STATES)
_KEPT = f"""
    select v.measure_id,
        (coalesce(s.day - date '1970-01-01', {BEGINNING}) * {1 << _BITS}
            + array_position(array[{_NUMBERS}], s.state) - 1)::int4
    from measures_validity v join measures_measure m on m.id = v.measure_id
    cross join lateral unnest(null::date || v.days, v.states) with ordinality s(day, state, place)
    where not v.is_stale and {{condition}} order by v.measure_id, s.place
"""
_PLAIN = f"""
    with asked(ids) as materialized (select '{{{{{{ids}}}}}}'::bigint[]), kept as (
        select measure_id, days, states from measures_validity_plain((select ids from asked))
        union all select measure_id, days, states from measures_validity_bills((select ids from asked))
    )
    select v.measure_id,
        (coalesce(s.day - date '1970-01-01', {BEGINNING}) * {1 << _BITS}
            + array_position(array[{_NUMBERS}], s.state) - 1)::int4
    from kept v cross join lateral unnest(null::date || v.days, v.states) with ordinality s(day, state, place)
    order by v.measure_id, s.place
"""
"""The same of plain acts and bills, derived now: nothing is kept of earlier days, of which all rows are stale."""
_CHANGED_SINCE = """
    select pgh_obj_id from public.measures_measureevent where pgh_created_at >= %(end)s
    union select measure_id from public.measures_statuseventevent where pgh_created_at >= %(end)s
    union select unnest(array[subject_id, object_id]) from public.measures_relationevent where pgh_created_at >= %(end)s
"""
_REACHED = "select id from measures_validity_reached(%s::bigint[]) reached(id)"


def read_steps(condition: str) -> tuple[Array, Array]:
    """The measures `m` that match an SQL condition, and their steps, in parallel; stale rows are derived now."""
    settle_if_many()
    stale = [
        id_
        for (id_,) in rows(
            "select v.measure_id from measures_validity v join measures_measure m on m.id = v.measure_id"
            f" where v.is_stale and {condition}"
        )
    ]
    if reading := past():
        return _of_earlier_day(stale, reading.before)
    measures, steps = copied(_KEPT.format(condition=condition), ["i8", "i4"])
    if not stale:
        return measures, steps
    fresh = _derived(stale)
    return np.concatenate((measures, fresh[0])), np.concatenate((steps, fresh[1]))


def _of_earlier_day(ids: Sequence[int], end: datetime) -> tuple[Array, Array]:
    """The steps of these measures as known at a moment: those of today where nothing has changed that decides them."""
    seeds = [id_ for (id_,) in rows(_CHANGED_SINCE, {"end": end})]
    changed = {id_ for (id_,) in rows(_REACHED, [seeds])}
    with as_of_today():
        changed |= {id_ for (id_,) in rows(_REACHED, [seeds])}
        same = _listed(id_ for id_ in ids if id_ not in changed)
        found: list[Sequence[Array]] = [copied(_KEPT.format(condition=f"m.id = any('{same}')"), ["i8", "i4"])]
    left = sorted({*ids} - {*found[0][0].tolist()})
    found.append(copied(_PLAIN.format(ids=_listed(left).strip("{}")), ["i8", "i4"]))
    found.append(_derived(sorted({*left} - {*found[1][0].tolist()})))
    measures, steps = zip(*found, strict=True)
    return np.concatenate(measures), np.concatenate(steps)


def _listed(ids: Iterable[int]) -> str:
    """An SQL array literal, since COPY takes no parameters."""
    return f"{{{','.join(map(str, ids))}}}"


def _derived(ids: Sequence[int]) -> tuple[Array, Array]:
    found = [
        (id_, step(day, state))
        for id_, answer in derived(ids).items()
        for day, state in zip((None, *answer.days), answer.states, strict=True)
    ]
    return np.array([id_ for id_, _ in found], np.int64), np.array([number for _, number in found], np.int32)


def step(day: date | None, state: str) -> int:
    """A step as an integer; without a day the first of a measure."""
    return (BEGINNING if day is None else day_number(day)) * (1 << _BITS) + STATES.index(state)


def states_on(day: date, of_rows: Array, steps: Array, size: int) -> Array:
    """The number of the state of each of `size` rows on a day, from the steps `of_rows`; see `STATES`."""
    states = np.full(size, STATEMENT, dtype=np.uint8)
    reached = steps < (day_number(day) + 1) * (1 << _BITS)
    is_last = reached.copy()  # all but those that the next one follows: a third of the time for a million rows
    is_last[:-1] &= ~(reached[1:] & (of_rows[1:] == of_rows[:-1]))
    places = np.flatnonzero(is_last)
    states[of_rows[places]] = (steps[places] & ((1 << _BITS) - 1)).astype(np.uint8)  # the last of a row stays
    return states


@dataclass(frozen=True, slots=True)
class DaysBegun:
    """For each row the first day, since 1970, on which it has certainly, or possibly, begun; `LATEST` if none is known.

    An act that may have begun on any day in the past has no first possible day; it counts from its first certain one.
    """

    certain: Array
    possible: Array


def days_begun(of_rows: Array, steps: Array, size: int) -> DaysBegun:
    """When each of `size` rows began, from the steps `of_rows`."""
    return DaysBegun(_first_day(of_rows, steps, size, CERTAINLY_BEGUN), _first_day(of_rows, steps, size, PERHAPS_BEGUN))


def _first_day(of_rows: Array, steps: Array, size: int, states: Collection[str]) -> Array:
    days, numbers = days_and_states(steps)
    wanted = np.isin(numbers, [STATES.index(state) for state in states]) & (days > BEGINNING)
    found = np.full(size, LATEST, dtype=np.int32)
    np.minimum.at(found, of_rows[wanted], days[wanted])
    return found


def days_and_states(steps: Array) -> tuple[Array, Array]:
    """The day of each step, `BEGINNING` for the first of a row, and the number of its state."""
    return steps >> _BITS, (steps & ((1 << _BITS) - 1)).astype(np.uint8)


def moves_between(of_rows: Array, steps: Array, groups: Collection[StatusGroup]) -> tuple[Array, Array, Array]:
    """The rows, the days since 1970, and +1 or -1: where a measure comes into one of these status groups or leaves."""
    order = np.argsort(of_rows, kind="stable")
    in_order, ordered = of_rows[order], steps[order]
    is_in = np.array([group in groups for group in GROUPS])[ordered & ((1 << _BITS) - 1)].astype(np.int64)
    is_next = np.diff(in_order, prepend=-1) == 0
    by = is_in - np.concatenate(([0], is_in))[:-1] * is_next
    moved = np.flatnonzero(by)
    return in_order[moved], (ordered[moved] >> _BITS).astype(np.int64), by[moved]
