"""Observations: a file of a feed against COPY of the same rows into the same table, a refresh, and the newest values.

A million values at 100,000 entries and more (190 countries, 1,100 days, 5 indicators), a tenth of the days below.
"""

import csv
import datetime
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.bench.loading import vocabulary
from tests.bench.measuring import Result, Target, in_turns, limited, spread
from tests.bench.run import Bench
from tests.bench.server import DATA

DATABASE = "bench_observations"
COUNTRIES, INDICATORS = 190, 5
DAYS, FEW_DAYS = 1_100, 110
LARGE = 100_000
"""Number of entries from which all days are generated."""
CHANGED = 1_000
"""One value in this many differs in the refresh: 0.1 %."""
FROM_ROWS = Target(4)
FIRST_DAY = datetime.date(2020, 1, 1)
COLUMNS = (
    "indicator_id, country_id, period, value, qualifier, status, note, note_es, note_pt,"
    " source_name, source_name_es, source_name_pt, source_url, feed_run_id"
)
NEWEST = """
    select c.iso3, newest.value from countries_country c cross join lateral (
        select o.value from countries_observation o
        where o.indicator_id = %(indicator)s and o.country_id = c.iso3 and o.counterpart_id is null and o.status <> 'O'
        order by coalesce(o.period_range, 'empty'::daterange) desc limit 1
    ) newest
"""
"""The query of the map, for every country."""


