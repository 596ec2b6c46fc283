"""Identifiers for the new measures of a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from measures.importing.aside import aside
from measures.importing.staging import execute, rows


def number(*, within: bool) -> None:
    """Give identifiers to new rows without one; an identifier that the file gives is never given again.

    The numbers are taken in a transaction of their own, so that nobody who adds a measure waits for the import; those
    of an import that fails are lost. `within` takes them in the transaction that is open, where that is not the
    import's own: it may have taken some itself, and the two would wait for each other.
    """
    wanted = rows(
        "select coalesce(country_id, 'INT') as prefix, coalesce(max(substr(public_id, 5)::integer), 0),"
        " count(*) filter (where public_id is null) from drafted join outcome o using (line) where o.is_new"
        " group by 1 order by 1"
    )
    if not wanted:
        return
    with _cursor(within=within) as cursor:
        cursor.execute(_TAKE, [list(column) for column in zip(*wanted, strict=True)])
        taken = cursor.fetchall()
    execute(
        "with numbered as (select d.line, g.prefix, (g.last - g.total + row_number() over"
        " (partition by g.prefix order by d.line))::text as number"
        " from drafted d join unnest(%s::text[], %s::integer[], %s::integer[]) g(prefix, last, total)"
        " on g.prefix = coalesce(d.country_id, 'INT') where d.public_id is null)"
        " update drafted d set public_id = n.prefix || '-' || lpad(n.number, greatest(length(n.number), 5), '0')"
        " from numbered n where d.line = n.line",
        [[row[place] for row in taken] for place in range(3)],
    )


_TAKE = """
with wanted as (select * from unnest(%s::text[], %s::integer[], %s::integer[]) w(prefix, given, total)),
taken as (insert into measures_publicidsequence as s (prefix, last)
    select prefix, given + total from wanted order by prefix
    on conflict (prefix) do update set last = greatest(s.last,
        (select w.given from wanted w where w.prefix = s.prefix))
        + (select w.total from wanted w where w.prefix = s.prefix)
    returning prefix, last)
select prefix, last, total from taken join wanted using (prefix)
"""


@contextmanager
def _cursor(*, within: bool) -> Iterator[Any]:
    if within:
        with connection.cursor() as cursor:
            yield cursor
    else:
        with aside() as cursor:
            yield cursor
