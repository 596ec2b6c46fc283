"""The states of measures in the order of days, as columns in memory.

A step is one integer: the day on which a state begins, as days since 1970, times 16, plus the number of the state. The
steps of a measure stand in the order of days.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from foundation.sql import rows
from measures.listing.columns import Array, copied, day_number
from measures.validity.states import STATEMENT, STATES
from measures.validity.store import derived

STEPS = "step"
"""The name of the steps among the tags of an index."""
_BITS = 4
_BEGINNING = -(1 << 26)
"""The day since 1970 from which the first state holds."""
_NUMBERS = ", ".join(f"'{state}'" for state in STATES)
_KEPT = f"""
    select v.measure_id,
        (coalesce(s.day - date '1970-01-01', {_BEGINNING}) * {1 << _BITS}
            + array_position(array[{_NUMBERS}], s.state) - 1)::int4
    from measures_validity v join measures_measure m on m.id = v.measure_id
    cross join lateral unnest(null::date || v.days, v.states) with ordinality s(day, state, place)
    where not v.is_stale and {{condition}} order by v.measure_id, s.place
"""


def read_steps(condition: str) -> tuple[Array, Array]:
    """The measures `m` that match an SQL condition, and their steps, in parallel; stale rows are derived now."""
    measures, steps = copied(_KEPT.format(condition=condition), ["i8", "i4"])
    stale = rows(
        "select v.measure_id from measures_validity v join measures_measure m on m.id = v.measure_id"
        f" where v.is_stale and {condition}"
    )
    if not stale:
        return measures, steps
    fresh = _derived([id_ for (id_,) in stale])
    return np.concatenate((measures, fresh[0])), np.concatenate((steps, fresh[1]))


def _derived(ids: Sequence[int]) -> tuple[Array, Array]:
    found = [
        (id_, step(day, state))
        for id_, answer in derived(ids).items()
        for day, state in zip((None, *answer.days), answer.states, strict=True)
    ]
    return np.array([id_ for id_, _ in found], np.int64), np.array([number for _, number in found], np.int32)


def step(day: date | None, state: str) -> int:
    """A step as an integer; without a day the first of a measure."""
    return (_BEGINNING if day is None else day_number(day)) * (1 << _BITS) + STATES.index(state)


def states_on(day: date, of_rows: Array, steps: Array, size: int) -> Array:
    """The number of the state of each of `size` rows on a day, from the steps `of_rows`; see `STATES`."""
    states = np.full(size, STATEMENT, dtype=np.uint8)
    reached = steps < (day_number(day) + 1) * (1 << _BITS)
    states[of_rows[reached]] = (steps[reached] & ((1 << _BITS) - 1)).astype(np.uint8)  # the last of a row stays
    return states