@dataclass(frozen=True, slots=True)
class Series:
    """Reproducible values of all countries and days for each indicator."""

    countries: list[str]
    days: int

    @property
    def size(self) -> int:
        """The total number of values."""
        return len(self.countries) * self.days * INDICATORS

    def rows(self, indicator: int, *, refreshed: bool = False) -> Iterator[tuple[str, str, int]]:
        """Country, day and value; a refreshed series differs in one value of a thousand."""
        chance = random.Random(indicator)
        for number in range(self.days):
            day = (FIRST_DAY + datetime.timedelta(days=number)).isoformat()
            for place, country in enumerate(self.countries):
                value = chance.randrange(1, 20_000)
                is_other = refreshed and (number * len(self.countries) + place) % CHANGED == 0
                yield country, day, value + is_other

    @property
    def changed(self) -> int:
        """Number of values that differ after a refresh."""
        each = len(self.countries) * self.days
        return INDICATORS * -(-each // CHANGED)


def measurements(bench: Bench) -> Iterator[Result]:
    """Load, refresh, and the newest values of a map at few and at many days."""
    series = Series(_countries(bench), DAYS if bench.size >= LARGE else FEW_DAYS)
    fresh, refreshed = (_folder(bench, series, name) for name in ("fresh", "refreshed"))
    copies = _copies(bench, series)
    copied, ours = in_turns(
        lambda: _copied(bench, copies), lambda: _loaded(bench, fresh), rounds=2, patience=60, warm_up=False
    )
    noise = spread(copied)
    yield Result("observations, load", median(ours), "s", median(copied), "COPY", FROM_ROWS, noise)

    before = _events(bench)
    again = bench.inside("run_feeds", str(refreshed), database=DATABASE)
    yield Result("observations, refresh of 0.1 %", again["seconds"], "s", median(ours), "load")
    written = _events(bench) - before
    yield limited("observations, written by the refresh", written, "rows", series.changed, Target(1))
    idle = bench.inside("run_feeds", str(refreshed), database=DATABASE)
    yield Result("observations, same file again", idle["seconds"], "s", median(ours), "load")
    yield from _newest(bench, series)
    bench.server.drop(DATABASE)


def _countries(bench: Bench) -> list[str]:
    with bench.server.connect(vocabulary(bench.server)) as connection:
        found = connection.execute("select iso3 from countries_country order by iso3 limit %s", [COUNTRIES])
        return [iso3 for (iso3,) in found]


def _folder(bench: Bench, series: Series, name: str) -> Path:
    """A file for each indicator, as its feed reads it."""
    folder = bench.folder / name
    folder.mkdir()
    for indicator in range(INDICATORS):
        with (folder / f"{indicator}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["iso3", "date", "value"])
            writer.writerows(series.rows(indicator, refreshed=name == "refreshed"))
    return folder


def _copies(bench: Bench, series: Series) -> Path:
    """The same values as table rows; in the database for it, indicators and runs are numbered from 1."""
    path = bench.folder / "observations.copy"
    with path.open("w", encoding="utf-8") as file:
        for indicator in range(INDICATORS):
            for country, day, value in series.rows(indicator):
                file.write(f"{indicator}\t{country}\t{day}\t{value}\teq\tA\t\t\t\tBench\t\t\t\t{indicator}\n")
    return path


def _fresh(bench: Bench) -> None:
    """The database with the benchmark's indicators and feeds, without observations."""
    bench.server.create(DATABASE, template=vocabulary(bench.server))
    bench.inside("make_feeds", str(INDICATORS), database=DATABASE)
    bench.server.settle()


def _loaded(bench: Bench, folder: Path) -> float:
    _fresh(bench)
    found = bench.inside("run_feeds", str(folder), database=DATABASE)
    assert found["states"] == ["published"] * INDICATORS, found
    return float(found["seconds"])


def _copied(bench: Bench, path: Path) -> float:
    """Seconds of COPY of the rows in one transaction, with all indexes, keys and triggers."""
    _fresh(bench)
    found = bench.inside("make_runs", database=DATABASE)
    numbers = dict(enumerate(zip(found["indicators"], found["runs"], strict=True)))
    given = path.with_suffix(".given")
    with path.open(encoding="utf-8") as rows, given.open("w", encoding="utf-8") as file:
        for row in rows:
            number, *cells, _run = row.rstrip("\n").split("\t")
            indicator, run = numbers[int(number)]
            file.write("\t".join([str(indicator), *cells, str(run)]) + "\n")
    return float(bench.inside("copy_observations", str(given), COLUMNS, database=DATABASE)["copying"])


def _events(bench: Bench) -> int:
    with bench.server.connect(DATABASE) as connection:
        row = connection.execute("select count(*) from countries_observationevent").fetchone()
    assert row
    return int(row[0])


def _newest(bench: Bench, series: Series) -> Iterator[Result]:
    """The newest value of each country: rows read and time, as days are added."""
    with bench.server.connect(DATABASE) as connection:
        connection.execute("vacuum analyze countries_observation")
        many = _explained(connection)
        few_days = series.days // 11
        connection.execute("alter table countries_observation disable trigger user")
        last = (FIRST_DAY + datetime.timedelta(days=few_days)).isoformat()
        connection.execute("delete from countries_observation where period >= %s", [last])
        connection.execute("vacuum full analyze countries_observation")
        few = _explained(connection)
    report = {f"{few_days} days": few, f"{series.days} days": many}
    path = DATA / f"bench-observations-explain-{bench.size}.json"
    path.write_text(json.dumps(report, indent=1), encoding="utf-8")
    yield limited("newest values, buffers at many days to few", many["buffers"], "", few["buffers"], Target(2))
    yield Result("newest values of a map", many["seconds"], "s", few["seconds"], f"{few_days} days", Target(2), 0.5)


def _explained(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    row = connection.execute("select min(indicator_id) from countries_observation where source_name = 'Bench'")
    (indicator,) = row.fetchone() or (None,)
    sql = f"explain (analyze, buffers, format json) {NEWEST}"
    plans = [connection.execute(sql, {"indicator": indicator}).fetchone() for _round in range(5)]
    found = [plan[0][0] for plan in plans if plan]
    top = found[-1]["Plan"]
    buffers = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return {"seconds": median(plan["Execution Time"] for plan in found) / 1000, "buffers": buffers, "plan": top}
