"""The newest value of each indicator and counterpart of a country, found by index: as many rows as there are answers.

A country may have thousands of daily values of one indicator. Neither these nor the values of other countries are
read: each answer is looked up where an index of `Observation` has it. A value stands before a gap (`O`), since the
last good one stays; undated values stand after dated ones.
"""

import datetime
import re

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from countries.models import Country, Observation

LATEST = datetime.date(2200, 1, 1)
"""Later than any period; see `periods.LAST_YEAR`."""


def newest_observations(country: Country, by: datetime.date | None = None) -> QuerySet[Observation]:
    """The newest value of each indicator and counterpart; of shares of one whole, all those of the newest period.

    With `by`, of the values whose period had begun on that day or has no date.
    """
    after = (by or LATEST) + datetime.timedelta(days=1)
    given = {"country": country.pk, "after": after}
    found = RawSQL(_IS_NEWEST, [given[name] for name in _PARAMETERS], BooleanField())  # noqa: S611  (our own text)
    return Observation.objects.filter(found).select_related("indicator__base", "counterpart")


_PERIOD = "coalesce(o.period_range, 'empty'::daterange)"
"""As in the index: the undated stand before all others; see `models.by_period`."""
_FIRST = f"""
    (
        (
            select {{columns}} from countries_observation o
            where {{own}} and o.status <> 'O' and {_PERIOD} < daterange(%(after)s, %(after)s, '[]')
            order by {_PERIOD} desc limit 1
        )
        union all
        (
            select {{columns}} from countries_observation o
            where {{own}} and o.status = 'O' and {_PERIOD} < daterange(%(after)s, %(after)s, '[]')
            order by {_PERIOD} desc limit 1
        )
        limit 1
    )
"""
"""The value that comes first for one indicator, country and counterpart; a gap is looked for where there is none."""

_OF_COUNTRY = _FIRST.format(
    columns="o.id", own="o.indicator_id = i.id and o.country_id = %(country)s and o.counterpart_id is null"
)
_OF_PAIR = _FIRST.format(
    columns="o.id, o.period, o.period_range, o.status",
    own="o.indicator_id = p.indicator_id and o.country_id = %(country)s and o.counterpart_id = p.counterpart_id",
)
_NEXT_PAIR = """
    select o.indicator_id, o.counterpart_id from countries_observation o
    where o.country_id = %(country)s and o.counterpart_id is not null {beyond}
    order by o.indicator_id, o.counterpart_id limit 1
"""

_NEWEST = f"""
    with recursive pairs as (
        ({_NEXT_PAIR.format(beyond="")})
        union all
        select n.* from pairs p cross join lateral (
            {_NEXT_PAIR.format(beyond="and (o.indicator_id, o.counterpart_id) > (p.indicator_id, p.counterpart_id)")}
        ) n
    ),
    of_pairs as (
        select p.indicator_id, p.counterpart_id, i.unit = 'percent' as is_share, o.*
        from pairs p join countries_indicator i on i.id = p.indicator_id cross join lateral {_OF_PAIR} o
    ),
    of_wholes as (
        select distinct on (indicator_id) indicator_id, period from of_pairs
        where is_share order by indicator_id, status = 'O', period_range desc nulls last
    )
    select o.id from countries_indicator i cross join lateral {_OF_COUNTRY} o
    union all
    select id from of_pairs where not is_share
    union all
    select o.id from of_wholes w join pairs p using (indicator_id) cross join lateral (
        select id from countries_observation o
        where o.indicator_id = p.indicator_id and o.country_id = %(country)s and o.counterpart_id = p.counterpart_id
        and o.period = w.period
        limit 1
    ) o
"""
"""The pairs of indicator and counterpart are found by leaping from one to the next along the index."""

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_PARAMETERS = _PLACEHOLDER.findall(_NEWEST)
_IS_NEWEST = f"countries_observation.id = any(array({_PLACEHOLDER.sub('%s', _NEWEST)}))"
"""As Django takes it: with parameters by their place."""
