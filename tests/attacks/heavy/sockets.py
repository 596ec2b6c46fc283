"""Strangers hold connections, request large files and guess passwords, all at once, while users read and write."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

from tests.attacks.heavy.attack import Allowed, Attack
from tests.attacks.heavy.client import Client, Unreachable
from tests.attacks.heavy.site import Site

HOST = "127.0.0.1"
STRANGER = "127.0.0.2"
"""The attackers' own address: the site limits what each address may request."""
LASTS = 40
"""Seconds: longer than any limit of the site."""
WARM = 15
"""Seconds of normal traffic before the attack begins."""
MANY = 1500
SLOW_BODY = (
    f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: csrftoken={'a' * 32}\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nusername="
)
SLOW_HEAD = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: "

MAKE_LARGE = """
from copy import copy
from measures.models import Measure
first = Measure.objects.published().filter(country_id="PER").first()
first.primary_topic, first.reference, first.summary_en = None, "", "x" * 30_000
others = [copy(first) for _number in range(300)]
for number, other in enumerate(others):
    other.pk, other.public_id = None, f"PER-{50_000 + number}"
Measure.objects.bulk_create(others)
"""
"""Records enough that a file of them is larger than all buffers on its way."""


def _make_large(site: Site) -> None:
    site.manage("shell", "--verbosity=0", "-c", MAKE_LARGE)


def _everything_at_once(site: Site) -> None:
    time.sleep(WARM)
    with ExitStack() as held, _spray(site):
        for _number in range(10):
            held.enter_context(_sent(site, SLOW_BODY))
            held.enter_context(_sent(site, _download("csv"), room=4096))
            held.enter_context(_sent(site, _download("xlsx")))
        time.sleep(LASTS)


def _many_connections(site: Site) -> None:
    with ExitStack() as held:
        for _number in range(MANY):
            held.enter_context(_sent(site, SLOW_HEAD))
        for _number in range(MANY // 3):
            held.enter_context(_sent(site, SLOW_BODY))
        time.sleep(LASTS)


def _download(ending: str) -> str:
    return f"GET /measures.{ending} HTTP/1.1\r\nHost: {HOST}\r\n\r\n"


@contextmanager
def _sent(site: Site, request: str, *, room: int | None = None) -> Iterator[socket.socket]:
    """A connection on which something was sent, and from which nothing is read."""
    with socket.socket() as connection:
        if room:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.settimeout(10)
        connection.bind((STRANGER, 0))
        with suppress(OSError):  # refused or closed, and no longer held
            connection.connect((HOST, site.port))
            connection.sendall(request.encode())
        yield connection


@contextmanager
def _spray(site: Site) -> Iterator[None]:
    """Two clients that try one password with many names, as fast as they get responses."""
    is_over, names = threading.Event(), count()
    strangers = [threading.Thread(target=_guess, args=(site, names, is_over)) for _number in range(2)]
    for stranger in strangers:
        stranger.start()
    try:
        yield
    finally:
        is_over.set()
        for stranger in strangers:
            stranger.join()


def _guess(site: Site, names: Iterator[int], is_over: threading.Event) -> None:
    client = Client(site.url, address=STRANGER)
    while not is_over.is_set():
        with suppress(Unreachable):
            client.cookies = {"csrftoken": "a" * 32}
            form = {"username": f"name-{next(names)}", "password": "spring-2026", "csrfmiddlewaretoken": "a" * 32}
            client.post("/admin/login/", form)


ATTACKS = [
    Attack("ten slow senders, readers and sheets, a spray", _everything_at_once, Allowed(page=1), before=_make_large),
    Attack(f"{MANY} slow heads, {MANY // 3} slow bodies", _many_connections, Allowed(page=1)),
]
