"""Stream records into a file: the first bytes are sent at once, and memory does not grow with the number of rows.

First the order is determined, as a list of ids. COPY then writes some thousand records at a time, so that the database
never sorts whole records, and builds lists for thousands of records at once. A file shows one snapshot of the database,
read in one transaction.
"""

import codecs
import csv
import datetime
import io
import re
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from psycopg import ClientCursor

from foundation.files import spreadsheet
from foundation.files.columns import BatchColumn, Column, ListColumn, quoted
from foundation.files.field_columns import TextColumn
from foundation.files.resources import FileResource
from foundation.files.spreadsheet import LONGEST_CELL, MANY_ROWS, check_cell, check_rows
from foundation.records.past import as_known
from foundation.sql import rows, value


@dataclass(frozen=True, slots=True)
class Selected:
    """Records by the SQL that selects their ids in order."""

    sql: str


Records: TypeAlias = QuerySet[Any] | Selected | NDArray[Any] | Sequence[Any]
"""The records to export, in order: a queryset, SQL, or ids."""

BLOCK = 1 << 16
"""Bytes passed to the web server at once; row by row, the calls would cost more than the bytes."""
FIRST_BATCH, BATCH = 500, 100_000
"""Records per COPY: few at first, so that the first bytes are sent at once, then ten times as many each time, up to a
number at which most disk pages of a related table hold rows of several of them."""
SETTINGS = (
    "set local jit = off",  # JIT compilation takes longer than a batch
    "set local max_parallel_workers_per_gather = 0",  # so does starting parallel workers
    "set local random_page_cost = 1.1",  # batches are looked up by id; a sequential scan is never faster
    "set local statement_timeout = '10min'",  # enough for a million records; readers are not blocked
    "set local idle_in_transaction_session_timeout = '10min'",
    "set local work_mem = '64MB'",  # some kilobytes for each record of a batch
)


def exported(
    resource: type[FileResource],
    records: Records | None = None,
    *,
    public: bool = False,
    with_local: bool = True,
    labels: str = "",
    only: Collection[str] = (),
    reader: Any = None,
    known: datetime.date | None = None,
) -> Generator[bytes]:
    """CSV: the header, then one row at a time of `records`, or of all records in file order.

    `public` leaves out records and parts of records that are not public. Without `with_local`, the columns about this
    installation's own handling of a record are left out: two installations then produce the same file. `labels` is a
    language, in which each column of keys is followed by one of what they mean. `only` are names of columns, each with
    its labels, to which the file is limited; all if there are none. Cells do not name what the account `reader` may not
    read. With `known`, records and cells are those that the public knew at the end of that day.
    """
    columns = columns_of_file(resource, with_local=with_local, labels=labels, only=only, reader=reader)
    yield (",".join(column.name for column in columns) + "\n").encode()
    with one_state(known):
        for ids in _in_batches(resource, records):
            with connection.cursor() as cursor, cursor.copy(_copy(resource, columns, ids, public)) as copy:
                for row in copy:
                    yield bytes(row)


def exported_sheet(
    resource: type[FileResource],
    records: Records | None = None,
    *,
    public: bool = False,
    with_local: bool = True,
    labels: str = "",
    about: Sequence[Sequence[str]] = (),
    reader: Any = None,
    known: datetime.date | None = None,
) -> Iterator[bytes]:
    """The same as XLSX; raise TooLarge at once if there are too many rows, or a text or list is too long for a cell.

    `about` are the rows of a second sheet, which says what the file is.
    """
    total = count(resource, records)
    check_rows(total)
    _check_cells(resource, records, public)
    asked: dict[str, Any] = {"with_local": with_local, "labels": labels, "reader": reader, "known": known}
    written = exported(resource, records, public=public, **asked)
    lines = (line.decode() for line in written)
    return spreadsheet.written(csv.reader(lines), name=resource.file(), is_large=total >= MANY_ROWS, about=about)


