"""Fixtures for all tests: PostgreSQL, compiled translations, and a browser for tests that request one.

The database is that of DATABASE_URL, or else the embedded server of the working copy, whose ``test_`` database is used.
The owner creates, flushes and drops it; the tests use the role that runs the site, so that a missing right is found.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.signals import request_finished
from django.db import close_old_connections, connection, transaction
from django.http import HttpResponseBase
from django.template import Context, Template
from django.test import Client
from django.utils.safestring import SafeString
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.plugin import blocking_manager_key

from foundation.days import today
from foundation.publication import Known, _version, public_version
from measures.listing.index import PublicIndex, load
from observatory.database.owner import as_owner
from observatory.embedded.postgres import find_server, stop_server
from observatory.translations import compile_catalogues
from tests import fresh_tables
from tests.chromium import CHROMIUM
from tests.own_database import own_database

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # with the next one: letters are as wide whatever fonts a machine has
    "--disable-font-subpixel-positioning",
]


STOPS_SERVER = pytest.StashKey[bool]()
TEMPLATE = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until all is collected: what is imported stays
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
    fresh_tables.install()
    # The real hasher is intentionally slow
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Migrate one database before the workers start, each of which then copies it instead of migrating its own."""
    config = session.config
    if getattr(config.option, "dist", "no") == "no" or config.option.reuse_db:
        return
    config.stash[TEMPLATE] = stack = ExitStack()
    stack.enter_context(config.stash[blocking_manager_key].unblock())
    stack.enter_context(own_database(f"test_{settings.DATABASES['default']['NAME']}_template"))
    connection.close()  # what is in use cannot be copied


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which database to copy."""
    if TEMPLATE in node.config.stash:
        node.workerinput["template"] = connection.settings_dict["NAME"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Have one process run the tests that share a fixture of their module, which is then made once."""
    found = getattr(item, "_fixtureinfo", None)
    if found and any(made[-1].scope == "module" for made in found.name2fixturedefs.values()):
        item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.hookimpl(trylast=True)  # after pytest-django has put tests in the order of how they use the database
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, and end with the browser, whose event loop others cannot share."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    is_single = item.get_closest_marker("xdist_group") is None
    if item.get_closest_marker("browser"):
        return 2 + is_single  # one alone is less to wait for at the end
    return 0 if item.get_closest_marker("long") else 1


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what has been imported, which it would walk through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the database server as it was found."""
    if stack := config.stash.get(TEMPLATE, None):
        stack.close()
    if config.stash[STOPS_SERVER]:
        stop_server(settings.DATA_DIR)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[ExitStack]:
    """Use the owner until the test database is created, and again when it is dropped."""
    connection.settings_dict["TEST"]["TEMPLATE"] = getattr(request.config, "workerinput", {}).get("template")
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(as_owner())
        yield stack


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_modify_db_settings: ExitStack, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """From here on as the role that runs the site, in a database that need not survive a crash of the machine."""
    with django_db_blocker.unblock():
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with connection.cursor() as cursor:
            cursor.execute(f"alter database {name} set synchronous_commit = off")
        django_db_modify_db_settings.close()
    yield
    with django_db_blocker.unblock():
        django_db_modify_db_settings.enter_context(as_owner())


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For fixtures of a whole module: what they write is there in each of its tests, and gone after the last one."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session", autouse=True)
def only_templates_of_pages_are_noted(django_test_environment: None) -> None:
    """Let the test client note no templates of widgets: a form has hundreds, which takes a tenth of its time."""
    template_class: Any = Template
    noting = template_class._render

    def render(template: Any, context: Context) -> SafeString:
        is_widget = str(template.name).startswith("django/forms/")
        rendered: SafeString = template.nodelist.render(context) if is_widget else noting(template, context)
        return rendered

    template_class._render = render


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
def answers_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the streams that a test leaves unread, as a web server does; the test client closes those that are read."""
    asked, streams = Client.request, []

    def request(client: Client, **request: Any) -> HttpResponseBase:
        response: HttpResponseBase = asked(client, **request)
        if response.streaming:
            streams.append(response)
        return response

    monkeypatch.setattr(Client, "request", request)
    yield
    request_finished.disconnect(close_old_connections)  # as the test client does around a request
    try:
        for response in streams:
            response.close()
    finally:
        request_finished.connect(close_old_connections)


@pytest.fixture(autouse=True)
def archive_dir(tmp_path: Path, settings: Settings) -> Path:
    """A separate archive, and a separate folder of releases, for each test."""
    settings.ARCHIVE_DIR, settings.RELEASES_DIR = tmp_path / "archive", tmp_path / "releases"
    return tmp_path / "archive"


@pytest.fixture
def kept_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that ask for many pages: read the published entries again only after a change.

    The site keeps them in memory, but never what a transaction has not committed, as the data of a test.
    """
    kept: dict[str, PublicIndex] = {}

    def get(_current: Any) -> PublicIndex:
        version = public_version()
        if version not in kept:
            kept.clear()
            kept[version] = load().on(today())
        return kept[version]

    monkeypatch.setattr("measures.listing.index._Current.get", get)


def _url() -> str:
    """The URL of the connection's database."""
    connection.ensure_connection()
    given = connection.connection.info
    return f"postgresql://{given.user}:{quote(given.password)}@{given.host}:{given.port}/{given.dbname}"


@pytest.fixture
def environment(transactional_db: None) -> Iterator[dict[str, str]]:
    """The environment of a process that uses the test database; rows of workers are deleted before and afterwards."""
    with as_owner():
        owner = _url()
    _forget_jobs()
    yield {
        **os.environ,
        "DATABASE_URL": _url(),
        "MIGRATION_DATABASE_URL": owner,
        "DJANGO_SETTINGS_MODULE": "observatory.settings",
    }
    _forget_jobs()


def _forget_jobs() -> None:
    """Django flushes only tables of its own models."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_workers, procrastinate_jobs cascade")


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """Chromium without access to other machines. If it is missing, tests fail instead of being skipped."""
    if CHROMIUM is None:
        pytest.fail("Chromium is missing. On Debian and Ubuntu: apt-get install chromium", pytrace=False)
    rows_of_migrations = getattr(connection, "_test_serialized_contents", "{}")
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
