"""Ten sockets used to stop the site: endless bodies, unread responses, too many downloads."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import copy
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from measures.models import Measure
from tests.attacks.sockets import HOST, Server, received, served, status_of
from tests.clients import signed_in
from tests.factories import measure

SLOW_BODY = (
    f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: csrftoken={'a' * 32}\r\n"  # else the body is not read
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nusername="
)
DOWNLOAD = f"GET /measures.csv HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
ENDING = DOWNLOAD.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
OTHERS_IN_A_TRANSACTION = (
    "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    " and xact_start is not null and backend_type = 'client backend'"
)
LARGE, RECORDS = 30_000, 150
"""Characters per summary, and number of records: the file is larger than all buffers on its way."""


pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def environment(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return {**environment, "DATA_DIR": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY}


@pytest.fixture
def patient(environment: dict[str, str]) -> Iterator[Server]:
    with served("tests.attacks.sites:patient", environment) as server:
        yield server


@pytest.fixture
def impatient(environment: dict[str, str]) -> Iterator[Server]:
    with served("tests.attacks.sites:impatient", environment) as server:
        yield server


@pytest.fixture
def large_record(db: None) -> None:
    first = measure(summary_en="x" * LARGE, topics=())  # a single word, to keep the search index cheap
    others = [copy(first) for _number in range(RECORDS - 1)]
    for number, other in enumerate(others, start=2):
        other.pk, other.public_id = None, f"PER-{number:05}"
    Measure.objects.bulk_create(others)


def await_true(condition: Callable[[], bool]) -> None:
    """Poll until the condition holds; a minute at most."""
    for _attempt in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("This never came true.")


def test_bodies_that_never_end_hold_no_thread(patient: Server) -> None:
    for _number in range(40):
        patient.sent(SLOW_BODY)
    assert patient.answers("/countries/")


def test_bodies_that_never_end_are_broken_off(impatient: Server) -> None:
    attackers = [impatient.sent(SLOW_BODY) for _number in range(40)]
    assert {status_of(received(connection)) for connection in attackers} == {408}


def drip(connection: socket.socket) -> None:
    """Send a byte now and then, for half a minute at most."""
    for _number in range(150):
        connection.sendall(b"a")
        time.sleep(0.2)


def test_a_body_that_comes_by_drops_is_broken_off(impatient: Server) -> None:
    attacker = impatient.sent(SLOW_BODY)
    with pytest.raises(ConnectionError):
        drip(attacker)


def test_headers_that_never_end_hold_no_thread_and_are_broken_off(patient: Server) -> None:
    attackers = [patient.sent(f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-A: ") for _number in range(200)]
    silent = [patient.connection() for _number in range(200)]
    assert patient.answers("/countries/")
    for connection in (attackers[0], silent[0]):
        received(connection)  # returns when the server closes the connection


@pytest.mark.usefixtures("large_record")
def test_readers_that_do_not_read_hold_neither_thread_nor_transaction(
    patient: Server, environment: dict[str, str]
) -> None:
    attackers = [patient.sent(DOWNLOAD, room=4096) for _number in range(10)]
    assert [connection.recv(12) for connection in attackers] == [b"HTTP/1.1 200"] * 10
    assert patient.answers("/countries/")
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as watcher:
        await_true(lambda: watcher.execute(OTHERS_IN_A_TRANSACTION).fetchone() == (0,))


@pytest.mark.usefixtures("large_record")
def test_readers_that_do_not_read_are_cut_off(impatient: Server) -> None:
    attackers = [impatient.sent(DOWNLOAD, room=4096) for _number in range(6)]
    sizes = [len(received(connection)) for connection in attackers]
    assert max(sizes[1:]) < RECORDS * LARGE  # while we read the first, the others were cut off


ASKED = 600
NOWHERE = f"GET /nope HTTP/1.1\r\nHost: {HOST}\r\n\r\n" * ASKED
"""Requests whose responses exceed the system's socket buffers."""


def await_unread(server: Server) -> None:
    """Wait until more than half a megabyte is unread."""
    await_true(lambda: server.bytes_unread() > 500_000)


def read_by_drops(connection: socket.socket) -> None:
    """Read some bytes now and then, for a minute at most."""
    for _number in range(600):
        connection.recv(100)
        time.sleep(0.1)


def test_who_asks_and_asks_and_reads_nothing_is_cut_off(impatient: Server) -> None:
    impatient.sent(NOWHERE, room=2048)
    await_unread(impatient)
    await_true(lambda: impatient.bytes_unread() == 0)
    assert impatient.answers("/countries/")


