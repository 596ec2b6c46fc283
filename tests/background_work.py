"""A queue worker inside the test process, and two people who work at the same time."""

import threading
import time
from collections.abc import Callable

from django.db import connection, transaction
from procrastinate.contrib.django import app

from foundation.sql import value

PATIENCE = 60
"""Timeout of a test in seconds."""


def work() -> None:
    """Run a worker until the queue is empty."""
    thread = threading.Thread(target=work_off)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def work_off(*, concurrency: int = 1) -> None:
    """The same, for use in a thread."""
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]  # of Procrastinate's Django connector
        working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, concurrency=concurrency)


def while_saving(save: Callable[[], object], act: Callable[[], object]) -> BaseException | None:
    """Commit `save` when `act`, in another connection, waits for it; return what `act` has raised."""
    raised: list[BaseException] = []

    def other() -> None:
        try:
            act()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    waits = "select exists (select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
    with transaction.atomic():
        save()
        thread.start()
        end = time.monotonic() + PATIENCE
        while not value(waits):
            thread.join(0.01)
            assert thread.is_alive(), "it did not wait"
            assert time.monotonic() < end
    thread.join(PATIENCE)
    return raised[0] if raised else None
