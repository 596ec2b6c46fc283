"""What differs between two states of a file, cell by cell, and how a copy of the one becomes the other.

Rows are in the order of their keys, as exports have them, so that both states are read side by side in memory that does
not grow. A line of a delta is `op, file, key, column, old, new, reason, source`:

- `MOD` is a cell that changed; `ADD` and `DEL` are the cells of a row that came or went, one line for each that is not
  empty.
- `key` has the cells of the key, with `|` between them; in these, `%7C` stands for `|` and `%25` for `%`.
- A line without a key is about the file itself: `old` and `new` are its headers, '' where there is no such file.
"""

import csv
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple, TypeVar

ADD, MOD, DEL = "ADD", "MOD", "DEL"
SOURCES = ("sources", "source")
"""Columns in which a row names what it rests on."""
_QUOTED = re.compile('[,"\r\n]')
T = TypeVar("T")
Row = list[str]
Cells = dict[str, str]
Place = tuple[int | str, ...]


class Change(NamedTuple):
    """A line of a delta."""

    op: str
    file: str
    key: str
    column: str
    old: str
    new: str
    reason: str = ""
    source: str = ""


HEADER = Change._fields


class DeltaProblem(ValueError):
    """A delta that cannot be applied, or a file that is not in the order of its keys; the message says which."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file after its header, in the order of `key`; the columns in `numbers` are ordered as numbers."""

    name: str
    header: Sequence[str]
    key: Sequence[str]
    numbers: frozenset[str] = frozenset()
    rows: Iterable[Row] = ()

    def place(self, cells: Iterable[str]) -> Place:
        """The place in the order of the row whose key has these cells."""
        pairs = zip(self.key, cells, strict=True)
        return tuple(int(cell) if name in self.numbers else cell for name, cell in pairs)

    def placed(self) -> Iterator[tuple[Place, Cells]]:
        """Each row by column, with its place; raise DeltaProblem if it does not come after the row before."""
        last: Place | None = None
        for row in self.rows:
            cells = dict(zip(self.header, row, strict=True))
            place = self.place(cells[name] for name in self.key)
            if last is not None and place <= last:
                raise DeltaProblem(f"{self.name}: the row {key_of(place)} is out of order.")
            yield place, cells
            last = place


# Keys and rows as text


def key_of(cells: Iterable[int | str]) -> str:
    """The cells of a key as one."""
    return "|".join(str(cell).replace("%", "%25").replace("|", "%7C") for cell in cells)


def cells_of(key: str) -> Row:
    """The cells in a key."""
    return [cell.replace("%7C", "|").replace("%25", "%") for cell in key.split("|")]


def line(cells: Iterable[str]) -> bytes:
    """A row as exports write it."""
    return (",".join(map(_quoted, cells)) + "\n").encode()


