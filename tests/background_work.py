"""A queue worker inside the test process."""

import threading

from procrastinate.contrib.django import app

PATIENCE = 60
"""Timeout of a test in seconds."""


def work() -> None:
    """Run a worker until the queue is empty."""
    thread = threading.Thread(target=work_off)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def work_off() -> None:
    """The same, for use in a thread."""
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
