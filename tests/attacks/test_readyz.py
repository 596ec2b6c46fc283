"""Concurrent readiness checks while the database is healthy, lacks migrations, hangs or refuses connections."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext

from observatory.readiness import FRESH, TIMEOUT, Readiness

pytestmark = pytest.mark.django_db


class SilentServer:
    """Accepts connections like a hanging server, and never responds."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self.taken.append(self.listener.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self.listener.close()
        for taken in self.taken:
            taken.close()


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    server = SilentServer()
    yield server
    server.close()


class CountingDatabase(DatabaseWrapper):
    """Counts its connections, including those of copies."""

    connected: ClassVar[int] = 0

    def get_new_connection(self, parameters: Any) -> Any:
        type(self).connected += 1
        return super().get_new_connection(parameters)


@pytest.fixture(autouse=True)
def count() -> None:
    CountingDatabase.connected = 0


def database_at(port: int) -> CountingDatabase:
    settings = connection.settings_dict | {"HOST": "127.0.0.1", "PORT": port, "USER": "nobody", "PASSWORD": "none"}
    return CountingDatabase(settings, "default")


def database() -> CountingDatabase:
    """The test database."""
    connection.ensure_connection()
    given = connection.connection.info
    address = {"HOST": given.host, "PORT": given.port, "USER": given.user, "PASSWORD": given.password}
    return CountingDatabase(connection.settings_dict | address, "default")


def test_hanging_database_holds_one_request_and_not_for_long(silent: SilentServer) -> None:
    readiness = Readiness(database_at(silent.listener.getsockname()[1]))
    began = time.monotonic()
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _number: _timed(readiness), range(50)))
    assert time.monotonic() - began < TIMEOUT + 2
    assert {reason for reason, _seconds in answers} == {"the database does not answer"}
    assert sum(seconds > 0.5 for _reason, seconds in answers) == 1
    assert len(silent.taken) == 1


def _timed(readiness: Readiness) -> tuple[str, float]:
    began = time.monotonic()
    return readiness.problem(), time.monotonic() - began


def test_refusing_database_is_asked_once_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    readiness = Readiness(database_at(port))
    assert {readiness.problem() for _ in range(100)} == {"the database does not answer"}
    assert CountingDatabase.connected == 1


@pytest.mark.owner  # only the owner may change the table of migrations
def test_answer_is_kept_for_a_second_and_the_plan_for_good() -> None:
    readiness = Readiness(database())
    assert {readiness.problem() for _ in range(100)} == {""}
    assert CountingDatabase.connected == 1
    with connection.cursor() as cursor:  # visible to the readiness connection only if it checks again
        cursor.execute("savepoint here; lock table django_migrations in access exclusive mode")
    _wait_for_the_next(readiness)
    assert readiness.problem() == ""
    assert CountingDatabase.connected == 2


@pytest.mark.owner  # only the owner may change the table of migrations
def test_plan_that_cannot_be_read_is_given_up_soon() -> None:
    with connection.cursor() as cursor:
        cursor.execute("lock table django_migrations in access exclusive mode")
    began = time.monotonic()
    assert Readiness(database()).problem() == "the database does not answer"
    assert time.monotonic() - began < TIMEOUT + 2


def _wait_for_the_next(readiness: Readiness) -> None:
    """Wait until the cached result has expired."""
    connected, deadline = CountingDatabase.connected, time.monotonic() + FRESH + 5
    while CountingDatabase.connected == connected and time.monotonic() < deadline:
        readiness.problem()


@pytest.mark.owner  # only the owner may change the table of migrations
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_missing_migration_is_named_until_it_is_there() -> None:
    (latest,) = MigrationLoader(connection).graph.leaf_nodes("measures")
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*latest)
    readiness = Readiness(database())
    try:
        assert readiness.problem() == "migrations not applied: 1"
    finally:
        recorder.record_applied(*latest)
    assert readiness.problem() == "migrations not applied: 1"
    _wait_for_the_next(readiness)
    assert readiness.problem() == ""


def test_page_asks_by_a_connection_of_its_own(client: Client) -> None:
    """The thread's own connection may hang."""
    client.get("/readyz")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get("/readyz")
    assert len(queries) == 0
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert "no-store" in answer.headers["Cache-Control"]
