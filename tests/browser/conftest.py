"""What the tests in a browser share: people who are signed in, what the browser complains of, and a site to read."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import modify_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests import fresh_tables

SignIn = Callable[..., None]

expect.set_options(timeout=20_000)  # ms; saving takes time on a busy machine


@pytest.fixture
def sign_in(live_server: LiveServer) -> SignIn:
    """Open a page of the admin, by default the first, as somebody who has signed in."""

    def act(page: Page, user: User, path: str = "/admin/") -> None:
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page.goto(live_server.url + path)

    return act


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Errors in the browser's console, such as Content-Security-Policy violations."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture(scope="session")
def _server(browser: Browser, django_db_setup: None) -> Iterator[str]:
    """The URL of a server; that of pytest-django empties the database after each test."""
    server = LiveServer("localhost")
    yield server.url
    server.stop()
    connection.close()  # beside the event loop of the browser it is another one than that which drops the database


@pytest.fixture(scope="module")
def read_site(_server: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The URL of a site with what migrations write; what a fixture of the module adds is there until its last test."""
    with django_db_blocker.unblock(), modify_settings(ALLOWED_HOSTS={"append": "localhost"}):
        of_migrations = connection._test_serialized_contents  # type: ignore[attr-defined]  # Django's own mark
        connection.creation.deserialize_db_from_string(of_migrations)
        try:
            yield _server
        finally:
            fresh_tables.empty()
