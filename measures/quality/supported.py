"""How many values each published entry has, and for how many a quote was found in a kept copy; read at once for all."""

from collections.abc import Mapping

import numpy as np

from measures.archive.choices import QuoteState
from measures.listing.columns import Array, copied
from measures.listing.index import PublicIndex
from measures.models import CitedField

VALUES = {
    CitedField.REFERENCE: "m.reference <> ''",
    CitedField.VALIDITY: "(m.valid_from, m.valid_until, m.end_kind, m.duration) <> ('', '', '', '')",
    CitedField.STATUS_HISTORY: "s.id is not null",
    CitedField.TARGET_GROUPS: "g.id is not null",
    CitedField.RELATIONS: "r.id is not null",
}
"""The values that a quote can stand for, with SQL of whether an entry has them. Title and summary are our own words."""
_HAS = " + ".join(f"({has})::int" for has in VALUES.values())
_QUOTED = " + ".join(
    f"({has} and coalesce(c.{field.value}, false))::int"  # an entry may cite a source for what it does not have
    for field, has in VALUES.items()
)
_BY_FIELD = ", ".join(f"bool_or(q.is_found and q.field = '{field.value}') as {field.value}" for field in VALUES)
_SQL = f"""
    with q as (
        select c.measure_id, c.field,
            coalesce(k.state = '{QuoteState.FOUND.value}' and k.quote = c.quote, false) as is_found
        from measures_citation c left join measures_quotecheck k on k.citation_id = c.id where c.quote <> ''
    ), c as (
        select measure_id as id, count(*) as quotes, count(*) filter (where is_found) as found, {_BY_FIELD}
        from q group by measure_id
    )
    select m.id, ({_HAS})::int4, ({_QUOTED})::int4, coalesce(c.quotes, 0)::int4, coalesce(c.found, 0)::int4
    from measures_measure m left join c on c.id = m.id
    left join (select distinct measure_id as id from measures_statusevent) s on s.id = m.id
    left join (select distinct measure_id as id from measures_measure_target_groups) g on g.id = m.id
    left join (select distinct subject_id as id from measures_relation) r on r.id = m.id
    where m.workflow = 'published'
"""  # noqa: S608  (names in our own code)
NAMES = ("values", "values_quoted", "quotes", "quotes_found")


def supported_values(index: PublicIndex) -> Mapping[str, Array]:
    """For each row of the index: how many values it has, how many of them are quoted, its quotes, and those found."""
    return index.whole.get_or_cache("supported values", lambda: _read(index))


def _read(index: PublicIndex) -> Mapping[str, Array]:
    ids, *columns = copied(_SQL, ["i8", *["i4"] * len(NAMES)])
    places = index.places_of(ids)
    there = places >= 0
    found = {name: np.zeros(len(index), dtype=np.int64) for name in NAMES}
    for name, column in zip(NAMES, columns, strict=True):
        found[name][places[there]] = column[there]
    return found
