"""Undo of an import against plain DELETEs of the same rows, with the same triggers, in one transaction.

Both leave what they took away in the history. The plain one knows which rows to delete, and asks nobody whether
something has happened to them since.
"""

import time
from collections.abc import Iterator
from statistics import median

from tests.bench.loading import COLUMNS
from tests.bench.measurements.importing import DATABASE, Files, copied, imported
from tests.bench.measuring import Result, in_turns, spread
from tests.bench.run import Bench


def measurements(bench: Bench) -> Iterator[Result]:
    """Undo of a file of new entries."""
    files = Files(bench)

    def undone() -> float:
        imported(bench, files.csv(files.next()))
        bench.server.settle()
        return float(bench.inside("undo_import", database=DATABASE)["seconds"])

    ours, plain = in_turns(undone, lambda: _deleted(bench, files), rounds=3, patience=240, warm_up=False)
    yield Result("undo of an import", median(ours), "s", median(plain), "plain DELETE", None, spread(plain))
    bench.server.drop(DATABASE)


def _deleted(bench: Bench, files: Files) -> float:
    """Seconds of deleting what was copied; of each table, the rows of the new entries."""
    _seconds, first = copied(bench, files)
    bench.server.settle()
    with bench.server.connect(DATABASE) as connection:
        start = time.perf_counter()
        with connection.transaction():
            for table, columns in reversed(COLUMNS.items()):
                owner = next(name for name in ("measure_id", "subject_id", "id") if name in columns)
                least = first.source if table == "measures_source" else first.measure
                connection.execute(f"delete from {table} where {owner} >= %s", [least])
        return time.perf_counter() - start
