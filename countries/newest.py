"""The newest value of each indicator and counterpart of a country.

A country may have thousands of daily values of one indicator. Neither these nor the values of other countries are read:
each result is an index lookup. A value comes before a gap (`O`), since the last good one stays valid; undated values
come after dated ones.
"""

import datetime
import re

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from countries.models import IS_SHARE, Country, Observation

LATEST = datetime.date(2200, 1, 1)
"""Later than any period; see `periods.LAST_YEAR`."""


def newest_observations(country: Country, by: datetime.date | None = None) -> QuerySet[Observation]:
    """The newest value of each indicator and counterpart; of shares of one whole, all those of the newest period.

    With `by`, of the values whose period had begun on that day or has no date.
    """
    after = (by or LATEST) + datetime.timedelta(days=1)
    given = {"country": country.pk, "after": after}
    found = RawSQL(_IS_NEWEST, [given[name] for name in _PARAMETERS], BooleanField())  # noqa: S611  (our own text)
    return Observation.objects.filter(found).select_related("indicator__base", "indicator__unit", "counterpart")


_PERIOD = "coalesce(o.period_range, 'empty'::daterange)"
"""As in the index: the undated stand before all others; see `models.by_period`."""
_BEGUN = f"{_PERIOD} < daterange(%(after)s, %(after)s, '[]')"
_OWN = "o.indicator_id = i.id and o.country_id = %(country)s and o.counterpart_id is null"
_OF_COUNTRY = f"""
    (
        (
            select o.id from countries_observation o
            where {_OWN} and o.status <> 'O' and {_BEGUN}
            order by {_PERIOD} desc limit 1
        )
        union all
        (
            select o.id from countries_observation o
            where {_OWN} and o.status = 'O' and {_BEGUN}
            order by {_PERIOD} desc limit 1
        )
        limit 1
    )
"""
"""The first value of the indicator `i`; a gap only if there is no value."""

_NEWEST = f"""
    with of_pairs as (
        select distinct on (o.indicator_id, o.counterpart_id)
            o.id, o.indicator_id, o.period, o.period_range, o.status, {IS_SHARE} as is_share
        from countries_observation o join countries_indicator i on i.id = o.indicator_id
        join countries_unit u on u.key = i.unit_id
        where o.country_id = %(country)s and o.counterpart_id is not null and {_BEGUN}
        order by o.indicator_id, o.counterpart_id, o.status = 'O', {_PERIOD} desc
    ),
    of_wholes as (
        select distinct on (indicator_id) indicator_id, period from of_pairs
        where is_share order by indicator_id, status = 'O', period_range desc nulls last
    )
    select o.id from countries_indicator i cross join lateral {_OF_COUNTRY} o
    union all
    select id from of_pairs where not is_share
    union all
    select o.id from of_wholes w join countries_observation o using (indicator_id, period)
    where o.country_id = %(country)s and o.counterpart_id is not null
"""
"""Values by counterpart are few (shares per year), so all of the country are read. No daily value has one."""

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_PARAMETERS = _PLACEHOLDER.findall(_NEWEST)
_IS_NEWEST = f"countries_observation.id = any(array({_PLACEHOLDER.sub('%s', _NEWEST)}))"
"""The query with positional parameters, as Django expects."""

NEWEST_OF_EACH = f"""countries_observation.id = any(array(
    select o.id from unnest(%s::text[]) c(iso3) cross join countries_indicator i
    cross join lateral {_OF_COUNTRY.replace("%(country)s", "c.iso3").replace("%(after)s", f"date '{LATEST}'")} o
))"""
"""Which values are the newest of an indicator for one of several countries, given by code, as a whole."""