def _quoted(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"' if _QUOTED.search(cell) else cell


def csv_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows of a CSV file from pieces of it that end with a line."""
    return csv.reader(piece.decode() for piece in lines)


# Compare


def changes(old: Table | None, new: Table | None) -> Iterator[Change]:
    """The lines of a delta from one state of a file to another; None where there is no such file."""
    if old and new and (old.key, old.numbers) != (new.key, new.numbers):
        yield from chain(changes(old, None), changes(None, new))
        return
    headers = [line(table.header).decode().strip() if table else "" for table in (old, new)]
    if headers[0] != headers[1]:
        yield Change(MOD if all(headers) else ADD if headers[1] else DEL, _name(old, new), "", "", *headers)
    if new is None:
        return
    for place, before, after in _side_by_side(old.placed() if old else iter(()), new.placed()):
        op = ADD if before is None else DEL if after is None else MOD
        was, now = before or {}, after or {}
        source = next((row[name] for row in (now, was) for name in SOURCES if row.get(name)), "")
        for column in new.header:
            if (cells := (was.get(column, ""), now.get(column, ""))) and cells[0] != cells[1]:
                yield Change(op, new.name, key_of(place), column, *cells, source=source)


def _name(*tables: Table | None) -> str:
    return next(table.name for table in tables if table)


def _side_by_side(
    old: Iterator[tuple[Place, Cells]], new: Iterator[tuple[Place, Cells]]
) -> Iterator[tuple[Place, Cells | None, Cells | None]]:
    """Each place with the rows that both have there, in order."""
    before, after = next(old, None), next(new, None)
    while before or after:
        place = min(each[0] for each in (before, after) if each)
        was = before[1] if before and before[0] == place else None
        now = after[1] if after and after[0] == place else None
        yield place, was, now
        if was is not None:
            before = next(old, None)
        if now is not None:
            after = next(new, None)


# Apply


def tables_of(folder: Path, *, is_whole: bool = True) -> dict[str, Table]:
    """The CSV files of a package in a folder, by name, as its datapackage.json describes them.

    A folder that is not whole may lack files, as one does to which a delta has yet to add them.
    """
    found = {}
    for resource in json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
        schema, name = resource["schema"], resource["name"]
        types = {each["name"]: each["type"] for each in schema["fields"]}
        key = tuple(schema.get("primaryKey") or schema["uniqueKeys"][0])
        numbers = frozenset(column for column in key if types[column] == "integer")
        path = folder / f"{name}.csv"
        rows = _rows_of(path) if is_whole or path.exists() else iter(())
        found[name] = Table(name, next(rows, []), key, numbers, rows)
    return found


def _rows_of(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.reader(file)


def apply(folder: Path, delta: Iterable[str]) -> int:
    """Make a copy of a release what a delta says, and return the number of its lines.

    All files are written before the first one is replaced: if something does not fit, the copy stays as it is.
    """
    rows = csv.reader(delta)
    if tuple(next(rows, ())) != HEADER:
        raise DeltaProblem("This is no delta: its first line is another.")
    tables, parts, total = tables_of(folder, is_whole=False), list[tuple[Path, Path]](), 0
    try:
        for name, group in groupby(map(_change, rows), key=lambda change: change.file):
            path = folder / f"{name}.csv"
            part = path.with_name(f".{path.name}.{os.getpid()}.part")
            parts.append((part, path))
            counted = Counted(group)
            with part.open("wb") as file:
                file.writelines(_after(tables.get(name) or _undescribed(path), counted))
            total += counted.number
        for part, path in parts:
            if part.stat().st_size:
                part.replace(path)
            else:  # not even a header
                path.unlink(missing_ok=True)
        return total
    finally:
        for part, _path in parts:
            part.unlink(missing_ok=True)


def _undescribed(path: Path) -> Table:
    """The table in a file that datapackage.json does not describe; it has no key, and a delta can only remove it."""
    rows = _rows_of(path) if path.exists() else iter(())
    return Table(path.stem, next(rows, []), (), rows=rows)


def _change(cells: Row) -> Change:
    if len(cells) != len(HEADER) or cells[0] not in (ADD, MOD, DEL) or not re.fullmatch("[a-z0-9_]+", cells[1]):
        raise DeltaProblem(f"This line is no change: {','.join(cells)[:200]}")
    return Change(*cells)


class Counted(Iterator[T]):
    """Lines or changes, counted as they are read."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items, self.number = iter(items), 0

    def __next__(self) -> T:
        item = next(self._items)
        self.number += 1
        return item


def _after(table: Table, told: Iterator[Change]) -> Iterator[bytes]:
    """The lines of a file after its changes; none if it is no more."""
    change = next(told, None)
    while change and not change.key:
        table = _with_header(table, change)
        change = next(told, None)
    if not table.key and (table.header or change):
        raise DeltaProblem(f"{table.name}: the copy does not describe this file. Take datapackage.json of the release.")
    if not table.header:
        if change:
            raise DeltaProblem(f"{table.name}: the copy does not have this file.")
        return
    yield line(table.header)
    rest = chain([change] if change else [], told)
    by_row = groupby(rest, key=lambda each: (each.op, each.key))
    waiting = next(by_row, None)
    for place, row in chain(table.placed(), [(None, {})]):
        while waiting and (place is None or table.place(cells_of(waiting[0][1])) < place):
            (op, key), cells = waiting
            if op != ADD:
                raise DeltaProblem(f"{table.name}: there is no row {key}.")
            yield line(_changed(table, dict.fromkeys(table.header, ""), cells).values())
            waiting = next(by_row, None)
        if place is None:
            return
        if waiting and waiting[0][1] == key_of(place):
            (op, key), cells = waiting
            if op == ADD:
                raise DeltaProblem(f"{table.name}: there is a row {key} already.")
            changed = _changed(table, row, cells)
            waiting = next(by_row, None)
            if op == DEL:
                if any(changed.values()):
                    raise DeltaProblem(f"{table.name}: the row {key} has more cells than those that go.")
                continue
            row = changed
        yield line(row.values())


def _with_header(table: Table, change: Change) -> Table:
    """The table with the header that a change says, and the cells of the columns that stay."""
    if change.old != line(table.header).decode().strip():
        raise DeltaProblem(f"{table.name}: the header is not the one that the change begins with.")
    header = next(csv.reader([change.new]), [])
    was, rows = table.header, table.rows
    if change.op != MOD:
        return replace(table, header=header, rows=())
    cells = (dict(zip(was, row, strict=True)) for row in rows)
    return replace(table, header=header, rows=([row.get(name, "") for name in header] for row in cells))


def _changed(table: Table, row: Cells, told: Iterable[Change]) -> Cells:
    """The row with the changed cells, each of which must be what it was."""
    for change in told:
        if row.get(change.column) != change.old:
            raise DeltaProblem(
                f"{table.name}, {change.key}, {change.column}: the copy is not what the changes begin with."
            )
        row[change.column] = change.new
    return row
