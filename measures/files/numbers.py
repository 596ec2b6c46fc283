"""Identifiers for the new measures of a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from foundation.files.rules import Rule
from foundation.sql import execute, rows, second_connection

FIRST_NUMBERS = 1000
"""Numbers up to this are taken from a file for a country that has no series yet, however few its rows."""
NUMBERS_A_ROW = 10
"""Numbers for each of its rows that are taken from such a file: identifiers of imports that failed leave gaps."""


def rules(*, keep: bool) -> list[Rule]:
    """Which identifiers of new rows are refused, so that none runs a series out of numbers.

    A file may number its new rows itself, since their relations name each other by identifiers: as far as the series
    would get with those rows. A record that exists is found by whatever identifier it has. With `keep` a backup is
    restored: the series follows.
    """
    form = Rule(
        "public_id",
        f"{_NEW} and (public_id !~ '^[A-Z]{{3}}-(0[0-9]{{4}}|[1-9][0-9]{{4,5}})$' or number = 0)",
        _("This is no identifier of a series."),
        _("Correct it to the form of PER-00007, five or six digits, or leave the cell empty: the series gives one."),
    )
    beyond = Rule(
        "public_id",
        f"{_NEW} and number > case when last > 0 then last + count"
        f" else greatest({FIRST_NUMBERS}, {NUMBERS_A_ROW} * count) end",
        _("This identifier is beyond the series of its country."),
        _(
            "Leave the cell empty: the series gives the next one."
            " To restore a backup with its identifiers, run import_measures with --keep-identifiers."
        ),
    )
    return [form] if keep else [form, beyond]


_NEW = """
select line, public_id from (
    select c.line, c.public_id, coalesce(s.last, 0) as last, count(*) over (partition by left(c.public_id, 3)) as count,
        nullif(regexp_replace(substr(c.public_id, 5), '[^0-9]', '', 'g'), '')::numeric as number
    from checked c left join measures_publicidsequence s on s.prefix = left(c.public_id, 3)
    where c.is_new and c.public_id <> ''
) n where true"""


def number(*, within: bool) -> None:
    """Give identifiers to new rows without one; an identifier that the file gives is never given again.

    The numbers are taken in a transaction of their own, so that nobody who adds a measure waits for the import; those
    of an import that fails are lost. `within` takes them in the transaction that is open, where that is not the
    import's own: it may have taken some itself, and the two would wait for each other.
    """
    wanted = rows(
        "select coalesce(country_id, 'INT') as prefix, coalesce(max(substr(public_id, 5)::integer), 0),"
        " count(*) filter (where public_id is null) from candidate_rows join outcome o using (line) where o.is_new"
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
        " from candidate_rows d join unnest(%s::text[], %s::integer[], %s::integer[]) g(prefix, last, total)"
        " on g.prefix = coalesce(d.country_id, 'INT') where d.public_id is null)"
        " update candidate_rows d set public_id = n.prefix || '-' || lpad(n.number, greatest(length(n.number), 5), '0')"
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
        with second_connection() as cursor:
            yield cursor
