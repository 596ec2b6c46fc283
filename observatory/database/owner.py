"""The two roles of the database: one owns the tables and migrates them, the other runs the site.

Whoever takes the site over, by a fault of ours or of a library, has the running role, and with it no right to change or
remove history. So the owner signs in for a command that needs it, and for nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction


def has_two_roles() -> bool:
    """Whether the installation gives the owner a role of its own."""
    return bool(settings.DATABASE_OWNER)


def running_role() -> str:
    """The role that runs the site."""
    return str(settings.DATABASES["default"]["USER"])


@contextmanager
def as_owner() -> Iterator[None]:
    """Let the connection of this thread be the owner's while the block lasts; where there is one role, nothing changes.

    Raise TransactionManagementError inside of a transaction: what it has written could not be seen.
    """
    known = connection.settings_dict
    if not has_two_roles() or known["USER"] == settings.DATABASE_OWNER["USER"]:
        yield
        return
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("The owner cannot sign in while a transaction is open.")
    connection.close()
    connection.settings_dict = {**known, **settings.DATABASE_OWNER}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = known
