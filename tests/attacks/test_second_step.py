"""Attacks on the second factor: guessing, replaying, going around it, and locking its owner out."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from foundation.records.audit import AuditEntry
from observatory.accounts import second_factor
from observatory.accounts.models import AccountSession, AuthenticatorApp, Passkey, SignInStep
from tests import factories
from tests.authenticators import SoftPasskey, code_of, with_app, wrong_code

pytestmark = pytest.mark.django_db

SIGN_IN, STEP = "/admin/login/", "/admin/second-step/"


@pytest.fixture
def ana() -> User:
    return with_app(factories.editor(username="ana"))


def half_way(at: str = "203.0.113.5", client: Client | None = None, **query: str) -> Client:
    """A browser in which Ana's password was typed."""
    client = client or Client(REMOTE_ADDR=at)
    form = {"username": "ana", "password": factories.PASSWORD, **query}
    page: Any = client.post(SIGN_IN, form)
    assert (page.status_code, page["Location"]) == (302, STEP)
    return client


def typed(client: Client, code: str) -> int:
    return client.post(STEP, {"code": code}).status_code


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_password_alone_opens_nothing_and_makes_no_browser_known(ana: User) -> None:
    client = half_way()
    assert not is_in(client)
    assert set(client.cookies) == {"step"}
    assert (client.cookies["step"]["httponly"], client.cookies["step"]["samesite"]) == (True, "Strict")
    assert AccountSession.objects.count() == 0
    assert client.cookies["step"].value not in str(SignInStep.objects.values())


def test_right_code_signs_in_with_a_new_session(ana: User) -> None:
    client = half_way(next="/admin/measures/measure/")
    page: Any = client.post(STEP, {"code": code_of(ana)})
    assert (page.status_code, page["Location"]) == (302, "/admin/measures/measure/")
    assert is_in(client)
    assert client.cookies["device"].value
    assert [entry.act for entry in AuditEntry.objects.all()] == ["signed_in"]
    assert SignInStep.objects.count() == 0


