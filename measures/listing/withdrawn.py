"""What a filter had on an earlier day and was withdrawn since: named with the reason, and nothing else of it."""

from dataclasses import dataclass

from foundation.sql import rows
from measures.listing.filters import PRESENTATION, MeasureFilter
from measures.listing.known import withdrawn_index
from measures.listing.parameters import KNOWN

_NAMES = """
    select m.public_id, coalesce(n.retired_reason, ''), coalesce(r.public_id, '')
    from measures_measure m left join public.measures_measure n on n.id = m.id
    left join public.measures_measure r on r.id = n.replaced_by_id and r.workflow = 'published'
    where m.id = any(%s) order by m.public_id
"""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A withdrawn record, why ('' if nobody said), and the public record that took its place, or ''."""

    public_id: str
    reason: str
    replaced_by: str


def withdrawn_since(filter: MeasureFilter) -> list[Withdrawn]:
    """The records that the filter would select, had they not been withdrawn since the day that is read."""
    index = withdrawn_index()
    if not index or not len(index) or not filter.is_valid():
        return []
    data = filter.data.copy()
    for name in (*PRESENTATION, KNOWN):
        data.pop(name, None)
    ids = MeasureFilter(data, country=filter.country, index=index).selection.ids()
    return named(ids.tolist())


def named(ids: list[int]) -> list[Withdrawn]:
    """What may be told of withdrawn records."""
    return [Withdrawn(*row) for row in rows(_NAMES, [ids])]
