"""Attacks on sign-in: guessing, spraying, filling the disk, and keeping the CPUs busy with hashing."""

import logging
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings as site
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from observatory.accounts.models import AccountSession
from tests import factories
from tests.password_hashers import CountingHasher

pytestmark = pytest.mark.django_db

URL = "/admin/login/"
GUESS = "a guess"
HERE, ELSEWHERE = "203.0.113.5", "198.51.100.7"


@pytest.fixture(autouse=True)
def hasher(settings: Settings) -> type[CountingHasher]:
    settings.PASSWORD_HASHERS = ["tests.password_hashers.CountingHasher"]
    CountingHasher.reset()
    return CountingHasher


def sign_in(name: str, password: str = GUESS, *, at: str = HERE, **headers: str) -> Any:
    return Client(REMOTE_ADDR=at, headers=headers).post(URL, {"username": name, "password": password})


def test_random_names_from_one_network_cost_a_bounded_number_of_hashes(hasher: type[CountingHasher]) -> None:
    statuses = [sign_in(f"nobody-{number}").status_code for number in range(60)]
    assert hasher.hashed == 30
    assert statuses == [200] * 29 + [429] * 31


def test_one_password_over_many_names_ends_at_the_limit_of_the_network(hasher: type[CountingHasher]) -> None:
    names = [factories.analyst(username=f"person-{number}").username for number in range(31)]
    for name in names[:30]:
        sign_in(name, "Summer2026!!")
    hasher.reset()
    refused = sign_in(names[30], factories.PASSWORD)
    assert (refused.status_code, refused.headers["Retry-After"], hasher.hashed) == (429, "900", 0)
    assert "from your network" in refused.text
    assert sign_in(names[30], factories.PASSWORD, at=ELSEWHERE).status_code == 302


def test_office_behind_one_address_outlives_a_person_who_forgot() -> None:
    ana, eva = (factories.analyst(username=name) for name in ("ana", "eva"))
    for _ in range(40):
        sign_in(ana.username)
    assert sign_in(eva.username, factories.PASSWORD).status_code == 302


def test_success_of_one_name_forgets_no_guess_at_others() -> None:
    """Otherwise an attacker's own account could reset the counter again and again."""
    factories.analyst(username="insider")
    for number in range(29):
        sign_in(f"victim-{number}")
    assert sign_in("insider", factories.PASSWORD).status_code == 302
    assert sign_in("victim-29").status_code == 429


@pytest.mark.parametrize("spellings", [["Ana", "ana", "ANA", "aNa", "anA"], ["ana", "ａna", "ANA", "ⓐna", "ᴬna"]])
def test_spellings_of_one_name_share_a_count(spellings: list[str]) -> None:
    assert [sign_in(name).status_code for name in spellings] == [200, 200, 200, 200, 429]


def test_neighbours_in_an_ipv6_network_share_a_count() -> None:
    statuses = [sign_in("ana", at=f"2001:db8:1:2::{number}").status_code for number in range(1, 7)]
    assert statuses == [200, 200, 200, 200, 429, 429]
    assert sign_in("ana", at="2001:db8:1:3::1").status_code == 200


def test_other_programs_share_a_count() -> None:
    statuses = [sign_in("ana", **{"User-Agent": f"program {number}"}).status_code for number in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]


def test_address_that_cannot_be_read_is_counted_too(settings: Settings) -> None:
    settings.TRUST_PROXY = True
    statuses = [sign_in("ana", **{"X-Forwarded-For": "unknown"}).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


def test_person_gets_in_while_strangers_guess_at_that_name_elsewhere() -> None:
    ana = factories.analyst(username="ana")
    for number in range(60):
        sign_in(ana.username, at=f"198.51.100.{number}")
    assert sign_in(ana.username, factories.PASSWORD).status_code == 302


def test_waiting_opens_the_door_though_guessing_went_on() -> None:
    """Attempts during a lockout are not counted: otherwise an attacker could prolong it forever."""
    ana = factories.analyst(username="ana")
    for _ in range(20):
        sign_in(ana.username)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert sign_in(ana.username, factories.PASSWORD).status_code == 302


def test_flood_leaves_a_bounded_record() -> None:
    """Of each attempt axes keeps what was sent with it."""
    padding = {f"field{number}": "x" * 1000 for number in range(50)}
    client = Client(REMOTE_ADDR=HERE)
    for number in range(100):
        client.post(f"{URL}?{'y' * 2000}", {"username": f"nobody-{number // 5}", "password": "guess", **padding})
    rows = AccessAttempt.objects.all()
    assert sum(row.failures_since_start for row in rows) == 30
    assert sum(len(row.post_data) + len(row.get_data) for row in rows) < 30 * 2200
    assert AccountSession.objects.count() == 0


def test_password_of_megabytes_is_refused_unhashed(hasher: type[CountingHasher]) -> None:
    assert sign_in("ana", "x" * 10_000_000).status_code == 413
    answer = sign_in("ana", "x" * 4097)
    assert (answer.status_code, hasher.hashed) == (200, 0)
    assert "at most 4096 characters" in answer.text


def test_name_of_megabytes_is_refused_unhashed(hasher: type[CountingHasher]) -> None:
    assert sign_in("x" * 10_000_000).status_code == 413
    assert (sign_in("x" * 151).status_code, hasher.hashed) == (200, 0)


def test_unknown_name_costs_and_tells_what_a_known_one_does(hasher: type[CountingHasher]) -> None:
    factories.analyst(username="ana")
    known: list[tuple[int, int, str]] = []
    unknown: list[tuple[int, int, str]] = []
    for name, answers in (("ana", known), ("eva", unknown)):
        hasher.reset()
        for _ in range(6):
            answer = sign_in(name, at=HERE if name == "ana" else ELSEWHERE)
            text = answer.text.replace(name, "NAME")
            answers.append((answer.status_code, hasher.hashed, text.replace(_token(text), "")))
    assert known == unknown


def _token(page: str) -> str:
    """The CSRF token of the form, which differs each time."""
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0] or "no form"


