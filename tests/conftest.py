"""What every test stands on: PostgreSQL, compiled translations, and a browser for the tests that ask for one.

The database is DATABASE_URL's, else the embedded server of the working copy, whose ``test_`` database is used. Its
owner makes, empties and removes it; the tests have the role that runs the site, so that a missing right is found.
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
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist
        config.stash[STOPS_SERVER] = False
    else:  # the process that starts the workers, or the only one
        is_embedded = settings.DATABASES["default"]["ENGINE"] == "observatory.embedded"
        config.stash[STOPS_SERVER] = is_embedded and find_server(settings.DATA_DIR) is None
        compile_catalogues(settings.BASE_DIR)
    # Files straight from the source folders; tests/observatory/test_static.py holds the collected ones
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_AUTOREFRESH = True
    settings.WHITENOISE_USE_FINDERS = True
    settings.PUBLIC_VERSION_AGE = 0  # a test sees what it has just written
    settings.PAGE_CACHE_MB = 0  # and the work that it takes
    # The real hasher is slow on purpose
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the embedded server as it was found."""
    if config.stash[STOPS_SERVER]:
        stop_server(settings.DATA_DIR)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[ExitStack]:
    """As the owner until the database of the tests is made, and again when it goes."""
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
    """A test with the mark `owner` has the owner's role, who alone may ANALYZE or TRUNCATE tables."""
    with as_owner() if item.get_closest_marker("owner") else nullcontext():
        return (yield)


@pytest.fixture(autouse=True)
def unknown_site() -> None:
    """What another test has told this process of the site is gone."""
    _version.last = Known()


@pytest.fixture(autouse=True)
def archive_dir(tmp_path: Path, settings: Settings) -> Path:
    """The archive of each test is its own."""
    settings.ARCHIVE_DIR = tmp_path / "archive"
    return tmp_path / "archive"


def _url() -> str:
    """The address of the database as the connection has it."""
    connection.ensure_connection()
    given = connection.connection.info
    return f"postgresql://{given.user}:{quote(given.password)}@{given.host}:{given.port}/{given.dbname}"


@pytest.fixture
def environment(transactional_db: None) -> Iterator[dict[str, str]]:
    """That of a process which works on the database of the tests; of a worker nothing stays behind."""
    with as_owner():
        owner = _url()
    yield {
        **os.environ,
        "DATABASE_URL": _url(),
        "MIGRATION_DATABASE_URL": owner,
        "DJANGO_SETTINGS_MODULE": "observatory.settings",
    }
    with as_owner(), connection.cursor() as cursor:  # Django empties the tables of its own models alone
        cursor.execute("truncate procrastinate_workers, procrastinate_jobs cascade")


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Chromium, which sees this machine only. Missing, it fails the test: what only a browser shows is not skipped."""
    if CHROMIUM is None:
        pytest.fail("Chromium is missing. On Debian and Ubuntu: apt-get install chromium", pytrace=False)
    rows_of_migrations = getattr(connection, "_test_serialized_contents", "[]")
    with sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, in which Django would refuse the database
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        # Beside that loop Django opens a second connection, which is to put back what serialized_rollback promises
        connection._test_serialized_contents = rows_of_migrations  # type: ignore[attr-defined]  # Django's own mark
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile without network: a request beyond this machine is broken off."""
    context = browser.new_context(locale="en", service_workers="block")
    context.route(lambda url: not url.startswith(("http://localhost", "http://127.0.0.1")), lambda route: route.abort())
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