def in_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Group the bytes into blocks suitable for a network."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def downloaded(*args: Any, for_excel: bool = False, **kwargs: Any) -> Iterator[bytes]:
    """`exported` in blocks, for a response: if the database fails, a last row says that the file is incomplete.

    Otherwise the response would end as if it were complete; an import refuses that row. `for_excel`: see `excel_rows`.
    """
    written = exported(*args, **kwargs)
    try:
        yield from in_blocks(excel_rows(written) if for_excel else written)
    except Exception:
        yield f'"{_("This file is incomplete: the database broke off. Download it again.")}"\n'.encode()
        raise


def excel_rows(written: Iterable[bytes]) -> Iterator[bytes]:
    """The rows of a file for Excel: marked as UTF-8, and with an apostrophe before what it would take for a formula.

    Such a file is for reading: an import would take the apostrophes for part of the texts.
    """
    yield codecs.BOM_UTF8
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    for row in csv.reader(row.decode() for row in written):
        writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


_FORMULA = re.compile(r"[=+@\t\r]|-(?!\d+([.]\d+)?$)")


def columns_of_file(
    resource: type[FileResource],
    *,
    with_local: bool = True,
    labels: str = "",
    only: Collection[str] = (),
    reader: Any = None,
) -> list[Column]:
    """The columns of a file, in order; see `exported`."""
    columns: list[Column] = []
    for column in resource.columns():
        if with_local or column.name not in resource.local:
            label = column.labelled(labels) if labels else None
            both = [column, label] if label else [column]
            columns += [each for each in both if not only or each.name in only or column.name in only]
    return [column.seen_by(reader) for column in columns] if reader else columns


@contextmanager
def one_state(known: datetime.date | None = None) -> Iterator[None]:
    """Run in one snapshot of the database; inside a caller's transaction, in that transaction.

    `known`: the day at whose end the record is read, see `foundation.records.past`.
    """
    is_ours = not connection.in_atomic_block
    with as_known(known), transaction.atomic():
        with connection.cursor() as cursor:
            if is_ours and known is None:
                cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute("; ".join(SETTINGS))
        yield


# Selecting the records


def _in_batches(resource: type[FileResource], records: Records | None) -> Iterator[Sequence[Any]]:
    """The ids of the records, some thousand at a time."""
    if records is None or isinstance(records, QuerySet | Selected):
        with connection.chunked_cursor() as cursor:
            cursor.execute(*_query(resource, records))
            size = FIRST_BATCH
            while ids := [pk for (pk,) in cursor.fetchmany(size)]:
                yield ids
                size = min(10 * size, BATCH)
    else:
        listed = np.asarray(records)
        start, size = 0, FIRST_BATCH
        while start < len(listed):
            yield listed[start : start + size].tolist()
            start, size = start + size, min(10 * size, BATCH)


def _query(resource: type[FileResource], queryset: QuerySet[Any] | Selected | None) -> tuple[str, Sequence[Any] | None]:
    if isinstance(queryset, Selected):
        return queryset.sql, None
    if queryset is not None:
        try:
            return queryset.values("pk").query.sql_with_params()
        except EmptyResultSet:  # Django knows that the result is empty, as for `.none()`
            return "select null where false", ()
    return f"select r.{resource.pk()} from {resource.table()} r order by {resource.order()}", ()


def count(resource: type[FileResource], records: Records | None) -> int:
    """Number of records to export."""
    if records is None:
        return resource.model()._default_manager.count()
    if isinstance(records, Selected):
        return int(value(f"select count(*) from ({records.sql}) r"))
    return records.count() if isinstance(records, QuerySet) else len(records)


# Writing the records


