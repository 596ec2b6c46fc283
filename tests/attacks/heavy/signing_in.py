"""Strangers guess passwords with ever other names, from many networks, while members of staff sign in."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

from tests.attacks.heavy.attack import Allowed, Attack
from tests.attacks.heavy.client import Client, Unreachable
from tests.attacks.heavy.site import Site

STRANGERS = 40
"""Networks, each with a client that sends one guess after the other."""
WARM = 15
"""Seconds of normal traffic before the attack begins."""
SIGN_INS = 13
PAUSE = 2
"""Seconds between two members of staff."""
TOKEN = "a" * 32


def _flood(site: Site) -> None:
    time.sleep(WARM)
    name, password = "analyst", _password_of(site, "analyst")
    browser = Client(site.url, timeout=60)
    browser.sign_in(name, password)
    browser.cookies.pop("sessionid")
    with _guessing(site):
        time.sleep(PAUSE)
        known = new = 0
        for number in range(SIGN_INS):
            known += _gets_in(browser, name, password)
            new += _gets_in(Client(site.url, timeout=60, address=f"127.2.{number}.1"), name, password)
            time.sleep(PAUSE)
    assert known == SIGN_INS, f"{known} of {SIGN_INS} got in from a known browser"
    assert new >= SIGN_INS - 1, f"{new} of {SIGN_INS} got in from a new network"


def _password_of(site: Site, name: str) -> str:
    lines = (site.data_dir / "demo_accounts").read_text().splitlines()
    return dict(line.split(" ", 1) for line in lines)[name]


def _gets_in(client: Client, name: str, password: str) -> bool:
    with suppress(Unreachable, AssertionError):
        client.sign_in(name, password)
        client.cookies.pop("sessionid")
        return True
    return False


@contextmanager
def _guessing(site: Site) -> Iterator[None]:
    is_over, names = threading.Event(), count()

    def guess(stranger: Client) -> None:
        while not is_over.is_set():
            stranger.cookies = {"csrftoken": TOKEN}
            form = {"username": f"name-{next(names)}", "password": "spring-2026", "csrfmiddlewaretoken": TOKEN}
            with suppress(Unreachable):
                stranger.post("/admin/login/", form)

    strangers = [
        threading.Thread(target=guess, args=[Client(site.url, timeout=60, address=f"127.1.{number}.1")])
        for number in range(STRANGERS)
    ]
    for stranger in strangers:
        stranger.start()
    try:
        yield
    finally:
        is_over.set()
        for stranger in strangers:
            stranger.join()


ATTACKS = [Attack(f"a flood of sign-ins from {STRANGERS} networks", _flood, Allowed(page=2))]
