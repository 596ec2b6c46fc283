"""Rules on the files of figures beyond single cells: which values a unit allows, and which shares exceed the whole.

The tables enforce them too, but cannot name the row.
"""

from collections.abc import Callable

from django.utils.translation import gettext as _

from countries.models import IS_SHARE, Unit, misfit
from foundation.files.resources import Rule

NUMBER = "nullif(rtrim(s.value, '%%'), '')::numeric"
"""The number in a staged cell, which may have a percent sign; `%%` since some statements have parameters."""


def unit_check() -> tuple[str, Callable[..., str]]:
    """The values of a file that their unit does not allow, and which values it does."""
    sql = f"""
        select s.line, s.value, u.is_whole, u.may_be_negative, u.base from checked s
        join countries_indicator i on i.key = s.indicator join countries_unit u on u.key = i.unit_id
        where s.value <> '' and {misfit(NUMBER)}
    """
    return sql, _rule_of


def _rule_of(value: str, is_whole: bool, may_be_negative: bool, base: int | None) -> str:
    return Unit(is_whole=is_whole, may_be_negative=may_be_negative, base=base).rule


def rules() -> list[Rule]:
    """The rules of observations.csv that concern several rows."""
    return [
        Rule(
            "value",
            _PAST_THE_WHOLE,
            _("The shares of this indicator, country and period exceed 100 percent."),
            _("Correct one of them. Shares that are missing appear as the rest."),
        )
    ]


def rules_of_indicators() -> list[Rule]:
    """A share names its base, and stored values fit the unit that a file gives their indicator."""
    return [
        Rule(
            "base",
            _SHARE_WITHOUT_BASE,
            _("The row breaks a rule."),
            _("A percentage needs the indicator that it is a share of."),
        ),
        Rule(
            "unit",
            _OTHER_UNIT,
            _("Stored values of this indicator would not fit this unit."),
            _("Correct the values first, or write another unit."),
        ),
    ]


def rules_of_units() -> list[Rule]:
    """Stored values and indicators fit a unit as a file changes it."""
    return [
        Rule(
            "key",
            _UNIT_OF_MISFITS,
            _("Stored values would not fit the changed unit."),
            _("Correct the values first, or add another unit with a key of its own."),
        ),
        Rule(
            "key",
            _UNIT_OF_SHARES,
            _("Indicators of this unit do not say what they are a share of."),
            _("Enter their base first, or add another unit with a key of its own."),
        ),
    ]


_SHARE_WITHOUT_BASE = f"""
    select s.line, coalesce(s.unit, r.unit_id) from checked s left join countries_indicator r on r.id = s.id
    join countries_unit u on u.key = coalesce(s.unit, r.unit_id)
    where {IS_SHARE} and case when s.base is null then r.base_id is null else s.base = '' end
"""
_OTHER_UNIT = f"""
    select s.line, s.unit from checked s join countries_indicator r on r.id = s.id
    join countries_unit u on u.key = s.unit and u.key <> r.unit_id
    where exists (select from countries_observation o where o.indicator_id = r.id and {misfit("o.value")})
"""
_CHANGED_UNITS = """(
    select s.line, s.key,
        coalesce(nullif(s.is_whole, '')::boolean, r.is_whole) as is_whole,
        coalesce(nullif(s.may_be_negative, '')::boolean, r.may_be_negative) as may_be_negative,
        case when s.base is null then r.base else nullif(s.base, '')::numeric end as base
    from checked s join countries_unit r on r.key = s.id
) u"""
"""Stored units as they would be; a column that the file lacks is null."""
_UNIT_OF_MISFITS = f"""
    select u.line, u.key from {_CHANGED_UNITS} where exists (
        select from countries_indicator i join countries_observation o on o.indicator_id = i.id
        where i.unit_id = u.key and {misfit("o.value")}
    )
"""
_UNIT_OF_SHARES = f"""
    select u.line, u.key from {_CHANGED_UNITS}
    where {IS_SHARE} and exists (select from countries_indicator i where i.unit_id = u.key and i.base_id is null)
"""
_PAST_THE_WHOLE = f"""
with mine as (
    select s.line, i.id as indicator_id, s.country as country_id, s.period,
        coalesce(i.decimals, u.decimals) as decimals,
        case when s.value is null then r.value else nullif(rtrim(s.value, '%%'), '')::numeric end as value
    from checked s join countries_indicator i on i.key = s.indicator join countries_unit u on u.key = i.unit_id
    left join countries_observation r on r.id = s.id
    where {IS_SHARE} and s.counterpart <> ''
),
every as (
    select indicator_id, country_id, period, decimals, value from mine
    union all
    select o.indicator_id, o.country_id, o.period, coalesce(i.decimals, u.decimals), o.value
    from countries_observation o join countries_indicator i on i.id = o.indicator_id
    join countries_unit u on u.key = i.unit_id
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
