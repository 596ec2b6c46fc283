"""Checks that hold back single values; the other values of the file become public.

Values are compared with everything that is public of the indicator, not only with the last run, so that gradual drift
is caught too. A value that a person has rejected once is not held again.
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from countries.feeds.problems import EXAMPLES, Doubt, Holds
from countries.models import HeldBecause, IndicatorFeed, misfit
from foundation.sql import execute, rows

SLIPS = 2
"""Up to this many bad values are treated as slips, however few others would change."""
STEPS = 20
"""Number of increases without a decrease after which a series is assumed never to fall, such as a running total."""
RECENT = 100
"""Number of recent values of a country that this check reads."""

_UNFIT = f"""
    update feed_outcome o set because = '{HeldBecause.UNIT}', kind = 'unfit' from countries_indicator i
    join countries_unit u on u.key = i.unit_id
    where i.id = %(indicator)s and o.kind in ('new', 'revised') and {misfit("o.value")}
"""
"""Values that the database would reject."""

_RANGE = f"""
    update feed_outcome set because = '{HeldBecause.RANGE}'
    where kind in ('new', 'revised') and because is null and (value < %(lowest)s or value > %(highest)s)
"""

_JUMPS = f"""
    with latest as (
        select distinct on (country_id) country_id, period, value from countries_observation
        where indicator_id = %(indicator)s and counterpart_id is null and value > 0
        order by country_id, period_range desc
    ),
    begun as (
        select distinct on (e.pgh_obj_id) e.pgh_obj_id as id, e.value from countries_observationevent e
        where e.feed_run_id >= %(accepted)s and e.pgh_obj_id in (select id from feed_outcome where kind = 'revised')
        order by e.pgh_obj_id, e.pgh_id
    ),
    beside as (
        select o.country, o.period, o.value, unnest(
            case when o.kind = 'revised' then array[o.former, b.value] else array[l.value] end
        ) as public
        from feed_outcome o left join begun b on b.id = o.id
        left join latest l on l.country_id = o.country and l.period < o.period
        where o.kind in ('new', 'revised') and o.because is null and o.value > 0
    )
    update feed_outcome o set because = '{HeldBecause.JUMP}' from beside b
    where b.country = o.country and b.period = o.period and b.public > 0
    and greatest(b.value, b.public) >= %(jump)s * least(b.value, b.public)
"""
"""Compare a revision with the previous and the first value of the period, a new value with the newest one before it. A
change from or to zero has no factor."""

_REWRITE = f"""
    with gross as (
        select o.country, o.period from feed_outcome o join feed_known k on k.country = o.country
        where o.kind = 'revised' and o.because is null and o.period <> k.newest
        and greatest(abs(o.value), abs(o.former)) >= 2 * least(abs(o.value), abs(o.former))
    ),
    many as (
        select g.country from (select country, count(*) as number from gross group by country) g
        join (
            select country, count(*) as number from feed_outcome
            where kind in ('revised', 'unchanged') group by country
        ) k on k.country = g.country
        where g.number > %(slips)s and g.number * 2 > k.number
    )
    update feed_outcome o set because = '{HeldBecause.HISTORY}' from gross g
    where g.country = o.country and g.period = o.period and g.country in (select country from many)
"""
"""The newest value may still grow; a value that doubled or halved is not a correction."""

_FALLS = f"""
    update feed_outcome o set because = '{HeldBecause.FALL}' from feed_known k
    where k.country = o.country and o.kind = 'new' and o.because is null and o.period > k.newest
    and o.value < k.greatest
"""

_NEVER_FALLS = """
    select count(*) filter (where value > before) as rises, count(*) filter (where value < before) as falls
    from feed_known k cross join lateral (
        select s.value, lag(s.value) over (order by s.period_range) as before from (
            select value, period_range from countries_observation
            where indicator_id = %(indicator)s and country_id = k.country and counterpart_id is null and status <> 'O'
            order by coalesce(period_range, 'empty'::daterange) desc limit %(recent)s
        ) s
    ) steps
