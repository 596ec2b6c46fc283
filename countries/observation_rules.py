"""Rules on imported observations beyond single cells, such as values that the indicator's unit does not allow."""

from decimal import Decimal

from django.utils.translation import gettext as _

from countries.models import COUNT_UNITS, Unit
from foundation.files.resources import Rule

NUMBER = "nullif(rtrim(s.value, '%%'), '')::numeric"
"""The number in a staged cell, which may have a percent sign; `%%` since some statements have parameters."""
_VALUES = (
    "select s.line, s.value from checked s join countries_indicator i on i.key = s.indicator"
    " where s.value <> '' and i.unit"
)


def rules() -> list[Rule]:
    """The rules on values, checked for all rows at once; the table enforces them too, but cannot name the row."""
    counts = ", ".join(f"'{unit.value}'" for unit in COUNT_UNITS)
    whole = f"{_VALUES} in ({counts}) and ({NUMBER} < 0 or mod({NUMBER}, 1) <> 0)"
    share = f"{_VALUES} = 'percent' and {NUMBER} not between 0 and 100"
    problem = _("The cell breaks a rule.")
    return [
        Rule("value", whole, problem, Unit.PERSONS.problem_with(Decimal(-1))),
        Rule("value", share, problem, Unit.PERCENT.problem_with(Decimal(-1))),
        Rule(
            "value",
            _PAST_THE_WHOLE,
            _("The shares of this indicator, country and period exceed 100 percent."),
            _("Correct one of them. Shares that are missing appear as the rest."),
        ),
    ]


_PAST_THE_WHOLE = """
with mine as (
    select s.line, i.id as indicator_id, s.country as country_id, s.period, i.decimals,
        case when s.value is null then r.value else nullif(rtrim(s.value, '%%'), '')::numeric end as value
    from checked s join countries_indicator i on i.key = s.indicator
    left join countries_observation r on r.id = s.id
    where i.unit = 'percent' and s.counterpart <> ''
),
every as (
    select indicator_id, country_id, period, decimals, value from mine
    union all
    select o.indicator_id, o.country_id, o.period, i.decimals, o.value
    from countries_observation o join countries_indicator i on i.id = o.indicator_id
    where o.counterpart_id is not null
    and (o.indicator_id, o.country_id, o.period) in (select indicator_id, country_id, period from mine)
    and not exists (select from checked s where s.id = o.id)
),
passed as (
    select indicator_id, country_id, period from every group by indicator_id, country_id, period, decimals
    having sum(value) > 100 + count(*) * 0.5 * power(10::numeric, -decimals)
)
select line, value::text from mine join passed using (indicator_id, country_id, period)
"""
"""The trigger's rule for shares by counterpart, applied to the rows as they would be stored."""
