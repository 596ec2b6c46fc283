"""`python -m tests.package_round_trip 10000 [--seed 1]`: random records through every format, and back.

Makes as many measures, and records of every other kind, in a separate database, exports a package, imports it into the
empty database, and exports again. Then each file goes out as a workbook, as JSON and with tabs; the first and the last
are imported and change nothing. Prints the seconds and the memory of each step, and the files that differ.
"""

import csv
import io
import json
import os
import resource as usage
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "observatory.settings")
if __name__ == "__main__":
    django.setup()

from django.db import transaction

from foundation.accounts import system_account
from foundation.files.formats import FORMATS
from foundation.files.importing.package import import_package
from foundation.files.importing.pipeline import compared
from foundation.files.importing.reading import as_csv
from foundation.files.package.describing import packaged
from foundation.files.package.writing import write_folder
from foundation.files.resources import FileResource
from tests.own_database import own_database
from tests.random_records import Records, clear


def main() -> None:
    """Go there and back, and exit with an error if a file differs."""
    parser = ArgumentParser(prog="python -m tests.package_round_trip", description=main.__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000, help="number of measures (default: 10000)")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with own_database("observatory_round_trip"), tempfile.TemporaryDirectory() as name:
        differing = round_trip(Path(name), seed=asked.seed, count=asked.count)
    say(f"differ: {', '.join(differing) or 'none'}")
    sys.exit(bool(differing))


def round_trip(folder: Path, *, seed: int, count: int) -> list[str]:
    """The files that differ after the way there and back."""
    first, second = folder / "first", folder / "second"
    timed("make", Records(seed, count).make)
    timed("export", lambda: write_folder(first))
    timed("clear", transaction.atomic(clear))
    timed("import", lambda: import_package(first, by=system_account(), is_operator=True))
    timed("export again", lambda: write_folder(second))
    timed("import again", lambda: import_package(second, by=system_account(), is_operator=True))
    differing = [
        path.name for path in sorted(first.iterdir()) if path.read_bytes() != (second / path.name).read_bytes()
    ]
    timed("other formats", lambda: differing.extend(through_formats(folder)))
    return differing


def through_formats(folder: Path) -> list[str]:
    """The files that are not the same in another format, or of which an import would change something."""
    differing = []
    for name, resource in packaged().items():
        rows = list(csv.reader(io.StringIO(written(resource, "csv").decode("utf-8-sig"), newline="")))
        objects = json.loads(written(resource, "json"))
        if objects != [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]:
            differing.append(f"{name}.json")
        tabs = io.StringIO(newline="")
        csv.writer(tabs, delimiter="\t").writerows(rows)
        workbook = io.BytesIO(written(resource, "xlsx"))
        for ending, content in (("tsv", tabs.getvalue().encode()), ("xlsx", as_csv(workbook, name))):
            path = folder / f"{name}.{ending}"
            path.write_bytes(content)
            with compared(path, resource, by=system_account(), is_operator=True) as found:
                report = found.report
                if report.new or report.changed or report.refused:
                    differing.append(path.name)
    return differing


def written(resource: type[FileResource], ending: str) -> bytes:
    """All records of a kind in a format."""
    return b"".join(FORMATS[ending].blocks(resource))


def timed(what: str, work: Callable[[], object]) -> None:
    """Print how long some work takes, and the most memory that the process has had by its end."""
    start = time.perf_counter()
    work()
    most = usage.getrusage(usage.RUSAGE_SELF).ru_maxrss / 1024
    say(f"{what}: {time.perf_counter() - start:.1f} s, {most:.0f} MiB at most")


def say(text: str) -> None:
    """Print without buffering."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