class TestKnownBrowser:
    """Guesses of others do not concern whoever has signed in from this browser before."""

    @pytest.fixture
    def ana(self) -> User:
        return factories.analyst(username="ana")

    @pytest.fixture
    def browser(self, ana: User) -> Client:
        client = Client(REMOTE_ADDR=HERE)
        assert self.posted(client, "ana", factories.PASSWORD) == 302
        client.post("/admin/logout/")
        return client

    @staticmethod
    def posted(client: Client, name: str, password: str = GUESS) -> int:
        return client.post(URL, {"username": name, "password": password}).status_code

    def test_strangers_in_the_same_network_lock_others_out_alone(self, browser: Client) -> None:
        for number in range(40):
            sign_in("ana" if number < 10 else f"nobody-{number}")
        assert sign_in("ana", factories.PASSWORD).status_code == 429
        assert self.posted(browser, "ana", factories.PASSWORD) == 302

    def test_wrong_passwords_there_are_limited(self, browser: Client) -> None:
        assert [self.posted(browser, "ana") for _ in range(6)] == [200, 200, 200, 200, 429, 429]
        assert self.posted(browser, "ana", factories.PASSWORD) == 429
        assert sign_in("ana", factories.PASSWORD).status_code == 302

    def test_stolen_cookie_gives_as_many_guesses_in_all_networks_together(self, browser: Client) -> None:
        statuses = []
        for number in range(6):
            thief = Client(REMOTE_ADDR=f"198.51.100.{number}")
            thief.cookies = browser.cookies
            statuses.append(self.posted(thief, "ana"))
        assert statuses == [200, 200, 200, 200, 429, 429]

    def test_success_forgets_the_wrong_passwords(self, browser: Client) -> None:
        for _ in range(4):
            self.posted(browser, "ana")
        assert self.posted(browser, "ana", factories.PASSWORD) == 302
        assert AccessAttempt.objects.count() == 0

    def test_cookie_is_no_advantage_for_other_names(self, browser: Client) -> None:
        factories.analyst(username="eva")
        assert [self.posted(browser, "eva") for _ in range(5)] == [200, 200, 200, 200, 429]
        assert sign_in("eva", factories.PASSWORD).status_code == 429

    def test_cookie_is_worth_nothing_after_the_password_has_changed(self, browser: Client, ana: User) -> None:
        ana.set_password("another one, quite long")
        ana.save()
        for _ in range(5):
            sign_in("ana")
        assert self.posted(browser, "ana", "another one, quite long") == 429

    def test_cookie_is_worth_nothing_once_the_account_is_closed(self, browser: Client, ana: User) -> None:
        User.objects.filter(pk=ana.pk).update(is_active=False)
        assert [self.posted(browser, "ana") for _ in range(5)] == [200, 200, 200, 200, 429]
        assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["ana"]

    def test_forged_cookies_are_worth_nothing(self, browser: Client, ana: User) -> None:
        value = browser.cookies["device"].value
        for number, forged in enumerate((value[:-1], value.upper(), "", "x" * 3000, value + "é", ":".join("abc"))):
            assert sign_in("ana", at=f"192.0.2.{number}", cookie=f"device={forged}").status_code == 200
        assert {attempt.username for attempt in AccessAttempt.objects.all()} == {"ana"}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_processes_share_the_count(environment: dict[str, str]) -> None:
    script = f"""
import django; django.setup()
from django.test import Client
client = Client(REMOTE_ADDR={HERE!r}, headers={{"host": "localhost"}})
for _ in range(3):
    answer = client.post({URL!r}, {{"username": "ana", "password": "guess"}})
    assert answer.status_code == 200, answer.status_code
"""
    process = [sys.executable, "-c", script]
    subprocess.run(process, env=environment | {"DEBUG": "true"}, cwd=site.BASE_DIR, check=True, timeout=60)
    assert [sign_in("ana").status_code for _ in range(3)] == [200, 429, 429]


def test_line_breaks_in_a_name_forge_no_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        sign_in("ana\n2026-01-01 00:00:00 WARNING django: all is well")
    formatter = logging.getLogger("django").handlers[0].formatter
    assert formatter
    lines = [formatter.format(record) for record in caplog.records]
    assert lines
    assert [line for line in lines if "\n" in line] == []


def test_old_records_of_sign_in_are_forgotten_daily() -> None:
    ana = factories.analyst(username="ana")
    assert sign_in(ana.username, factories.PASSWORD).status_code == 302
    sign_in("recent")
    old = AccessAttempt.objects.create(username="old", ip_address=HERE, failures_since_start=1)
    AccessAttempt.objects.filter(pk=old.pk).update(attempt_time=timezone.now() - timedelta(minutes=16))
    log = AccessLog.objects.create(username="old", ip_address=HERE)
    AccessLog.objects.filter(pk=log.pk).update(attempt_time=timezone.now() - timedelta(days=91))
    AccountSession.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(seconds=1))
    call_command("forget_sign_ins")
    assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["recent"]
    assert [entry.username for entry in AccessLog.objects.all()] == ["ana"]
    assert AccountSession.objects.count() == 1
