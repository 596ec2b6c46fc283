"""Records -> a CSV file, streamed by the database's COPY: memory stays the same whatever the number of rows."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg import ClientCursor

from countries.columns import Column, quoted
from countries.resources import FileResource

BLOCK = 1 << 16
"""Bytes that are handed to a web server at once; a row alone would cost more in calls than in bytes."""


def exported(
    resource: type[FileResource],
    queryset: QuerySet[Any] | None = None,
    *,
    public: bool = False,
    with_local: bool = True,
) -> Iterator[bytes]:
    """The header, then one row a time: the records of `queryset` in its order, or all in the order of the file.

    `public` leaves out what the public may not see inside a row; the caller chooses the rows. Without `with_local` the
    columns that say what this installation did with a record are left out: two installations give the same file.
    """
    columns = [column for column in resource.columns() if with_local or column.name not in resource.local]
    source = _in_order_of(resource, queryset) if queryset is not None else _all(resource)
    yield (",".join(column.name for column in columns) + "\n").encode()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local max_parallel_workers_per_gather = 0")  # workers would give the rows out of order
        with cursor.copy(f"copy ({_select(columns, public)} {source}) to stdout (format csv)") as copy:
            for row in copy:
                yield bytes(row)


def in_blocks(rows: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of a size that suits a network."""
    waiting: list[bytes] = []
    size = 0
    for row in rows:
        waiting.append(row)
        size += len(row)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _select(columns: list[Column], public: bool) -> str:
    """COPY quotes an empty text to tell it from null; in our files both are nothing."""
    cells = (f"nullif({column.written(public=public)}, '') as {quoted(column.name)}" for column in columns)
    return f"select {', '.join(cells)}"


def _all(resource: type[FileResource]) -> str:
    return f"from {resource.table()} r order by {resource.order()}"


def _in_order_of(resource: type[FileResource], queryset: QuerySet[Any]) -> str:
    """The rows one by one by their key, so that the database sorts keys alone and the first row comes at once."""
    table, pk = resource.table(), resource.pk()
    sql, params = queryset.values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        keys = ClientCursor(cursor.connection).mogrify(sql, params)
    return f"from ({keys}) q(id) cross join lateral (select * from {table} f where f.{pk} = q.id offset 0) r"
