"""The two database roles: one owns the tables and migrates them, the other runs the site.

An attacker who takes over the site has the running role, which has no right to change or delete history. So the owner
signs in only for commands that need it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction


def has_two_roles() -> bool:
    """Whether the installation has a separate role for the owner."""
    return bool(settings.DATABASE_OWNER)


def running_role() -> str:
    """The role that runs the site."""
    return str(settings.DATABASES["default"]["USER"])


@contextmanager
def as_owner() -> Iterator[None]:
    """Use the owner's connection in this thread inside the block; no effect with a single role.

    Raise TransactionManagementError inside a transaction, whose changes would not be visible.
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
