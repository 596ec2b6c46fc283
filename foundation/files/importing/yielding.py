"""An import makes way for people who wait for a row that it has written."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from psycopg.errors import QueryCanceled

from foundation.sql import second_connection

PAUSE = 0.2
"""Seconds between two looks at who waits."""
PATIENCE = 0.2
"""Seconds that somebody may wait for a row of the import before it gives way."""

_WAITING = """
with waiting as materialized (
    select pid from pg_stat_activity
    where wait_event_type = 'Lock' and wait_event in ('transactionid', 'tuple')
    and datname = current_database() and clock_timestamp() - query_start > make_interval(secs => %s)
)
select exists (select from waiting where %s = any (pg_blocking_pids(pid)))
"""


class YieldedToOther(Exception):
    """What the import wrote was taken back, since somebody waited for one of its rows."""


@contextmanager
def yielding_to_others() -> Iterator[None]:
    """Break off the block, with YieldedToOther, as soon as somebody waits for a row that it has written.

    To be wrapped around a savepoint, so that the rows are free again.
    """
    connection.ensure_connection()
    importing: Any = connection.connection
    is_done, has_broken_off = threading.Event(), threading.Event()

    def watch() -> None:
        if is_done.wait(PAUSE):
            return
        with second_connection() as cursor:
            while not is_done.wait(PAUSE):
                cursor.execute(_WAITING, [PATIENCE, importing.info.backend_pid])
                if cursor.fetchone()[0]:
                    has_broken_off.set()
                    importing.cancel_safe()
                    return

    watcher = threading.Thread(target=watch, name="import gives way", daemon=True)
    watcher.start()
    try:
        yield
    except OperationalError as error:
        is_done.set()
        watcher.join()
        if has_broken_off.is_set() and isinstance(error.__cause__, QueryCanceled):
            raise YieldedToOther from error
        raise
    finally:
        is_done.set()
        watcher.join()
