"""The refused rows as a file: the original cells and why; mended, it can be imported as it is."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import connection

from foundation.files.importing.reading import OWN_COLUMNS, FileProblem, Row, Table, rows_of

Refusal = tuple[int | None, str, str, str]
"""Row, columns, problems and remedies of a refused row."""


def write_failures(table: Table, path: Path) -> None:
    """Write the refused rows to a CSV file, in UTF-8 with a mark so that spreadsheet programs read it as such.

    To be called while the import lasts.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(failed_rows(table, refusals()))


def failed_rows(table: Table, refused: Iterable[Refusal]) -> Iterator[list[str]]:
    """Header and refused rows, which come in the order of the file; it is read once more, to save memory."""
    kept = [place for place, name in enumerate(table.header) if name.strip().lower() not in OWN_COLUMNS]
    yield [*(table.header[place] for place in kept), *OWN_COLUMNS]
    readable = _readable(table)
    for line, *words in refused:
        cells = next((row.cells for row in readable if row.number == line), [])
        cells = [*cells, *([""] * len(table.header))]
        yield [*(cells[place] for place in kept), str(line), *words]


def refusals() -> Iterator[Refusal]:
    """The refused rows in the order of the file, while the import lasts."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            'select line, string_agg("column", \'; \' order by "column"), string_agg(problem, \' \' order by "column"),'
            " string_agg(remedy, ' ' order by \"column\") from problem group by line order by line"
        )
        yield from cursor


def _readable(table: Table) -> Iterator[Row]:
    """The rows as far as the file can be read; why no further is among the refusals."""
    try:
        yield from rows_of(table)
    except FileProblem:
        return
