"""A site for tests that only read: filled once for the tests of a module, instead of anew for each of them."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import modify_settings
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer


@pytest.fixture(scope="session")
def _server(browser: Browser) -> Iterator[str]:
    """The URL of a server; that of pytest-django empties the database after each test."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def read_site(_server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The URL of a site with what migrations write; what a fixture of the module adds is there until its last test."""
    with django_db_blocker.unblock(), modify_settings(ALLOWED_HOSTS={"append": "localhost"}):
        of_migrations = connection._test_serialized_contents  # type: ignore[attr-defined]  # Django's own mark
        connection.creation.deserialize_db_from_string(of_migrations)
        try:
            yield _server
        finally:
            call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