@pytest.mark.parametrize(
    "next_url", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_next_leads_nowhere_else(ana: User, next_url: str) -> None:
    client = half_way(next=next_url)
    SignInStep.objects.update(next_url=next_url)
    page: Any = client.post(STEP, {"code": code_of(ana)})
    assert (page.status_code, page["Location"]) == (302, "/admin/")


def test_code_is_accepted_once_and_none_before_it(ana: User) -> None:
    code, earlier = code_of(ana), code_of(ana, later=-1)
    assert typed(half_way(), code) == 302
    for replayed in (code, earlier):
        client = half_way()
        assert typed(client, replayed) == 200
        assert not is_in(client)
    assert typed(half_way(), code_of(ana, later=1)) == 302


def test_recovery_code_is_accepted_once(ana: User) -> None:
    codes = second_factor.new_recovery_codes(ana)
    assert len(set(codes)) == 10
    assert typed(half_way(), codes[3].upper().replace("-", " ")) == 302
    assert typed(half_way(), codes[3]) == 200
    assert typed(half_way(), codes[4]) == 302
    assert not any(code.replace("-", "") in str(list(ana.recovery_codes.values())) for code in codes)


def test_wrong_codes_are_counted_with_wrong_passwords(ana: User) -> None:
    for _ in range(3):
        Client(REMOTE_ADDR="203.0.113.5").post(SIGN_IN, {"username": "ana", "password": "guess"})
    client = half_way()
    assert [typed(client, wrong_code(ana)) for _ in range(2)] == [200, 429]
    assert typed(client, code_of(ana)) == 429
    assert (
        Client(REMOTE_ADDR="203.0.113.5").post(SIGN_IN, {"username": "ana", "password": factories.PASSWORD}).status_code
        == 429
    )
    assert typed(half_way("198.51.100.7"), code_of(ana)) == 302


def test_starting_over_gives_no_more_guesses(ana: User) -> None:
    statuses = [typed(half_way(), wrong_code(ana)) for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


def test_codes_from_many_networks_end_at_the_limit_of_the_account_but_not_for_a_known_browser(ana: User) -> None:
    known = half_way("192.0.2.1")
    assert typed(known, code_of(ana)) == 302
    known.post("/admin/logout/")
    statuses = [typed(half_way(f"198.51.100.{number}"), wrong_code(ana)) for number in range(11)]
    assert statuses == [200] * 10 + [429]
    assert typed(half_way("192.0.2.9"), code_of(ana, later=1)) == 429
    assert typed(half_way(client=known), code_of(ana, later=1)) == 302


def test_strangers_without_the_password_cannot_close_the_second_step(ana: User) -> None:
    for number in range(20):
        Client(REMOTE_ADDR=f"198.51.100.{number}").post(SIGN_IN, {"username": "ana", "password": "guess"})
    assert typed(half_way("192.0.2.9"), code_of(ana)) == 302


def test_forwarded_addresses_count_as_one_without_a_proxy(ana: User) -> None:
    client = half_way()
    statuses = [
        client.post(STEP, {"code": wrong_code(ana)}, headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code
        for number in range(5)
    ]
    assert statuses == [200, 200, 200, 200, 429]


def test_step_is_over_after_ten_minutes_or_with_the_account_or_its_password(ana: User) -> None:
    late, closed, changed = half_way(), half_way(), half_way()
    first = SignInStep.objects.order_by("pk").values_list("pk", flat=True)[0]
    SignInStep.objects.filter(pk=first).update(began_at=timezone.now() - timedelta(minutes=11))
    assert late.post(STEP, {"code": code_of(ana)})["Location"] == SIGN_IN
    User.objects.update(is_active=False)
    assert closed.post(STEP, {"code": code_of(ana)})["Location"] == SIGN_IN
    User.objects.update(is_active=True)
    ana.set_password("another one, quite long")
    ana.save()
    assert changed.post(STEP, {"code": code_of(ana)})["Location"] == SIGN_IN
    assert AccountSession.objects.count() == 0


def test_made_up_step_is_none(ana: User) -> None:
    for value in ("", "x" * 43, "é", SignInStep.objects.values_list("digest", flat=True).first() or "none"):
        page: Any = Client().post(STEP, {"code": code_of(ana)}, headers={"Cookie": f"step={value}"})
        assert page["Location"] == SIGN_IN


def test_session_known_before_is_worth_nothing_after(ana: User) -> None:
    """A session fixed in the victim's browser by an attacker is replaced at sign-in."""
    attacker = Client()
    attacker.force_login(factories.analyst(username="mallory"))
    fixed = attacker.cookies["sessionid"].value
    victim = Client(REMOTE_ADDR="203.0.113.5")
    victim.cookies["sessionid"] = fixed
    typed(half_way(client=victim), code_of(ana))
    assert is_in(victim)
    assert victim.cookies["sessionid"].value != fixed
    assert not is_in(attacker)


def test_forged_form_is_refused(ana: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = half_way().cookies
    assert typed(client, code_of(ana)) == 403


def test_passkey_signs_in_once_for_each_challenge_and_only_at_this_address(ana: User) -> None:
    key, client = SoftPasskey(), half_way()
    typed(client, code_of(ana))
    page = client.get("/admin/account/passkey/").text
    added = client.post("/admin/account/passkey/", {"name": "phone", "answer": key.created(page)})
    assert "Recovery codes" in added.text
    assert [known.name for known in Passkey.objects.all()] == ["phone"]

    other = half_way("198.51.100.7")
    page = other.get(STEP).text
    assert other.post(STEP, {"answer": key.used(page, "https://evil.example")}).status_code == 200
    page = other.get(STEP).text
    answer = key.used(page)
    assert other.post(STEP, {"answer": answer}).status_code == 302
    assert is_in(other)
    again = half_way("192.0.2.9")
    again.get(STEP)
    assert again.post(STEP, {"answer": answer}).status_code == 200
    page = again.get(STEP).text
    key.count = 0  # a copy, which does not know how often the key was used
    assert again.post(STEP, {"answer": key.used(page)}).status_code == 200
    assert not is_in(again)


def test_made_up_passkey_is_refused(ana: User) -> None:
    Passkey.objects.create(user=ana, name="phone", credential_id=b"1", credential=SoftPasskey().credential)
    AuthenticatorApp.objects.all().delete()
    for number, answer in enumerate(("{}", "[]", "1", "x", '{"rawId": 1}', '{"response": null}', "?", "9" * 20_000)):
        client = half_way(f"198.51.100.{number}")
        client.get(STEP)
        assert client.post(STEP, {"answer": answer}).status_code == 200
        assert not is_in(client)


class TestRequired:
    """Where the installation requires a second factor of editors."""

    @pytest.fixture(autouse=True)
    def required(self, settings: Settings) -> None:
        settings.SECOND_FACTOR = "editors"

    def test_editor_without_one_sets_it_up_before_anything_else(self) -> None:
        ana = factories.editor(username="ana")
        client = half_way()
        page = client.get(STEP).text
        assert page.count('<svg viewBox="0 0') == 1
        assert not is_in(client)
        assert typed(client, "no code") == 200
        step = SignInStep.objects.get()
        AuthenticatorApp.objects.create(user=ana, secret=step.secret)
        code = code_of(ana)
        AuthenticatorApp.objects.all().delete()
        shown: Any = client.post(STEP, {"code": code})
        assert len(shown.context["codes"]) == 10
        assert is_in(client)
        assert [entry.act for entry in AuditEntry.objects.order_by("pk")] == ["signed_in", "factor_added"]

    def test_analyst_needs_none(self) -> None:
        factories.analyst(username="ana")
        client = Client()
        assert client.post(SIGN_IN, {"username": "ana", "password": factories.PASSWORD}).status_code == 302
        assert is_in(client)

    def test_last_factor_stays(self, ana: User) -> None:
        client = half_way()
        typed(client, code_of(ana))
        client.post("/admin/account/remove/", {"app": "yes"})
        assert AuthenticatorApp.objects.count() == 1
