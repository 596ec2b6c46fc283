"""A worker of the queue inside the process of a test."""

import threading

from procrastinate.contrib.django import app

PATIENCE = 60
"""Seconds until a test gives up waiting."""


def work() -> None:
    """Do what waits, as a worker does, and end."""
    thread = threading.Thread(target=work_off)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def work_off() -> None:
    """The same, for a thread of the test's own."""
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
