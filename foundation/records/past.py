"""The record as the public knew it at the end of an earlier day, read from the history.

Inside `as_known(day)` this thread reads the tables of records as they were: the schema `known` has a view of the same
name for each, which selects from its events the version of that moment, and PostgreSQL looks there first. So every
query of ours, by Django or in SQL, answers for that day without knowing it, and `today()` is that day.

The views tell no more than may be told today: see `views_of`.
"""

import datetime
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction
from psycopg import ClientCursor

from foundation.days import end_of, standing_at
from foundation.records.changes import all_event_models
from foundation.sql import execute, rows

SCHEMA = "known"
BEFORE, WHOLE = "known.before", "known.whole"
"""Settings of a session: the moment before which a version was written, and whether withdrawn records count too."""
_MOMENT = f"(select current_setting('{BEFORE}')::timestamptz)"
_SEARCH_PATH = f"{SCHEMA}, public"


@dataclass(slots=True)
class Past:
    """The day at which the record stands, and what this reader has found of it."""

    day: datetime.date
    before: datetime.datetime
    """The moment before which it was written: the end of the day, unless another one was asked for."""
    is_shared: bool
    """Whether others may use what this reader finds: not inside a transaction, whose changes are not there for them."""
    found: dict[str, Any] = field(default_factory=dict)


_reading = threading.local()


def past() -> Past | None:
    """What this thread reads, None if that is the record of today."""
    found: Past | None = getattr(_reading, "past", None)
    return found


@contextmanager
def as_known(day: datetime.date | None, *, before: datetime.datetime | None = None) -> Iterator[None]:
    """Read the record as it was publicly known at the end of `day`, or `before` a moment of it; None: as it is.

    The block is a transaction that reads one snapshot and writes nothing; inside another one, it is part of that.
    Raise RuntimeError where the database has no views of earlier days, which `migrate` creates.
    """
    if day is None or ((standing := past()) and standing.day == day):
        yield
        return
    is_ours = not connection.in_atomic_block
    with transaction.atomic():
        if is_ours:
            execute("set transaction isolation level repeatable read, read only")
        moment = before or end_of(day)
        looked = _look_back(moment)
        outer = past()
        _reading.past = Past(day, moment, is_shared=is_ours and before is None)
        try:
            with standing_at(day):
                yield
        finally:
            _reading.past = outer
        if not is_ours:  # the end of our own transaction does this, and so does that of a failed one
            names = ["search_path", BEFORE, WHOLE]
            execute(
                "select set_config(name, said, true) from unnest(%s::text[], %s::text[]) s(name, said)", [names, looked]
            )


def _look_back(moment: datetime.datetime) -> list[str]:
    """Let the session find the views first; return where and when it looked before, and whether at withdrawn ones."""
    ((path, before, whole, has_views, *_set),) = rows(
        f"select current_setting('search_path'), coalesce(current_setting('{BEFORE}', true), ''),"
        f" coalesce(current_setting('{WHOLE}', true), ''),"
        f" has_schema_privilege(to_regnamespace('{SCHEMA}')::oid, 'usage'),"
        f" set_config('{BEFORE}', %s, true), set_config('{WHOLE}', '', true), set_config('search_path', %s, true)",
        [moment.isoformat(), _SEARCH_PATH],
    )
    if not has_views:
        raise RuntimeError("The database has no views of earlier days. Run: manage.py migrate")
    return [path, before, whole]


@contextmanager
def with_withdrawn() -> Iterator[None]:
    """Inside the block, records that were withdrawn since count as on that day: for what follows from them.

    Nothing of theirs may be shown. Without effect outside of `as_known`.
    """
    if past() is None:
        yield
        return
    ((before, _now),) = rows(
        f"select coalesce(current_setting('{WHOLE}', true), ''), set_config('{WHOLE}', 'on', true)"
    )
    yield
    execute(f"select set_config('{WHOLE}', %s, true)", [before])


@contextmanager
def as_of_today() -> Iterator[None]:
    """Inside the block, in SQL alone, tables are those of today again; without effect outside of `as_known`."""
    if past() is None:
        yield
        return
    ((before, _now),) = rows("select current_setting('search_path'), set_config('search_path', 'public', true)")
    yield
    execute("select set_config('search_path', %s, true)", [before])


# The views


def views_of(
    records: Collection[type[models.Model]],
    terms: Collection[type[models.Model]],
    replaced: dict[tuple[type[models.Model], str], str],
) -> Iterator[str]:
    """SQL that creates the views of `records` as they were, and of `terms` as they are, with those that are gone.

    `replaced` has SQL of columns that are not simply those of the version `e`.
    """
    for model in records:
        columns, source = _version(model, replaced)
        yield f"create view {_view(model)} as select {columns} {source}"
    for model in terms:
        columns, source = _version(model, replaced)
        table, pk = model._meta.db_table, model._meta.pk.column
        names = ", ".join(_quoted(column) for column in model._meta.concrete_fields)
        yield (
            f"create view {_view(model)} as select {names} from public.{table}"  # noqa: S608  (names in our own code)
            f" union all select {columns} {source}"
            f" and not exists (select from public.{table} n where n.{pk} = e.pgh_obj_id)"
        )


def _view(model: type[models.Model]) -> str:
    return f"{SCHEMA}.{model._meta.db_table}"


def _version(model: type[models.Model], replaced: dict[tuple[type[models.Model], str], str]) -> tuple[str, str]:
    """SQL of the columns of the newest version `e` of each record at that moment, and of where these come from."""
    events = event_table(model)
    columns = ", ".join(
        f"{replaced.get((model, column.name)) or _column(column)} as {_quoted(column)}"
        for column in model._meta.concrete_fields
    )
    return columns, (
        f"from public.{events} e where e.pgh_created_at < {_MOMENT} and e.pgh_label <> 'delete'"
        f" and not exists (select from public.{events} l where l.pgh_obj_id = e.pgh_obj_id and l.pgh_id > e.pgh_id"
        f" and l.pgh_created_at < {_MOMENT})"
    )


def _quoted(column: Any) -> str:
    return str(connection.ops.quote_name(column.column))


def event_table(model: type[models.Model]) -> str:
    """The table of the versions of a model's records."""
    concrete = model._meta.concrete_model
    found = [
        event._meta.db_table for event in all_event_models() if event.pgh_tracked_model._meta.concrete_model is concrete
    ]
    return str(found[0])


def _column(column: Any) -> str:
    """SQL of a column of the version `e`; the history keeps no generated columns, which are computed anew."""
    if column.primary_key:
        return "e.pgh_obj_id"
    if not isinstance(column, models.GeneratedField):
        return f"e.{_quoted(column)}"
    sql, params = column.generated_sql(connection)
    with connection.cursor() as cursor:
        return f"({ClientCursor(cursor.connection).mogrify(sql, params)})"
