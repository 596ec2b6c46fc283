"""What it costs to know what is true of acts on a day: in a list of entries, and in an import.

A list that asks for a day, or for a status, is compared with the same list up to some year; all count the entries by
status. Each request asks for another day or year, so that no answer to an earlier one helps, and the lists are long
enough that no two years have their rows in common: the words of a row depend on the day. Of an import, the time in
the functions of the database that derive, and that of the worker for the acts which these leave to it, are shares of
the whole. Both are taken in the same run, so that other work on the machine counts on both sides.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from statistics import median
from urllib.parse import urlencode

import psycopg

from tests.bench.measurements.importing import DATABASE, Files, imported
from tests.bench.measurements.listing import TOPICS
from tests.bench.measuring import Result, Target, compared, spread
from tests.bench.run import UNCACHED, Bench
from tests.bench.serving import ask, served

NO_DEARER, A_TENTH = Target(1), Target(0.1)
FIRST_DAY = date(2015, 1, 1)
STATUSES = ("in_force", "ended")
IMPORTS, ROWS = 3, 10_000
LISTS: dict[str, list[tuple[str, str]]] = {
    "all entries": [],
    "one topic": [("topic", TOPICS[0])],
    "a country and two topics": [("country", "COL"), *(("topic", topic) for topic in TOPICS[:2])],
}
_DERIVING = """
    select coalesce(sum(self_time), 0) / 1000 from pg_stat_user_functions
    where starts_with(funcname, 'measures_validity')
"""


def measurements(bench: Bench) -> Iterator[Result]:
    """Lists on a day and by a status, then the share of an import."""
    with served("observatory.asgi:application", {**bench.environment, **UNCACHED}, workers=1) as port:
        for name, query in LISTS.items():
            yield _on_a_day(port, name, query)
            yield _by_status(port, name, query)
    yield from _shares_of_import(bench)


def _on_a_day(port: int, name: str, query: list[tuple[str, str]]) -> Result:
    days = (FIRST_DAY + timedelta(days=number) for number in count())
    return _against_years(port, f"{name} on a day", query, (("on", day.isoformat()) for day in days))


def _by_status(port: int, name: str, query: list[tuple[str, str]]) -> Result:
    return _against_years(port, f"{name} by status", query, (("status", STATUSES[n % 2]) for n in count()))


def _against_years(port: int, name: str, query: list[tuple[str, str]], filters: Iterator[tuple[str, str]]) -> Result:
    """The list with one of the filters after the other against that of years, up to another one each time."""
    years = ([("from", "1980"), ("to", str(1996 + number % 25))] for number in count())

    def page(more: list[tuple[str, str]]) -> float:
        return ask(port, f"/measures/?{urlencode([*query, *more])}").seconds

    ours, peer = (lambda: page([next(filters)])), (lambda: page(next(years)))
    return compared(f"list, {name}", "s", ours, peer, "up to a year", NO_DEARER, rounds=15)


def _shares_of_import(bench: Bench) -> Iterator[Result]:
    files = Files(bench, most=ROWS)
    whole: list[float] = []
    triggers: list[float] = []
    worker: list[float] = []
    for _round in range(IMPORTS):
        path = files.csv(files.next())
        before = _deriving(bench)
        whole.append(imported(bench, path)["seconds"])
        triggers.append(_deriving(bench) - before)
        worker.append(bench.inside("settle_states", database=DATABASE)["settling"])
    noise = spread(whole)
    yield Result("import, share of validity", median(triggers), "s", median(whole), "whole import", A_TENTH, noise)
    both = [one + other for one, other in zip(triggers, worker, strict=True)]
    yield Result("import, and the worker after it", median(both), "s", median(whole), "whole import", A_TENTH, noise)
    bench.server.drop(DATABASE)


def _deriving(bench: Bench) -> float:
    """Seconds so far in the functions that derive validity; from now on they are counted."""
    with psycopg.connect(bench.server.superuser_url_of(DATABASE), autocommit=True) as connection:
        connection.execute(f"alter database {DATABASE} set track_functions = 'all'")
        row = connection.execute(_DERIVING).fetchone()
    assert row
    return float(row[0])
