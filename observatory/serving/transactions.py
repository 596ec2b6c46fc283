"""Leave no transaction open on a thread's connection when a request is over."""

import logging

from django.db import connections

log = logging.getLogger(__name__)


def drop_open_transactions() -> None:
    """Close each connection of this thread that is still inside `atomic()`; the database rolls back.

    Django keeps such a connection, closed or not, for the block that never ends, and every later request of the thread
    would fail.
    """
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            log.error("A response left a transaction open. It was rolled back.")
            connection.in_atomic_block = connection.needs_rollback = False
            connection.savepoint_ids, connection.atomic_blocks, connection.run_on_commit = [], [], []
            connection.close()
            connection.closed_in_transaction = False
