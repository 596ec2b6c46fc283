"""The data package, there and back, against measures.csv alone, which is most of it."""

import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.loading import COLUMNS, vocabulary
from tests.bench.measurements.importing import DATABASE as COPIED
from tests.bench.measurements.importing import LARGEST_FILE, Files, copied
from tests.bench.measuring import Result, Target, compared, limited
from tests.bench.run import MIB, Bench

DATABASE = "bench_package"
EXPORT, IMPORT = Target(2.5), Target(3)
MOST_MEMORY = 64
"""MiB above the initial memory of the process, whatever the number of records."""
MOST_IMPORTED = 100_000
"""Entries of a package that is imported; more would take an hour."""


def measurements(bench: Bench) -> Iterator[Result]:
    """Export and import of all files, and their memory."""
    folder, file = bench.folder / "package", bench.folder / "measures.csv"
    grown: list[float] = []

    def packed() -> float:
        found = bench.inside("export_package", str(folder))
        grown.append(found["grown"])
        return float(found["seconds"])

    def alone() -> float:
        return float(bench.inside("export_file", str(file))["seconds"])

    yield compared("package export", "s", packed, alone, "measures.csv", EXPORT, rounds=3, patience=120)
    yield compared(
        "package export against COPY", "s", packed, lambda: _copied_out(bench), "COPY", rounds=3, patience=120
    )
    yield limited("package export memory", max(grown) / MIB, "MiB", MOST_MEMORY)
    if bench.size > MOST_IMPORTED:
        return
    ours, grown_by = _imported(bench, "import_package", folder)
    again = bench.inside("import_package", str(folder), database=DATABASE)["seconds"]
    theirs, _grown = _imported(bench, "import_file", file, "--keep-identifiers")
    yield Result("package import", ours, "s", theirs, "measures.csv", IMPORT)
    if bench.size <= LARGEST_FILE:
        copying, _keys = copied(bench, Files(bench))
        yield Result("package import against COPY", ours, "s", copying, "COPY")
        bench.server.drop(COPIED)
    yield limited("package import memory", grown_by / MIB, "MiB", MOST_MEMORY)
    yield Result("package import unchanged", again, "s", ours, "package import")
    bench.server.drop(DATABASE)


def _copied_out(bench: Bench) -> float:
    """Seconds of COPY of the tables that the files of entries come from."""
    with bench.server.connect(bench.database) as connection:
        start = time.perf_counter()
        for table, columns in COLUMNS.items():
            with (
                (bench.folder / f"{table}.csv").open("wb") as file,
                connection.cursor().copy(f"copy {table} ({', '.join(columns)}) to stdout (format csv)") as rows,
            ):
                file.writelines(rows)
        return time.perf_counter() - start


def _imported(bench: Bench, work: str, path: Path, *options: str) -> tuple[float, float]:
    """Seconds, and bytes by which the process grows, of an import into a database with the vocabulary alone."""
    bench.server.create(DATABASE, template=vocabulary(bench.server))
    bench.server.settle()
    found = bench.inside(work, str(path), *options, database=DATABASE)
    return float(found["seconds"]), float(found["grown"])
