"""A flood of sign-ins with changing names, from changing addresses, while people sign in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from django.conf import settings

from tests import factories
from tests.attacks.heavy.client import Client, Unreachable
from tests.attacks.sockets import HOST, Server, received, served, status_of

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

STRANGERS = 30
"""Networks that send one sign-in after the other; their places fill the line of a moment."""
PATH = "/admin/login/"


@pytest.fixture
def server(environment: dict[str, str], tmp_path: object) -> Iterator[Server]:
    environment |= {"DATA_DIR": str(tmp_path), "SECRET_KEY": settings.SECRET_KEY}
    with served("tests.attacks.sites:patient", environment) as server:
        yield server


def client(server: Server, network: int) -> Client:
    """A client in a network of its own."""
    return Client(f"http://{HOST}:{server.port}", timeout=30, address=f"127.1.{network}.1")


def sign_in(client: Client, name: str, password: str) -> int:
    """Send the form and return the status."""
    client.cookies |= {"csrftoken": "a" * 32}
    form = {"username": name, "password": password, "csrfmiddlewaretoken": "a" * 32}
    return client.post(PATH, form).status


@contextmanager
def flood(server: Server) -> Iterator[None]:
    """Strangers who guess, each as fast as the site lets them, with another name each time."""
    is_over, names = threading.Event(), count()
    has_begun = threading.Semaphore(0)

    def guess(stranger: Client) -> None:
        while not is_over.is_set():
            with suppress(Unreachable):
                sign_in(stranger, f"name-{next(names)}", "spring-2026")
            has_begun.release()

    strangers = [threading.Thread(target=guess, args=[client(server, number)]) for number in range(STRANGERS)]
    for stranger in strangers:
        stranger.start()
    for _number in range(2 * STRANGERS):
        assert has_begun.acquire(timeout=60)
    try:
        yield
    finally:
        is_over.set()
        for stranger in strangers:
            stranger.join()


def test_people_sign_in_during_a_flood_from_many_networks(server: Server) -> None:
    for name in ("ana", "eva", "new"):
        factories.analyst(username=name)
    browsers = {name: client(server, 200) for name in ("ana", "eva")}
    for name, browser in browsers.items():
        assert sign_in(browser, name, factories.PASSWORD) == 302
    browsers["eva"].address = "127.1.201.1"  # takes the computer home
    with flood(server):
        statuses: dict[str, list[int]] = {name: [] for name in (*browsers, "new")}
        for number in range(5):
            for name, browser in browsers.items():
                statuses[name].append(sign_in(browser, name, factories.PASSWORD))
            statuses["new"].append(sign_in(client(server, 210 + number), "new", factories.PASSWORD))
    assert statuses == {name: [302] * 5 for name in statuses}


def test_who_finds_no_place_is_told_when_to_come_back(server: Server) -> None:
    body = "username=ana&password=guess"
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connections = [server.sent(head + body) for _number in range(80)]
    answers = [received(connection) for connection in connections]
    refused = [answer for answer in answers if status_of(answer) == 429]
    assert refused
    for answer in refused:
        assert b"\r\nretry-after: 5\r\n" in answer.lower()
        assert b"Too many people are signing in. Your password was not checked." in answer
