"""What the record had on an earlier day and was withdrawn since: named with the reason, and nothing else of it.

Of a filter the country alone counts, which the identifier tells anyway: a list of what a filter would select would tell
topic, dates and people of a withdrawn record to whoever tries values.
"""

from dataclasses import dataclass

from foundation.sql import rows
from measures.listing.columns import INTERNATIONAL
from measures.listing.filters import MeasureFilter
from measures.listing.known import withdrawn_index

_NAMES = """
    select m.public_id, coalesce(n.retired_reason, ''), coalesce(r.public_id, '')
    from measures_measure m left join public.measures_measure n on n.id = m.id
    left join public.measures_measure r on r.id = n.replaced_by_id and r.workflow = 'published'
    where m.id = any(%s) and (%s::text[] is null or left(m.public_id, 3) = any(%s)) order by m.public_id
"""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A withdrawn record, why ('' if nobody said), and the public record that took its place, or ''."""

    public_id: str
    reason: str
    replaced_by: str


def withdrawn_since(filter: MeasureFilter) -> list[Withdrawn]:
    """The records of the countries of a filter, and international ones, that were withdrawn since the day."""
    index = withdrawn_index()
    if not index or not len(index) or not filter.is_valid():
        return []
    asked = [filter.country.pk] if filter.country else filter.value("country")
    return named(index.columns["id"].tolist(), series=[*asked, INTERNATIONAL] if asked else None)


def named(ids: list[int], *, series: list[str] | None = None) -> list[Withdrawn]:
    """What may be told of withdrawn records, of all series of identifiers or of these."""
    return [Withdrawn(*row) for row in rows(_NAMES, [ids, series, series])]
