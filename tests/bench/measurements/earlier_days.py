"""The record as it was known on an earlier day, cold and warm, against plain SQL on the history.

The entries of a benchmark are loaded without a history. It is written here first: each row is there since some day, and
a third of the entries have changed once since. SQL answers what a page of the list asks: how many entries a topic had,
how many of them each topic and each country, and the newest fifty.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from urllib.parse import urlencode

import psycopg

from tests.bench.measurements.listing import TOPICS
from tests.bench.measuring import Result, Target, compared, timed
from tests.bench.run import UNCACHED, Bench
from tests.bench.serving import ask, served

TEN_TIMES, TWICE = Target(1 / 10), Target(2)
LOADED, CHANGED, ASKED = date(2026, 1, 1), date(2026, 3, 1), date(2026, 2, 1)
_COLUMNS = """
    select string_agg(quote_ident(e.column_name), ', ' order by e.ordinal_position)
    from information_schema.columns e join information_schema.columns t using (column_name)
    where e.table_name = %s and t.table_name = %s and e.table_schema = 'public' and t.table_schema = 'public'
"""
_NEWEST = """
    select distinct on (pgh_obj_id) * from {} where pgh_created_at < %(before)s order by pgh_obj_id, pgh_id desc
"""
_STATEMENT = f"""
    with m as materialized (
        select * from ({_NEWEST.format("measures_measureevent")}) e
        where pgh_label <> 'delete' and workflow = 'published'
    ), t as materialized (
        select * from ({_NEWEST.format("measures_measuretopicevent")}) e where pgh_label <> 'delete'
    ), found as (
        select m.* from m where id in (
            select measure_id from t join measures_topic p on p.id = t.topic_id
            where p.key = %(topic)s or p.parent_id = (select id from measures_topic where key = %(topic)s))
    )
    select (select count(*) from found),
        (select jsonb_object_agg(topic_id, n) from (
            select topic_id, count(*) n from t join found on found.id = t.measure_id group by 1) x),
        (select jsonb_object_agg(coalesce(country_id, ''), n) from (
            select country_id, count(*) n from found group by 1) x),
        (select array_agg(title_en) from (select title_en from found order by date desc limit 50) x)
"""


def measurements(bench: Bench) -> Iterator[Result]:
    """A day that nobody asked for before, in a process of its own, and one that is kept."""
    with psycopg.connect(bench.server.superuser_url_of(bench.database), autocommit=True) as connection:
        _write_history(connection)

        def by_sql() -> None:
            connection.execute(_STATEMENT, {"before": ASKED + timedelta(days=1), "topic": TOPICS[0]}).fetchall()

        peer, days = timed(by_sql), (ASKED - timedelta(days=number) for number in count())

        def cold() -> float:
            seconds: float = bench.inside("read_earlier_day", next(days).isoformat())["seconds"]
            return seconds

        yield compared("earlier day, cold", "s", cold, peer, "SQL on the history", TWICE, rounds=5)
        with served("observatory.asgi:application", {**bench.environment, **UNCACHED}, workers=1) as port:
            page = f"/measures/?{urlencode({'known': ASKED.isoformat(), 'topic': TOPICS[0]})}"
            yield compared(
                "earlier day, warm",
                "s",
                lambda: ask(port, page).seconds,
                peer,
                "SQL on the history",
                TEN_TIMES,
                rounds=9,
            )


def _write_history(connection: psycopg.Connection) -> None:
    """The versions that triggers would have written, unless an earlier run has done so."""
    if connection.execute(
        "select exists (select from measures_measureevent where pgh_created_at = %s)", [LOADED]
    ).fetchone() == (True,):
        return
    for events, table in _EVENTS.items():
        ((columns,),) = connection.execute(_COLUMNS, [events, table])
        connection.execute(
            f"insert into {events} ({columns}, pgh_obj_id, pgh_label, pgh_created_at)"
            f" select {columns}, id, 'insert', %s from {table} where id not in (select pgh_obj_id from {events})",
            [LOADED],
        )
        if table == "measures_measure":
            connection.execute(
                f"insert into {events} ({columns}, pgh_obj_id, pgh_label, pgh_created_at)"
                f" select {columns}, id, 'update', %s from {table} where id %% 3 = 0",
                [CHANGED],
            )
    connection.execute("vacuum analyze")


_EVENTS = {
    "measures_measureevent": "measures_measure",
    "measures_statuseventevent": "measures_statusevent",
    "measures_sourceevent": "measures_source",
    "measures_citationevent": "measures_citation",
    "measures_measuretopicevent": "measures_measure_topics",
    "measures_measuretargetgroupevent": "measures_measure_target_groups",
    "measures_measureoriginevent": "measures_measure_origin_countries",
    "measures_relationevent": "measures_relation",
}
"""The tables that a benchmark fills."""
