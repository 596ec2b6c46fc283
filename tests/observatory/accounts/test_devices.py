"""The cookie of a browser that somebody has signed in from."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from observatory.accounts.devices import AGE, Device, device_in
from tests import factories

pytestmark = pytest.mark.django_db

NEW = "tres tristes tigres 4"


@pytest.fixture
def ana() -> User:
    return factories.analyst(username="ana")


def known(client: Client) -> Device:
    """The browser, from its cookie."""
    device = device_in({"device": client.cookies["device"].value})
    assert device
    return device


def test_sign_in_makes_the_browser_known(ana: User, client: Client) -> None:
    client.post("/admin/login/", {"username": "ana", "password": factories.PASSWORD})
    cookie = client.cookies["device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert int(cookie["max-age"]) == AGE.total_seconds()
    assert known(client).user == ana.pk


def test_wrong_password_makes_no_browser_known(ana: User, client: Client) -> None:
    client.post("/admin/login/", {"username": "ana", "password": "guess"})
    client.get("/admin/login/")
    assert "device" not in client.cookies


def test_each_sign_in_gives_another_cookie(ana: User, client: Client) -> None:
    numbers = set()
    for _ in range(3):
        client.post("/admin/login/", {"username": "ana", "password": factories.PASSWORD})
        numbers.add(known(client).number)
    assert len(numbers) == 3


def test_browser_in_which_the_password_is_changed_stays_known(ana: User, client: Client) -> None:
    client.post("/admin/login/", {"username": "ana", "password": factories.PASSWORD})
    before = known(client)
    form = {"old_password": factories.PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/admin/password_change/", form).status_code == 302
    assert known(client).mark != before.mark
    client.post("/admin/logout/")
    for _ in range(5):
        Client().post("/admin/login/", {"username": "ana", "password": "guess"})
    assert client.post("/admin/login/", {"username": "ana", "password": NEW}).status_code == 302


def test_cookie_of_before_a_new_secret_key_holds_while_that_is_a_fallback(
    ana: User, client: Client, settings: Settings
) -> None:
    client.post("/admin/login/", {"username": "ana", "password": factories.PASSWORD})
    client.post("/admin/logout/")
    for _ in range(5):
        Client().post("/admin/login/", {"username": "ana", "password": "guess"})
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"
    assert client.post("/admin/login/", {"username": "ana", "password": factories.PASSWORD}).status_code == 302


def test_cookie_expires(ana: User, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post("/admin/login/", {"username": "ana", "password": factories.PASSWORD})
    later = (datetime.now(UTC) + AGE + timedelta(days=1)).timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert device_in({"device": client.cookies["device"].value}) is None
