"""Statements that the ORM does not write: run, timed, locked, and on a second connection."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

Params = Sequence[Any] | Mapping[str, Any] | None


def execute(sql: str, params: Params = None) -> int:
    """Run one statement; return how many rows it wrote."""
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
    """In this transaction, statements may take as long as they need; with `waits` they also wait for any lock.

    For long work that somebody has asked for on purpose, and that the limits of a web request must not break off.
    """
    limits = ["statement_timeout", "idle_in_transaction_session_timeout", *(["lock_timeout"] if waits else [])]
    execute("select set_config(name, '0', true) from unnest(%s::text[]) name", [limits])


def lock_until_commit(name: str) -> None:
    """Wait for the advisory lock of this name, and hold it until the transaction ends."""
    execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def session_lock(namespace: int, key: int) -> Iterator[bool]:
    """Try to hold an advisory lock while the block lasts; yields whether it is ours.

    It belongs to the connection: when the process dies, the lock goes.
    """
    is_ours = bool(value("select pg_try_advisory_lock(%s, %s)", [namespace, key]))
    try:
        yield is_ours
    finally:
        if is_ours and not connection.needs_rollback:
            execute("select pg_advisory_unlock(%s, %s)", [namespace, key])


def is_locked(namespace: int, key: int) -> bool:
    """Whether some session holds the lock that `session_lock` takes."""
    held = (
        "select exists (select from pg_locks where locktype = 'advisory' and classid = %s and objid = %s"
        " and database = (select oid from pg_database where datname = current_database()))"
    )
    return bool(value(held, [namespace, key]))


@contextmanager
def second_connection() -> Iterator[Any]:
    """A cursor of a connection of its own; each statement is a transaction. To be used by the thread that opens it."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()
