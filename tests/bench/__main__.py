"""`python -m tests.bench --size 100000`: measure the product at a size, against its peers; see docs/operating.md.

Writes `.data/bench.json` after every measurement, so that an interrupted run keeps what it has.
"""

import shutil
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import report
from tests.bench import server as servers
from tests.bench.loading import loaded
from tests.bench.measurements import (
    archive,
    coding,
    earlier_days,
    exporting,
    importing,
    leaning,
    listing,
    observations,
    package,
    pages,
    searching,
    standing,
    undoing,
)
from tests.bench.measuring import Result
from tests.bench.picture import draw
from tests.bench.run import Bench
from tests.bench.server import DATA, ROOT

SIZES = (10_000, 100_000, 1_000_000)
PICTURE = ROOT / ".github" / "growth.svg"
MEASUREMENTS: dict[str, Callable[[Bench], Iterator[Result]]] = {
    "list": listing.measurements,
    "standing": standing.measurements,
    "search": searching.measurements,
    "pages": pages.measurements,
    "earlier_days": earlier_days.measurements,
    "export": exporting.measurements,
    "import": importing.measurements,
    "undo": undoing.measurements,
    "leaning": leaning.measurements,
    "package": package.measurements,
    "observations": observations.measurements,
    "archive": archive.measurements,
    "agreement": coding.measurements,
}
OF_THEIR_OWN_SIZE = ("leaning", "observations", "archive", "agreement")
"""Benchmarks with their own data, independent of the number of entries; run only on request."""


def main() -> None:
    """Run benchmarks, or draw or print the results of earlier runs."""
    parser = ArgumentParser(prog="python -m tests.bench", description=main.__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="entries to generate and load (default: 100000)")
    parser.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--load", action="store_true", help="generate and load the entries, measure nothing")
    parser.add_argument("--picture", action="store_true", help="draw .github/growth.svg from earlier runs")
    parser.add_argument("--markdown", action="store_true", help="print the table of the documents from earlier runs")
    asked = parser.parse_args()
    if asked.picture:
        draw(PICTURE, {size: report.read(DATA, size) for size in SIZES})
    elif asked.markdown:
        say(report.markdown(DATA, SIZES))
    else:
        DATA.mkdir(parents=True, exist_ok=True)
        was_running = servers.is_running()
        try:
            is_whole = run(
                asked.size,
                [] if asked.load else asked.only or [name for name in MEASUREMENTS if name not in OF_THEIR_OWN_SIZE],
            )
        finally:
            if not was_running:
                servers.stop()
        sys.exit(not is_whole)


def run(size: int, names: list[str]) -> bool:
    """Load the entries, run the measurements, and report progress; return whether all of them completed."""
    start = time.perf_counter()
    server = servers.server()
    database = loaded(server, size, say)
    results: list[Result] = []
    broken: list[str] = []
    if names:
        server.manage(database, "translations", "compile")
        server.manage(database, "collectstatic", "--no-input", "--verbosity=0")
    with tempfile.TemporaryDirectory(dir=DATA, prefix="bench-") as folder:
        bench = Bench(server, database, size, Path(folder))
        for name in names:
            try:
                for result in MEASUREMENTS[name](bench):
                    results.append(result)
                    report.write(DATA, size, results)
                    say("  ".join(filter(None, report.cells(result))))
            except Exception as error:  # continue with the other measurements
                broken.append(name)
                say(f"{name} broke off: {error}")
    if results:
        say(f"\n{report.table([report.cells(result) for result in results])}")
    short = [result.name for result in results if result.met is False]
    say(f"\n{time.perf_counter() - start:,.0f} s altogether. Short: {', '.join(short) or 'none'}.")
    say(f"{shutil.disk_usage(DATA).free / 1e9:.0f} GB of the disk are free.")
    return not broken


def say(text: str) -> None:
    """Print without buffering, even into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
