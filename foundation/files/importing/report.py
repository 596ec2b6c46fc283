"""What an import found and did, and the refused rows as a file: the original cells and why.

Mended, that file can be imported as it is.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from foundation.files.importing.reading import OWN_COLUMNS, FileProblem, Row, Table, rows_of


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row (or the whole file, if `row` is None) is refused, and the remedy."""

    row: int | None
    column: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (f"row {self.row}" if self.row else "", self.column) if part)
        return f"{place}: {self.problem} {self.remedy}" if place else f"{self.problem} {self.remedy}"


@dataclass(slots=True)
class Report:
    """The counts of rows by outcome; `problems` has the first ones, `refused` counts all refused rows."""

    file: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    older: int = 0
    """Rows that would change a record that has changed since; they are left alone."""
    refused: int = 0
    published: int = 0
    is_applied: bool = False
    skips_refused: bool = False
    notices: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        """Whether the file as it is cannot be imported: one refused row refuses all, unless it may be left out."""
        return bool(self.refused or self.problems) and not self.skips_refused


# The file of refused rows


Refusal = tuple[int | None, str, str, str]
"""Row, columns, problems and remedies of a refused row."""


def write_failures(table: Table, path: Path) -> None:
    """Write the refused rows to a CSV file in UTF-8, with a byte order mark for spreadsheet programs.

    Call this inside the import's transaction.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(failed_rows(table, refusals()))


def failed_rows(table: Table, refused: Iterable[Refusal]) -> Iterator[list[str]]:
    """Yield the header and the refused rows, in file order; the file is read again, to save memory.

    Our own columns replace those of an earlier file of failed rows, but for columns of those names that a mapping uses.
    """
    needed = table.mapper.places if table.mapper else frozenset()
    names = [name.strip().lower() for name in table.header]
    kept = [place for place, name in enumerate(names) if name not in OWN_COLUMNS or place in needed]
    yield [*(table.header[place] for place in kept), *OWN_COLUMNS]
    readable = _readable(table)
    for line, *words in refused:
        cells = next((row.cells for row in readable if row.number == line), [])
        cells = [*cells, *([""] * len(table.header))]
        yield [*(cells[place] for place in kept), str(line), *words]


def refusals() -> Iterator[Refusal]:
    """Yield the refused rows in file order, inside the import's transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            'select line, string_agg("column", \'; \' order by "column"), string_agg(problem, \' \' order by "column"),'
            " string_agg(remedy, ' ' order by \"column\") from problem group by line order by line"
        )
        yield from cursor


def _readable(table: Table) -> Iterator[Row]:
    """Yield rows as far as the file can be read; the refusals include the reason why it stops."""
    try:
        yield from rows_of(table)
    except FileProblem:
        return
