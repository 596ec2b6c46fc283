"""Fixtures for all tests: PostgreSQL, compiled translations, and a browser for tests that request one.

The database is that of DATABASE_URL, or else the embedded server of the working copy, whose ``test_`` database is used.
The owner creates, flushes and drops it; the tests use the role that runs the site, so that a missing right is found.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django import DjangoDbBlocker, Settings

from foundation.publication import Known, _version
from observatory.database.owner import as_owner
from observatory.embedded.postgres import find_server, stop_server
from observatory.translations import compile_catalogues

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


STOPS_SERVER = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # a pytest-xdist worker
        config.stash[STOPS_SERVER] = False
    else:  # the process that starts the workers, or the only one
        is_embedded = settings.DATABASES["default"]["ENGINE"] == "observatory.embedded"
        config.stash[STOPS_SERVER] = is_embedded and find_server(settings.DATA_DIR) is None
        compile_catalogues(settings.BASE_DIR)
    # Static files from the source folders; tests/observatory/test_static.py tests the collected ones
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_AUTOREFRESH = True
    settings.WHITENOISE_USE_FINDERS = True
    settings.PUBLIC_VERSION_AGE = 0  # tests see their own changes at once
    settings.PAGE_CACHE_MB = 0  # and the rendering of pages
    # The real hasher is intentionally slow
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the embedded server as it was found."""
    if config.stash[STOPS_SERVER]:
        stop_server(settings.DATA_DIR)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[ExitStack]:
    """Use the owner until the test database is created, and again when it is dropped."""
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(as_owner())
        yield stack


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_modify_db_settings: ExitStack, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """From here on as the role that runs the site."""
    with django_db_blocker.unblock():
        django_db_modify_db_settings.close()
    yield
    with django_db_blocker.unblock():
        django_db_modify_db_settings.enter_context(as_owner())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run tests with the mark `owner` as the owner, who alone may ANALYZE or TRUNCATE tables."""
    with as_owner() if item.get_closest_marker("owner") else nullcontext():
        return (yield)


@pytest.fixture(autouse=True)
def unknown_site() -> None:
    """Forget the site that an earlier test has left in this process."""
    _version.last = Known()


@pytest.fixture(autouse=True)
def archive_dir(tmp_path: Path, settings: Settings) -> Path:
    """A separate archive for each test."""
    settings.ARCHIVE_DIR = tmp_path / "archive"
    return tmp_path / "archive"


def _url() -> str:
    """The URL of the connection's database."""
    connection.ensure_connection()
    given = connection.connection.info
    return f"postgresql://{given.user}:{quote(given.password)}@{given.host}:{given.port}/{given.dbname}"


@pytest.fixture
def environment(transactional_db: None) -> Iterator[dict[str, str]]:
    """The environment of a process that uses the test database; rows of workers are deleted afterwards."""
    with as_owner():
        owner = _url()
    yield {
        **os.environ,
        "DATABASE_URL": _url(),
        "MIGRATION_DATABASE_URL": owner,
        "DJANGO_SETTINGS_MODULE": "observatory.settings",
    }
    with as_owner(), connection.cursor() as cursor:  # Django flushes only tables of its own models
        cursor.execute("truncate procrastinate_workers, procrastinate_jobs cascade")


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Chromium without access to other machines. If it is missing, tests fail instead of being skipped."""
    if CHROMIUM is None:
        pytest.fail("Chromium is missing. On Debian and Ubuntu: apt-get install chromium", pytrace=False)
    rows_of_migrations = getattr(connection, "_test_serialized_contents", "[]")
    with sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, in which Django would refuse the database
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        # Under that loop Django opens a second connection, which must restore the rows for serialized_rollback
        connection._test_serialized_contents = rows_of_migrations  # type: ignore[attr-defined]  # Django's own mark
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new profile without network: requests to other machines are aborted."""
    context = browser.new_context(locale="en", service_workers="block")
    context.route(lambda url: not url.startswith(("http://localhost", "http://127.0.0.1")), lambda route: route.abort())
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
