"""Write files for tests, import them, and read the reports."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from foundation.accounts import system_account
from foundation.files.exporting import exported
from foundation.files.importing.pipeline import compared
from foundation.files.importing.report import Report, failed_rows, refusals
from foundation.files.resources import FileResource, resources
from measures.files.resources import MeasureResource

MEASURE = {
    "country": "PER",
    "kind": "executive_decree",
    "title_en": "A decree",
    "topics": "health.access",
    "status_history": "enacted@2020-04-14",
    "sources": "https://gazette.example/1",
}
"""A complete row of measures.csv."""


def csv_text(rows: Sequence[Mapping[str, str]], *, delimiter: str = ",", end: str = "\n") -> str:
    """Rows as a file; the columns are those of the first row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def run(
    folder: Path,
    content: str | bytes | Sequence[Mapping[str, str]],
    file: str = "measures",
    *,
    save: bool = True,
    by: Any = None,
    **options: Any,
) -> Report:
    """Import a file and return the report."""
    path = folder / f"{file}.csv"
    if not isinstance(content, str | bytes):
        content = csv_text(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with compared(path, resources()[file], by=by or system_account(), **options) as found:
        if save and not found.report.is_refused:
            found.save()
        return found.report


def failures(folder: Path, content: str, file: str = "measures") -> list[dict[str, str]]:
    """The file of failed rows of an import."""
    path = folder / f"{file}.csv"
    path.write_bytes(content.encode())
    with compared(path, resources()[file], by=system_account()) as found:
        header, *rows = failed_rows(found.table, refusals())
        return [dict(zip(header, row, strict=True)) for row in rows]


def counts(report: Report) -> tuple[int, int, int, int]:
    """New, changed, unchanged, refused."""
    return report.new, report.changed, report.unchanged, report.refused


def problems(report: Report) -> list[tuple[int | None, str, str]]:
    """Row, column and value of each problem."""
    return [(problem.row, problem.column, problem.value) for problem in report.problems]


def export(resource: type[FileResource] = MeasureResource, **options: Any) -> str:
    """Export all records of a kind as text."""
    return b"".join(exported(resource, **options)).decode()


def cell_of(value: object) -> str:
    """The cell of a value of another format, such as JSON or Parquet."""
    return "|".join(value) if isinstance(value, list) else "" if value is None else str(value)
