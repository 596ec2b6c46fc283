"""Long work that somebody has asked for on purpose, and that the limits of a web request must not break off."""

from django.db import connection


def take_time(*, waits: bool = False) -> None:
    """In this transaction, statements may take as long as they need; with `waits` they also wait for any lock."""
    limits = ["statement_timeout", "idle_in_transaction_session_timeout", *(["lock_timeout"] if waits else [])]
    with connection.cursor() as cursor:
        cursor.execute("select set_config(name, '0', true) from unnest(%s::text[]) name", [limits])
