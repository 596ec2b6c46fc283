"""Readiness of this process, for load balancers; safe against frequent requests by anybody."""

import time
from functools import cache
from threading import Lock

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.migrations.loader import MigrationLoader

from observatory.embedded.postgres import PostgresError
from observatory.writable_folders import unwritable

FRESH = 1.0
"""Seconds for which the results of the database and disk checks are cached."""
TIMEOUT = 2
"""Timeout in seconds for connecting to the database, and for its response."""
NO_ANSWER = "the database does not answer"


class Readiness:
    """The cached state of the database.

    One request at a time checks it, on a separate connection with a short timeout; the others get the last result, so
    that a hanging database blocks none of them.
    """

    def __init__(self, database: BaseDatabaseWrapper) -> None:
        self._database = database
        self._asking = Lock()
        self._problem, self._answered = NO_ANSWER, float("-inf")
        self.unwritable: list[str] = []
        """The folders that were not writable at the last check, each with the reason."""
        self._is_migrated = False  # for good: migrations come with new code, which a running process does not have

    def problem(self) -> str:
        """Why this process is not ready; '' if it is."""
        if not self._is_younger(FRESH) and self._asking.acquire(blocking=False):
            try:
                if not self._is_younger(FRESH):  # another thread may have been faster
                    self.unwritable = unwritable()
                    self._problem, self._answered = self._ask(), time.monotonic()
            finally:
                self._asking.release()
        return self._problem if self._is_younger(FRESH + 2 * TIMEOUT) else NO_ANSWER

    def _is_younger(self, seconds: float) -> bool:
        return time.monotonic() - self._answered < seconds

    def _ask(self) -> str:
        database = self._database.copy()
        limits = {"connect_timeout": TIMEOUT, "tcp_user_timeout": TIMEOUT * 1000}
        database.settings_dict["OPTIONS"] = {**database.settings_dict.get("OPTIONS", {}), **limits}
        try:
            database.set_autocommit(False)
            with database.cursor() as cursor:
                cursor.execute("set local statement_timeout = %s", [TIMEOUT * 1000])
                missing = 0 if self._is_migrated else _missing(database, cursor)
        except (DatabaseError, PostgresError):
            return NO_ANSWER
        finally:
            database.close()
        self._is_migrated = not missing
        return f"migrations not applied: {missing}" if missing else ""


def _missing(database: BaseDatabaseWrapper, cursor: CursorWrapper) -> int:
    """Number of migrations in the code that are not applied."""
    applied = set()
    if "django_migrations" in database.introspection.table_names(cursor):
        cursor.execute("select app, name from django_migrations")
        applied = set(cursor.fetchall())
    return sum(key not in applied and not (replaced and replaced <= applied) for key, replaced in _required().items())


@cache
def _required() -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Each migration in the code, with those that it replaces. Loading them all takes half a second."""
    nodes = MigrationLoader(None, ignore_no_migrations=True).graph.nodes
    return {key: set(migration.replaces) for key, migration in nodes.items()}
