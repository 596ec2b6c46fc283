"""Load parsed rows into temporary tables and compare them with what is public; dropped at the end of the transaction.

`feed_row` has the file, one row each, including rows without a value: two rows for one country and day are two, even if
one is empty. `feed_outcome` has the result for each value. Per country, `feed_seen` summarizes the file and
`feed_known` the public values.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection

from countries.feeds.parsing import Understood
from foundation.sql import execute

_OUTCOME = """
    create temp table feed_outcome on commit drop as
    with found as (
        select country, period, min(line) filter (where value is not null) as line, min(value) as value,
            count(*) as times
        from feed_row group by country, period having count(value) > 0
    ),
    mine as (
        select o.id, o.country_id, o.period, o.value, coalesce(r.feed_id = %(feed)s, false) as is_own
        from countries_observation o left join countries_feedrun r on r.id = o.feed_run_id
        where o.indicator_id = %(indicator)s and o.counterpart_id is null
    )
    select f.line, f.country, f.period, f.value, f.times, m.id, m.value as former, coalesce(m.is_own, false) as is_own,
        case
            when m.id is null then 'new'
            when m.value = f.value then 'unchanged'
            when m.is_own then 'revised'
            else 'foreign'
        end as kind,
        null::text as because
    from found f left join mine m on m.country_id = f.country and m.period = f.period
"""
"""`foreign`: people or another feed have entered another value. Later kinds are `torn`, `unfit` and `set aside`."""

_SEEN = """
    create temp table feed_seen on commit drop as
    select country, min(period) as first, max(period) as last, count(*) filter (where is_own) as own
    from feed_outcome group by country
"""

_KNOWN = """
    create temp table feed_known on commit drop as
    select o.country_id as country, count(r.id) as own, count(*) as values,
        count(*) filter (where o.value <> 0) as other_than_zero, max(o.period) as newest, max(o.value) as greatest,
        count(r.id) filter (where o.period between span.first and span.last) as own_in_span
    from (select min(first) as first, max(last) as last from feed_seen) span
    cross join countries_observation o
    left join countries_feedrun r on r.id = o.feed_run_id and r.feed_id = %(feed)s
    where o.indicator_id = %(indicator)s and o.counterpart_id is null and o.value is not null
    group by o.country_id
"""


def fill_rows(found: Iterable[Understood]) -> None:
    """Copy the parsed rows into `feed_row`, inside a transaction."""
    execute("set local work_mem = '64MB'")
    execute("set local jit = off")  # JIT compilation takes longer than it saves
    execute("drop table if exists feed_row, feed_outcome, feed_seen, feed_known")  # left by an earlier run
    execute("create temp table feed_row (line integer, country text, period text, value numeric(20, 6)) on commit drop")
    with connection.cursor() as cursor, cursor.copy("copy feed_row from stdin") as copy:
        for row in found:
            copy.write_row(row)


def set_beside_public(given: dict[str, Any]) -> None:
    """Make `feed_outcome` and `feed_known`; `given` has the feed and its indicator."""
    execute("analyze feed_row")
    execute(_OUTCOME, given)
    execute("analyze feed_outcome")
    execute(_SEEN)
    execute(_KNOWN, given)
