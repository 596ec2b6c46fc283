"""Copy the rows of a file into a staging table, each cell in its canonical text.

Reasons why cells cannot be parsed go to the table `problem`. Memory does not grow with the file.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.files.cells import CellProblem, is_placeholder, last_moment
from foundation.files.columns import Column, Told, quoted
from foundation.files.field_columns import TextColumn
from foundation.files.importing.reading import FileProblem, Row, Table, rows_of
from foundation.files.models import Phase
from foundation.files.resources import FileResource, Rule
from foundation.sql import execute

TABLES = ("staged", "problem", "outcome", "candidate_rows", "changed_rows", "category")
LONGEST_PLACEHOLDER = 10
TOLD_EACH = 500
"""Number of rows between progress reports."""
VALUE_LENGTH = 200
"""Characters shown of a refused cell."""


@dataclass(frozen=True, slots=True)
class Step:
    """The progress of a phase: bytes while reading, rules while checking, otherwise rows."""

    phase: Phase
    done: int
    total: int


Tell = Callable[[Step], None]
"""Called periodically with the progress of the import; may raise to abort it."""


@contextmanager
def staged(
    table: Table, resource: type[FileResource], tell: Tell, *, skip_refused: bool = False
) -> Iterator[list[str]]:
    """Provide the rows of the file in the table `staged` inside the block; yield notices.

    With `skip_refused`, FileProblem is raised where the file ends in the middle: nobody knows what the rest would be.
    """
    cells = ", ".join(f"{quoted(column.name)} text" for column in resource.imported())
    execute(f"create temp table staged (line integer, problems jsonb, told_at timestamptz, {cells}) on commit drop")
    execute(
        'create temp table problem (line integer, "column" text, value text, problem text, remedy text) on commit drop'
    )
    execute("create index on problem (line)")
    try:
        yield _copy(table, resource, tell, skip_refused=skip_refused)
    finally:
        if not connection.needs_rollback:
            execute(f"drop table if exists {', '.join(TABLES)} cascade")


def refuse(rule: Rule) -> None:
    """Record the rows that a rule finds, except for cells that were already refused."""
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select f.line, %s, left(f.value, {VALUE_LENGTH}), %s, %s from ({rule.sql}) f(line, value)"
        ' where not exists (select from problem p where p.line = f.line and p."column" = %s)',
        [rule.column, rule.problem, rule.remedy, rule.column],
    )


def _copy(table: Table, resource: type[FileResource], tell: Tell, *, skip_refused: bool) -> list[str]:
    """Fill `staged` and `problem`."""
    placeholders: dict[str, int] = {}
    interpreted: dict[str, tuple[str, str]] = {}
    nameless: list[tuple[int, str]] = []
    columns = ", ".join(["line", "problems", "told_at", *(quoted(column.name) for column in table.present)])
    read = _row_reader(table, placeholders, interpreted, nameless)
    broken = None
    repeated: list[int] = []
    size = table.path.stat().st_size
    with connection.cursor() as cursor, cursor.copy(f"copy staged ({columns}) from stdin") as copy:
        try:
            for row in _once(table, repeated):
                copy.write_row(read(row))
                if row.number % TOLD_EACH == 0:
                    tell(Step(Phase.READING, row.bytes_read, size))
        except FileProblem as problem:
            broken = problem
    execute("create unique index on staged (line)")
    execute(f"create index on staged ({quoted(resource.keys[0][0])})")  # rows of a file name each other by it
    execute("analyze staged")
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        " select s.line, p.c, p.v, p.p, p.r from staged s"
        " cross join lateral jsonb_to_recordset(s.problems) p(c text, v text, p text, r text)"
        " where s.problems is not null"
    )
    execute("analyze problem")  # without its size, rules would be checked against it row by row
    if broken and skip_refused:
        raise broken
    if broken:
        execute("insert into problem values (%s, '', '', %s, %s)", [broken.row, broken.problem, broken.remedy])
    return [
        *([_repetition_notice(repeated)] if repeated else []),
        *([_nameless_notice(*nameless[0])] if nameless else []),
        *(_placeholder_notice(name, number) for name, number in placeholders.items()),
        *(_interpretation_notice(name, *cell) for name, cell in interpreted.items()),
    ]


def _once(table: Table, repeated: list[int]) -> Iterator[Row]:
    """The rows of the file; of a table with columns of its own, those that repeat another one whole are only noted."""
    if not table.mapper:
        yield from rows_of(table)
        return
    seen: set[bytes] = set()
    for row in rows_of(table):
        digest = blake2b(repr(row.cells).encode(errors="replace"), digest_size=16).digest()
        if digest in seen:
            repeated.append(row.number)
        else:
            seen.add(digest)
            yield row


def _repetition_notice(repeated: list[int]) -> str:
    return ngettext(
        "%(count)d row repeats another one, cell by cell, and was left out: row %(row)d.",
        "%(count)d rows repeat other ones, cell by cell, and were left out, the first of them row %(row)d.",
        len(repeated),
    ) % {"count": len(repeated), "row": repeated[0]}


def _nameless_notice(row: int, value: str) -> str:
    return _("Cells in a column without a name were left out, the first of them in row %(row)d: “%(value)s”.") % {
        "row": row,
        "value": value[:VALUE_LENGTH],
    }


def _placeholder_notice(name: str, number: int) -> str:
    return _("Text such as NA was left unchanged in column %(column)s, first in row %(row)d.") % {
        "column": name,
        "row": number,
    }


def _interpretation_notice(name: str, typed: str, read: str) -> str:
    return _("In column %(column)s, values were converted: “%(typed)s”, for example, was read as “%(read)s”.") % {
        "column": name,
        "typed": typed[:VALUE_LENGTH],
        "read": read[:VALUE_LENGTH],
    }


def _row_reader(
    table: Table,
    placeholders: dict[str, int],
    interpreted: dict[str, tuple[str, str]],
    nameless: list[tuple[int, str]],
) -> Callable[[Row], list[str | int | None]]:
    """Return a function from a row to the copied values: line, problems, cells.

    Almost every row is valid, so it is read as a whole, and cell by cell only if that fails.
    """
    places = [
        (index, column, column.reader(_note_first(column.name, interpreted)))
        for index, column in enumerate(table.columns)
        if column
    ]
    readers = [(index, read_cell) for index, _column, read_cell in places]
    prose = [(i, column.name) for i, column, _read in places if isinstance(column, TextColumn) and column.is_prose]
    width = len(table.header)
    blank = [] if table.mapper else [place for place, name in enumerate(table.header) if not name.strip()]

    def read(row: Row) -> list[str | int | None]:
        if problem := _shape_problem(row, width):
            return [row.number, json.dumps([problem]), None, *([""] * len(places))]
        cells = table.cells_of(row)
        if blank and not nameless:
            nameless.extend((row.number, cells[place]) for place in blank if cells[place].strip())
        told_at = None if table.told_at is None else last_moment(cells[table.told_at])
        for index, name in prose:
            if 0 < len(cells[index]) < LONGEST_PLACEHOLDER and is_placeholder(cells[index]):
                placeholders.setdefault(name, row.number)
        try:
            return [row.number, None, told_at, *(read_cell(cells[index]) for index, read_cell in readers)]
        except CellProblem:
            return _read_cell_by_cell(row.number, cells, places, told_at)

    return read


def _note_first(name: str, interpreted: dict[str, tuple[str, str]]) -> Told:
    """Return a function that notes the first cell of a column that was read as something it does not literally say."""

    def note(typed: str, read: str) -> None:
        interpreted.setdefault(name, (typed, read))

    return note


def _read_cell_by_cell(
    line: int, cells: list[str], places: list[tuple[int, Column, Callable[[str], str]]], told_at: str | None
) -> list[str | int | None]:
    problems, values = [], []
    for index, column, read_cell in places:
        try:
            values.append(read_cell(cells[index]))
        except CellProblem as error:
            values.append("")
            problems.append(_cell_problem(column, cells[index], error))
    return [line, json.dumps(problems), told_at, *values]


def _cell_problem(column: Column, cell: str, error: CellProblem) -> dict[str, str]:
    return {"c": column.name, "v": cell[:VALUE_LENGTH], "p": error.problem, "r": error.remedy}


def _shape_problem(row: Row, width: int) -> dict[str, str] | None:
    """A problem with the row as a whole: a NUL character, or too few or too many cells."""
    if damaged := next((cell for cell in row.cells if "\0" in cell), ""):
        return {
            "c": "",
            "v": damaged.replace("\0", "␀")[:VALUE_LENGTH],
            "p": _("The row contains a NUL character."),
            "r": _("The file is damaged there: type the cell again."),
        }
    if len(row.cells) == width or (len(row.cells) > width and not any(row.cells[width:])):
        return None
    return {
        "c": "",
        "v": " | ".join(row.cells)[:VALUE_LENGTH],
        "p": _("The row has %(cells)d cells and the header %(width)d.") % {"cells": len(row.cells), "width": width},
        "r": _(
            "The row needs as many cells as the header. Put quotation marks around a cell with a delimiter or a line "
            "break."
        ),
    }
