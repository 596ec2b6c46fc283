"""A separate database beside the site's, for programs other than tests."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from observatory.database.owner import as_owner


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Make an empty database as its owner, work in it as the role that runs the site, and remove it."""
    connection.settings_dict["TEST"]["NAME"] = name
    before = connection.settings_dict["NAME"]
    with as_owner():
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        with as_owner():
            connection.creation.destroy_test_db(before, verbosity=0)
