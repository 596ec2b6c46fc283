"""Import of a file against COPY of the same rows into the same tables, with the same triggers and indexes.

A file has at most 50,000 rows; it goes into a database with vocabulary alone, or on top of a larger loaded one.
Unchanged rows are imported after ANALYZE, which in real life comes of itself within a minute.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.dataset import Dataset, write_csv
from tests.bench.loading import COLUMNS, Keys, as_text, copy_text, table_rows, vocabulary
from tests.bench.measuring import Result, Target, in_turns, limited, spread
from tests.bench.run import MIB, Bench

LARGEST_FILE = 50_000
FIRST_START, STEP, SAMPLE_START = 500_000, 40_000, 990_000
"""Numbers of a file's entries in their country: beyond those of the loaded ones, within what a file may bring."""
SAMPLE = 300
DATABASE = "bench_import"
FROM_ROWS_FRESH, FROM_ROWS_UNCHANGED, FROM_STOCK = Target(1.8), Target(1.2), Target(40, at_least=True)
MOST_MEMORY = 64
"""MiB above the initial memory of the process, whatever the size of the file."""
SHARE_OF_SEARCH = Target(0.5)


class Files:
    """The same entries, `most` at most, as a file for import and as rows for COPY, with new numbers each time."""

    def __init__(self, bench: Bench, most: int = LARGEST_FILE) -> None:
        self.bench = bench
        self.rows = min(bench.size, most)
        self.is_fresh = bench.size <= most
        self._starts = count(FIRST_START, STEP)
        if not self.is_fresh:
            bench.server.create(DATABASE, template=bench.database)

    def next(self) -> Dataset:
        """A data set that is not in the database; a small database is recreated."""
        if self.is_fresh:
            self.bench.server.create(DATABASE, template=vocabulary(self.bench.server))
            return Dataset(self.rows, seed=2, start=FIRST_START, drafts=1)
        return Dataset(self.rows, seed=2, start=next(self._starts), drafts=1)

    def csv(self, dataset: Dataset) -> Path:
        """The file to import."""
        path = self.bench.folder / f"{dataset.size}-{dataset.start}.csv"
        if not path.exists():
            write_csv(dataset, path)
        return path

    def copies(self, dataset: Dataset, keys: Keys) -> dict[str, Path]:
        """A file of rows for each table."""
        paths = {
            table: self.bench.folder / f"{dataset.size}-{dataset.start}-{keys.measure}-{table}.copy"
            for table in COLUMNS
        }
        if all(path.exists() for path in paths.values()):
            return paths
        for path in paths.values():
            path.unlink(missing_ok=True)
        for number in range(dataset.batches):
            rows = table_rows(dataset, number, keys)
            rows["measures_source"] = [_as_import_makes_it(row) for row in rows["measures_source"]]
            for table, path in paths.items():
                with path.open("a", encoding="utf-8") as file:
                    file.write(as_text(rows[table]))
        return paths


def _as_import_makes_it(row: Sequence[Any]) -> Sequence[Any]:
    """A source of which only the URL is known."""
    pk, _key, url, *_others = row
    digest = hashlib.md5(url.encode(), usedforsecurity=False).hexdigest()
    return (pk, f"web-{digest[:20]}", url, "unspecified", url, "", "", "", None, "unknown")


def measurements(bench: Bench) -> Iterator[Result]:
    """Fresh and unchanged import, stock resource, memory, share of the search texts."""
    files = Files(bench)
    grown: list[float] = []
    last: list[Dataset] = []

    def fresh() -> float:
        dataset = files.next()
        last[:] = [dataset]
        found = imported(bench, files.csv(dataset))
        grown.append(found["grown"])
        return found["seconds"]

    # Each run is a new process or session, so there is nothing to warm up; the last one leaves its rows
    copied, ours = in_turns(lambda: copied(bench, files)[0], fresh, rounds=3, patience=120, warm_up=False)
    seconds, limit, noise = median(ours), median(copied), spread(copied)
    yield Result("import fresh", seconds, "s", limit, "COPY", FROM_ROWS_FRESH, noise)
    yield limited("import memory", max(grown) / MIB, "MiB", MOST_MEMORY)

    with bench.server.connect(DATABASE) as connection:
        connection.execute("vacuum analyze")
    before = _written(bench)
    again = [imported(bench, files.csv(last[0]))["seconds"] for _round in range(3)]
    yield Result("import unchanged", median(again), "s", limit, "COPY", FROM_ROWS_UNCHANGED, max(noise, spread(again)))
    yield limited("import unchanged writes", _written(bench) - before, "rows", 0, Target(0))

    sample = Dataset(min(SAMPLE, bench.size), seed=3, start=SAMPLE_START, drafts=1)
    found = bench.inside("import_stock", str(files.csv(sample)), database=DATABASE)
    rate = sample.size / found["seconds"]
    yield Result("import against stock", files.rows / seconds, "rows/s", rate, "stock resource", FROM_STOCK, noise)

    share = max(1 - _without_search(bench, files) / seconds, 0)
    yield Result("import, share of search", share * seconds, "s", seconds, "whole import", SHARE_OF_SEARCH, noise)
    bench.server.drop(DATABASE)


def imported(bench: Bench, path: Path) -> dict[str, float]:
    bench.server.settle()
    return bench.inside("import_file", str(path), "--keep-identifiers", database=DATABASE)


def copied(bench: Bench, files: Files) -> tuple[float, Keys]:
    """Seconds of COPY of the same rows in one transaction, the checks at its end as an import has them.

    The keys are those from which on the rows are new.
    """
    dataset = files.next()
    with bench.server.connect(DATABASE) as connection:
        keys = Keys.of(connection)
        paths = files.copies(dataset, keys)
        bench.server.settle()
        start = time.perf_counter()
        with connection.transaction():
            connection.execute("set constraints all deferred")
            for table, path in paths.items():
                with path.open("rb") as file:
                    copy_text(connection, table, iter(partial(file.read, 1 << 18), b""))
        seconds = time.perf_counter() - start
        for table in ("measures_measure", "measures_source"):
            connection.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
    return seconds, keys


def _written(bench: Bench) -> int:
    """Number of rows written so far to tables of the database, except to the log of imports."""
    with bench.server.connect(DATABASE) as connection:
        row = connection.execute(
            "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables where relname like 'measures_%'"
            " and relname not like 'foundation_fileimport%'"
        ).fetchone()
    assert row
    return int(row[0])


def _without_search(bench: Bench, files: Files) -> float:
    """Seconds of a new import without the triggers of the search vectors."""
    dataset = files.next()
    with bench.server.connect(DATABASE) as connection:
        triggers = connection.execute(
            "select tgrelid::regclass::text, tgname from pg_trigger where tgname like '%search%' and not tgisinternal"
        ).fetchall()
        for table, name in triggers:
            connection.execute(f"alter table {table} disable trigger {name}")
    return imported(bench, files.csv(dataset))["seconds"]