def _copy(resource: type[FileResource], columns: list[Column], ids: Sequence[Any], public: bool) -> str:
    """Return the COPY statement; it must not quote empty strings, which our files do not distinguish from null.

    The ids are sorted before the records are read, one after the other, so that no whole record is sorted. Lists get
    the ids as the result of a query: of those that stand in a statement, the planner looks at each for every list.
    """
    pk, type_ = f"r.{resource.pk()}", _type(resource)
    chosen, of = _array(ids, type_), f"= any((select ids from given)::{type_})"
    cells = [f"nullif({_cell(column, public)}, '') as {quoted(column.name)}" for column in columns]
    lists = [column for column in columns if isinstance(column, ListColumn)]
    derived = [column for column in columns if isinstance(column, BatchColumn)]
    names = ["q.id", "q.place", *(f"{_alias(column)}.cell as {_alias(column)}" for column in lists)]
    names += [f"{column.sql} as {_alias(column)}" for column in derived]
    tables = [(_alias(column), column.cells(of, public=public)) for column in lists]
    tables += [(table.name, table.sql(ids, of)) for table in dict.fromkeys(column.table for column in derived)]
    joins = " ".join(f"left join ({sql}) {name} on {name}.id = q.id" for name, sql in tables)
    seen = f"where {resource.is_public}" if public else ""
    numbered = f"unnest({chosen}) with ordinality q(id, place)"
    made = f"select {', '.join(names)} from {numbered} {joins} order by q.place offset 0"
    return (
        f"copy (with given as materialized (select {chosen} as ids) select {', '.join(cells)} from ({made}) q"
        f" cross join lateral (select * from {resource.table()} r where {pk} = q.id offset 0) r {seen}"
        " order by q.place) to stdout (format csv)"
    )


def _cell(column: Column, public: bool) -> str:
    """SQL of a cell; those of lists and of batch tables are made before the records are read."""
    if isinstance(column, ListColumn):
        return column.finished(f"q.{_alias(column)}")
    return f"q.{_alias(column)}" if isinstance(column, BatchColumn) else column.written(public=public)


def _alias(column: Column) -> str:
    return f"made_{column.name}"


def _type(resource: type[FileResource]) -> str:
    """The SQL type of an array of ids."""
    pk: Any = resource.model()._meta.pk
    return f"{pk.rel_db_type(connection)}[]"


def _array(ids: Sequence[Any], type_: str) -> str:
    """The ids as an SQL array literal, since COPY takes no parameters."""
    with connection.cursor() as cursor:
        return ClientCursor(cursor.connection).mogrify(f"%s::{type_}", [list(ids)])


def _check_cells(resource: type[FileResource], records: Records | None, public: bool) -> None:
    """Raise TooLarge if a cell is too long for a spreadsheet; this is rare."""
    for column in resource.columns():
        if found := {pk: (record, cell) for pk, record, cell in _long_cells(resource, column, public)}:
            for pk in _among(records, list(found)):
                record, cell = found[pk]
                check_cell(cell, column=column.name, record=record)


def _long_cells(resource: type[FileResource], column: Column, public: bool) -> list[tuple[Any, str, str]]:
    """The key, the name and the cell of each record whose cell may be too long."""
    cells, name = f"{resource.table()} r", resource.columns()[0].written()
    if isinstance(column, ListColumn):
        cells += f" join ({column.cells('is not null', public=public)}) c on c.id = r.{resource.pk()}"
        text = column.finished("c.cell")
    elif isinstance(column, TextColumn) and column.longest > LONGEST_CELL:
        text = column.written(public=public)
    else:
        return []
    return rows(
        f"select r.{resource.pk()}, {name}, {text} from {cells}"
        f" where octet_length({text}) > {LONGEST_CELL} and {resource.is_public if public else 'true'}"
    )


def _among(records: Records | None, ids: list[Any]) -> list[Any]:
    """The `ids` that are among the records."""
    if records is None or not ids:
        return ids
    if isinstance(records, Selected):
        records = [pk for (pk,) in rows(records.sql)]
    if isinstance(records, QuerySet):
        return list(records.filter(pk__in=ids).values_list("pk", flat=True))
    return [pk for pk, is_in in zip(ids, np.isin(ids, records), strict=True) if is_in]