def test_answers_that_nobody_reads_are_forgotten_when_the_server_has_closed(impatient: Server) -> None:
    """Some requests, whose answers fit into the system's memory, so that the server is done with them at once."""
    assert impatient.answers("/countries/")
    closing = f"GET /countries/ HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    impatient.sent(closing, room=2048)
    await_true(lambda: impatient.bytes_unread() > 1000)
    await_true(lambda: impatient.bytes_unread() == 0)


def test_who_asks_and_asks_and_reads_by_drops_is_cut_off(impatient: Server) -> None:
    attacker = impatient.sent(NOWHERE, room=2048)
    await_unread(impatient)
    with pytest.raises(ConnectionError):
        read_by_drops(attacker)


def test_who_asks_and_asks_and_reads_slowly_gets_it_all(impatient: Server) -> None:
    reader = impatient.sent(NOWHERE, room=1 << 14)
    await_unread(impatient)
    answers = b""
    while answers.count(b"HTTP/1.1 404") < ASKED:
        answers += reader.recv(1 << 14)
        time.sleep(0.05)


@pytest.mark.usefixtures("large_record")
def test_many_sheets_at_once_leave_threads_to_others(patient: Server) -> None:
    for _number in range(10):
        patient.sent(DOWNLOAD.replace(".csv", ".xlsx"), room=4096)
    assert patient.answers("/countries/")


@pytest.mark.usefixtures("large_record")
def test_a_reader_who_reads_gets_all_of_it(patient: Server) -> None:
    body = received(patient.sent(ENDING))
    assert body.count(b"x") > RECORDS * LARGE
    assert body.endswith(b"0\r\n\r\n")


@pytest.mark.usefixtures("large_record")
def test_downloads_beyond_their_share_are_told_to_come_again(impatient: Server) -> None:
    requests = [impatient.sent(DOWNLOAD, room=4096) for _number in range(12)]
    answers = [received(connection) for connection in requests]
    assert {status_of(answer) for answer in answers} == {200, 503}
    refused = next(answer for answer in answers if status_of(answer) == 503)
    assert b"retry-after: 30" in refused.lower()


def flood(connection: socket.socket) -> None:
    """Send 25 MB in chunks."""
    for _number in range(400):
        connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def files_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_large_body_of_a_stranger_is_refused_before_it_reaches_the_disk(patient: Server, tmp_path: Path) -> None:
    head = f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 600000000\r\n\r\n"
    assert status_of(received(patient.sent(head))) == 413
    chunked = f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n"
    attacker = patient.sent(chunked)
    with pytest.raises(ConnectionError):
        flood(attacker)
    assert files_in(tmp_path / "tmp") == 0
    assert patient.answers("/countries/")


def test_a_large_file_of_the_staff_arrives(patient: Server) -> None:
    head = f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: 200000\r\n"
    session = signed_in(User.objects.create_superuser("owner")).cookies["sessionid"].value
    staff = f"Cookie: theme=dark; sessionid={session}\r\n\r\n"
    stranger = "Cookie: sessionid=abcdefghijklmnopqrstuvwxyz012345\r\n\r\n"
    # Django answers 403 for the missing CSRF token: it has read the body
    assert status_of(received(patient.sent(head + staff + "x" * 200_000))) == 403
    assert status_of(received(patient.sent(head + stranger))) == 413


def test_a_header_that_wsgi_would_confuse_with_the_proxys_is_dropped(patient: Server) -> None:
    forged = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX_Forwarded_Proto: https\r\nConnection: close\r\n\r\n"
    assert status_of(received(patient.sent(forged))) == 200


@pytest.mark.usefixtures("large_record")
def test_visitors_who_leave_free_what_was_made_for_them(patient: Server) -> None:
    for _number in range(8):
        patient.sent(DOWNLOAD, room=4096).close()
    await_true(lambda: status_of(received(patient.sent(ENDING))) == 200)


def test_a_connection_serves_request_after_request(patient: Server, tmp_path: Path) -> None:
    picture = tmp_path / "media" / "countries" / "large.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"x" * 300_000)
    connection = patient.opened.enter_context(closing(http.client.HTTPConnection(HOST, patient.port)))
    statuses, sockets = [], set()
    for path in ("/healthz", "/", "/measures.csv", "/media/countries/large.png", "/nowhere/", "/healthz"):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
        sockets.add(connection.sock)
    assert statuses == [200, 200, 200, 200, 404, 200]
    assert len(sockets) == 1