"""

_SET_ASIDE = """
    update feed_outcome o set kind = 'set aside' where because is not null and exists (
        select from countries_heldvalue h join countries_feedrun r on r.id = h.run_id
        where r.feed_id = %(feed)s and h.is_left_out and h.country_id = o.country and h.period = o.period
        and h.value = o.value
    )
"""
"""Do not hold a value again that a person has rejected."""

_EXAMPLES = """
    select because, number, line, country, period, former, value from (
        select *, count(*) over (partition by because) as number,
            row_number() over (partition by because order by line) as place
        from feed_outcome where because is not null and kind <> 'set aside'
    ) held where place <= %(examples)s order by because, line
"""


def hold_values(feed: IndicatorFeed, accepted: int) -> None:
    """Mark each doubtful value with the reason; `accepted` is the run that a person last published."""
    given = {
        "feed": feed.pk,
        "indicator": feed.indicator_id,
        "lowest": feed.lowest,
        "highest": feed.highest,
        "jump": feed.jump,
        "accepted": accepted,
        "slips": SLIPS,
        "recent": RECENT,
    }
    execute(_UNFIT, given)
    if feed.lowest is not None or feed.highest is not None:
        execute(_RANGE, given)
    if feed.jump is not None:
        execute(_JUMPS, given)
    execute(_REWRITE, given)
    rises, falls = rows(_NEVER_FALLS, given)[0]
    if rises >= STEPS and not falls:
        execute(_FALLS, given)
    execute(_SET_ASIDE, given)


def value_doubts(feed: IndicatorFeed) -> list[Doubt]:
    """Why values are held, with examples of each reason."""
    doubts: dict[str, Doubt] = {}
    for because, number, line, country, period, former, value in rows(_EXAMPLES, {"examples": EXAMPLES}):
        if because not in doubts:
            doubts[because] = Doubt(*_words(HeldBecause(because), number, feed), Holds.VALUES, number)
        example = {"line": line, "country": country, "period": period, "former": _number(former)}
        doubts[because].examples.append({**example, "value": _number(value)})
    return [doubts[because] for because in HeldBecause.values if because in doubts]


def _words(because: HeldBecause, number: int, feed: IndicatorFeed) -> tuple[str, str]:
    """The problem of this many values, and its remedy."""
    named = {"count": number, "unit": feed.indicator.unit}
    named |= {"lowest": _bound(feed.lowest), "highest": _bound(feed.highest), "factor": _bound(feed.jump)}
    if because == HeldBecause.UNIT:
        words = ngettext(
            "%(count)d value is negative or does not fit the unit “%(unit)s”.",
            "%(count)d values are negative or do not fit the unit “%(unit)s”.",
            number,
        )
        remedy = _("%(rule)s Such a value can only be left out.") % {"rule": feed.indicator.unit.rule}
    elif because == HeldBecause.RANGE:
        words = ngettext(
            "%(count)d value is outside the range of the feed, %(lowest)s to %(highest)s.",
            "%(count)d values are outside the range of the feed, %(lowest)s to %(highest)s.",
            number,
        )
        remedy = _("Check it against the source. If it is right, publish it and widen the range in the feed.")
    elif because == HeldBecause.JUMP:
        words = ngettext(
            "%(count)d value has jumped by a factor of %(factor)s or more.",
            "%(count)d values have jumped by a factor of %(factor)s or more.",
            number,
        )
        remedy = _(
            "Check it against the source: a unit or a decimal mark may have changed. If it is right, publish it."
        )
    elif because == HeldBecause.FALL:
        words = ngettext(
            "%(count)d value drops in a series that has never dropped before.",
            "%(count)d values drop in series that have never dropped before.",
            number,
        )
        remedy = _(
            "A total does not drop: the source may have started a new series. If it has corrected its figures, "
            "publish the value."
        )
    else:
        words = ngettext(
            "%(count)d value would rewrite most of the history of its country.",
            "%(count)d values would rewrite most of the history of their countries.",
            number,
        )
        remedy = _(
            "Check whether the source has revised its series or now reports another one. If it is right, publish it."
        )
    return words % named, remedy


def _bound(value: Any) -> str:
    return "…" if value is None else f"{Decimal(value).normalize():f}"


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
