"""Raw SQL: statements, time limits, locks, and a second connection."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from psycopg.errors import QueryCanceled

Params = Sequence[Any] | Mapping[str, Any] | None


def execute(sql: str, params: Params = None) -> int:
    """Run one statement; return the number of rows affected."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def rows(sql: str, params: Params = None) -> list[tuple]:
    """Run one query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def value(sql: str, params: Params = None) -> Any:
    """Run one query and return the only value of its only row."""
    return rows(sql, params)[0][0]


def take_time(*, waits: bool = False) -> None:
    """Lift the statement timeout for this transaction; with `waits` the lock timeout too.

    For long work that was explicitly requested, and that the limits for web requests must not interrupt. If its process
    is killed, its statement ends within seconds, and with it the locks of the transaction.
    """
    limits = ["statement_timeout", "idle_in_transaction_session_timeout", *(["lock_timeout"] if waits else [])]
    settings = dict.fromkeys(limits, "0") | {"client_connection_check_interval": "5s"}
    execute(
        "select set_config(name, value, true) from unnest(%s::text[], %s::text[]) s(name, value)",
        [list(settings), list(settings.values())],
    )


def lock_until_commit(name: str) -> None:
    """Wait for the advisory lock of this name; it is released at the end of the transaction."""
    execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def try_lock_until_commit(name: str) -> bool:
    """Take the advisory lock of this name, as `lock_until_commit` does, if it is free; return whether it was."""
    return bool(value("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name]))


@contextmanager
def session_lock(namespace: int, key: int) -> Iterator[bool]:
    """Try to hold an advisory lock inside the block; yield whether that succeeded.

    The lock belongs to the connection: if the process dies, it is released.
    """
    is_ours = bool(value("select pg_try_advisory_lock(%s, %s)", [namespace, key]))
    try:
        yield is_ours
    finally:
        if is_ours and not connection.needs_rollback:
            _unlock(namespace, key)


def _unlock(namespace: int, key: int) -> None:
    """Release a lock of the session, also where a request to cancel the work before comes late and meets this."""
    for is_last in (False, True):
        try:
            execute("select pg_advisory_unlock(%s, %s)", [namespace, key])
        except OperationalError as error:
            if is_last or not isinstance(error.__cause__, QueryCanceled):
                raise
        else:
            return


def is_locked(namespace: int, key: int) -> bool:
    """Whether a session holds the lock that `session_lock` takes."""
    held = (
        "select exists (select from pg_locks where locktype = 'advisory' and classid = %s and objid = %s"
        " and database = (select oid from pg_database where datname = current_database()))"
    )
    return bool(value(held, [namespace, key]))


@contextmanager
def second_connection() -> Iterator[Any]:
    """Yield a cursor on a separate connection in autocommit mode. Use it only in the thread that opens it."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()
