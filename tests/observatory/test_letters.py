"""Readers follow a filter by e-mail: asked for, confirmed, written down, sent once, ended."""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core import signing
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from pytest_django import Settings

from foundation.sql import execute, rows
from measures import workflow
from measures.corrections.guard import MOST_OF_NETWORK, origin_of
from measures.models import Letter, Measure, Subscription
from measures.subscriptions import course
from measures.subscriptions.news import news_of
from observatory.letters import message_of, send_letters, write_letters
from tests import factories

pytestmark = pytest.mark.django_db

ORIGIN = "https://observatory.example.org"
MORNING = localtime().replace(hour=9, minute=0) + timedelta(days=1)
"""Of the day after what the tests do."""


@pytest.fixture(autouse=True)
def mail(settings: Settings) -> None:
    settings.SENDS_MAIL, settings.PUBLIC_URL, settings.DIGEST_HOUR = True, ORIGIN, 7


def aged() -> str:
    """The signed time of a form that was made a minute earlier."""
    with pytest.MonkeyPatch.context() as patch:
        moment = timezone.now().timestamp() - 60
        patch.setattr("django.core.signing.time.time", lambda: moment)
        return signing.TimestampSigner(salt="measures.report").sign("form")


def asked(query: str = "", email: str = "ana@example.org", **more: str) -> Any:
    data = {"email": email, "frequency": "daily", "form": aged(), **more}
    return Client(enforce_csrf_checks=True).post(f"{reverse('follow')}{query}", data)


def links_in(text: str) -> list[str]:
    """The paths of this site's pages in a letter."""
    return re.findall(rf"{ORIGIN}(\S+)", text)


def test_filter_is_followed_from_the_button_of_its_letter_until_that_of_its_end(mailoutbox: Any) -> None:
    factories.measure(title_en="Border closure", topics=("entry",))
    assert reverse("follow") in Client().get(reverse("measures")).text
    response = asked("?topic=entry&sort=oldest")
    assert (response.status_code, response["Location"]) == (302, reverse("follow_sent"))
    stored = Subscription.objects.get()
    assert (stored.email, stored.query, stored.confirmed_at) == ("ana@example.org", "topic=entry", None)
    assert send_letters(at=timezone.now()) == 1
    (letter,) = mailoutbox
    page, end = links_in(letter.body)[1:]
    token = page.strip("/").split("/")[-1]
    assert token not in str(Letter.objects.values())

    assert Client().get(page).status_code == 200
    assert Client().get(end).status_code == 200
    assert Subscription.objects.get().confirmed_at is None  # a link changes nothing
    assert Client(enforce_csrf_checks=True).post(page, {"confirm": "1"}).status_code == 302
    stored.refresh_from_db()
    assert stored.confirmed_at
    Client().post(page, {"change": "1", "frequency": "weekly", "language": "es"})
    stored.refresh_from_db()
    assert (stored.frequency, stored.language) == ("weekly", "es")

    one_click = Client(enforce_csrf_checks=True).post(end, {"List-Unsubscribe": "One-Click"})
    assert (one_click.status_code, one_click.cookies) == (200, {})
    assert not Subscription.objects.exists()
    assert not Letter.objects.exists()
    assert Client().post(end, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Client().get(page).status_code == 404


# What letters say


def date_history(moment: datetime) -> None:
    """Give what was done since the last call its moment: a test is one transaction."""
    for (table,) in rows("select table_name from information_schema.columns where column_name = 'pgh_created_at'"):
        execute(f"update {table} set pgh_created_at = %s where pgh_created_at = now()", [moment])  # noqa: S608


@pytest.mark.owner
def test_letter_tells_what_became_public_changed_and_was_withdrawn_and_nothing_else(mailoutbox: Any) -> None:
    eva, at = factories.editor(), MORNING - timedelta(days=1)
    made = {name: factories.measure(title_en=f"{name} act", topics=("entry",)) for name in ("Same", "Renamed", "Gone")}
    made["Moved"] = factories.measure(title_en="Moved act", topics=("asylum", "entry"))
    made["Short"] = factories.draft(title_en="Short act", topics=("entry",))
    made["Born"] = factories.draft(title_en="Born act", topics=("entry",))
    made["Draft"] = factories.draft(title_en="Draft act", topics=("entry",))
    made["Other"] = factories.measure(title_en="Other act", topics=("asylum",))
    date_history(at - timedelta(days=1))
    reader = factories.subscription(query="topic=entry", confirmed_at=at, told_until=at, token="t")
    factories.subscription(query="topic=entry", language="es", confirmed_at=at, told_until=at)
    factories.subscription(query=f"topic={factories.topic(key='labour').key}", confirmed_at=at, told_until=at)

    def change(name: str, **values: Any) -> None:
        Measure.objects.filter(pk=made[name].pk).update(updated_at=timezone.now(), **values)

    change("Renamed", title_en="Better name")
    change("Same", workflow_note="somebody")
    change("Other", title_en="Other name")
    change("Draft", title_en="Hidden draft act")
    factories.revision(record=made["Same"], title_en="Hidden proposal")
    made["Moved"].topics.remove(factories.topic(key="entry"))
    workflow.publish(made["Born"], by=eva)
    workflow.publish(made["Short"], by=eva)
    date_history(at + timedelta(hours=1))
    workflow.retire(made["Gone"], by=eva, note="It was entered twice.")
    workflow.retire(made["Short"], by=eva, note="Not an act.")
    date_history(at + timedelta(hours=2))

    assert write_letters(at=MORNING.replace(hour=6)) == 0  # before the hour
    assert write_letters(at=MORNING) == 2
    assert send_letters(at=MORNING) == 2
    letter, in_spanish = mailoutbox
    assert re.findall(r"^- (.*)", letter.body, re.M) == [
        "Born act",
        "Better name",
        "Moved act",
        f"{made['Gone'].public_id}: It was entered twice.",
    ]
    assert "Renamed act → Better name" in letter.body
    assert f"{ORIGIN}{made['Born'].get_absolute_url()}\n" in letter.body
    assert f"Peru · {made['Born'].public_id} · " in letter.body
    for text in (letter.body, in_spanish.body, str(letter.alternatives[0])):
        assert not any(secret in text for secret in ("Same", "Hidden", "Short", "Gone act", "Other", "somebody"))
    assert f"{ORIGIN}/es/measures/?topic=entry" in in_spanish.body
    assert (write_letters(at=MORNING), write_letters(at=MORNING + timedelta(days=1))) == (0, 0)
    reader.refresh_from_db()
    assert reader.told_until
    assert reader.told_until > MORNING


@pytest.mark.owner
def test_what_is_withdrawn_after_the_letter_was_written_is_not_in_it(mailoutbox: Any) -> None:
    eva, at = factories.editor(), MORNING - timedelta(days=1)
    factories.subscription(confirmed_at=at, told_until=at)
    entry, other = factories.measure(title_en="Withdrawn act"), factories.measure(title_en="Public act")
    date_history(at + timedelta(hours=1))
    assert write_letters(at=MORNING) == 1
    written = Letter.objects.get()
    assert (written.entries, "Withdrawn act" in written.text) == ([other.pk, entry.pk], True)
    workflow.retire(entry, by=eva, note="A secret.")
    assert send_letters(at=MORNING) == 1
    (letter,) = mailoutbox
    assert "Public act" in letter.body
    assert "Withdrawn act" not in letter.body + str(letter.alternatives[0])
    assert letter.extra_headers["Message-ID"] == written.message_id
    written.refresh_from_db()
    assert (written.state, written.text, written.html, written.entries) == ("sent", "", "", [])


@pytest.mark.owner
def test_letter_that_cannot_be_made_does_not_hold_up_the_others(mailoutbox: Any, monkeypatch: Any, caplog: Any) -> None:
    at = MORNING - timedelta(days=1)
    for email, query in (("first@example.org", "q=law"), ("second@example.org", "")):
        factories.subscription(email=email, query=query, confirmed_at=at, told_until=at)
    factories.measure(title_en="A law")
    date_history(at + timedelta(hours=1))

    def broken(query: str, period: Any) -> Any:
        if query:
            raise ZeroDivisionError
        return news_of(query, period)

    with monkeypatch.context() as patch:
        patch.setattr("observatory.letters.news_of", broken)
        assert write_letters(at=MORNING) == 1
        assert write_letters(at=MORNING) == 0
    assert Subscription.objects.get(query="q=law").error == "ZeroDivisionError"
    assert write_letters(at=MORNING + timedelta(days=1)) == 1  # what it missed
    first = Letter.objects.get(subscription__query="")
    with monkeypatch.context() as patch:
        patch.setattr(
            "observatory.letters.message_of", lambda letter: 1 / 0 if letter.pk == first.pk else message_of(letter)
        )
        assert send_letters(at=MORNING + timedelta(days=1)) == 1
    asked()
    assert send_letters(at=MORNING + timedelta(days=2)) == 2
    assert [letter.to for letter in mailoutbox] == [["first@example.org"], ["ana@example.org"], ["second@example.org"]]
    assert "example.org" not in caplog.text


def test_filter_whose_term_is_gone_says_so_once_and_rests(mailoutbox: Any) -> None:
    at = MORNING - timedelta(days=1)
    gone = factories.subscription(query="topic=no_such_topic", confirmed_at=at, told_until=at)
    assert (write_letters(at=MORNING), send_letters(at=MORNING)) == (1, 1)
    assert "“no_such_topic” is not available here." in mailoutbox[0].body
    gone.refresh_from_db()
    assert gone.pause == "filter"
    assert write_letters(at=MORNING + timedelta(days=1)) == 0


# Sending, to a server that counts


class Killed(BaseException):
    """What ends a worker, which no code of ours catches."""


class Inbox:
    """A mail server: what it took, and what it says to recipients and to contents, if not that they are fine."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.to_recipient: dict[str, str] = {}
        self.to_data = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if refusal := self.to_recipient.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.to_data:
            return self.to_data
        self.taken.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def inbox(settings: Settings) -> Iterator[Inbox]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = Inbox()
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield found
    controller.stop()


class Killing:
    """A wrapper of statements that ends the worker instead of the writing one of this number, counted from 0.

    To die while reading is to have died after the statement before.
    """

    def __init__(self, at: int) -> None:
        self.left, self.statement = at, ""

    def __call__(self, execute: Any, sql: str, *arguments: Any) -> Any:
        self.left -= not sql.lstrip().lower().startswith(("select ", "with ", "savepoint"))
        if self.left == -1 and not self.statement:
            self.statement = sql
            raise Killed
        return execute(sql, *arguments)


@pytest.mark.owner
def test_worker_that_dies_at_any_moment_loses_no_letter_and_doubles_at_most_the_one_in_its_hands(
    inbox: Inbox,
) -> None:
    at = MORNING - timedelta(days=1)
    for _reader in range(2):
        factories.subscription(confirmed_at=at, told_until=at)
    factories.measure(title_en="Border closure")
    date_history(at + timedelta(hours=1))

    def work() -> None:
        write_letters(at=MORNING)
        send_letters(at=MORNING)

    doubled, killing = 0, Killing(0)
    for step in range(100):
        inbox.taken.clear()
        with transaction.atomic():
            killing = Killing(step)
            with connection.execute_wrapper(killing), suppress(Killed):
                work()
            work()
            transaction.set_rollback(True)
        if not killing.statement:
            break
        times = Counter(message["Message-ID"] for message in inbox.taken)
        is_marking = killing.statement.startswith('UPDATE "measures_letter"') and '"sent_at" = ' in killing.statement
        assert sorted(times.values()) == ([1, 2] if is_marking else [1, 1]), killing.statement
        doubled += is_marking
    assert (doubled, killing.statement) == (2, "")
    assert step > 6


def test_mail_has_the_headers_that_providers_ask_for(inbox: Inbox, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "letters@example.org"
    asked(email="Ana@Example.org")
    letter = Letter.objects.get()
    assert send_letters(at=timezone.now()) == 1
    (mail,) = inbox.taken
    end = mail["List-Unsubscribe"].strip().strip("<>")
    assert {name: mail[name] for name in ("From", "To", "Message-ID", "Precedence", "Auto-Submitted")} == {
        "From": "letters@example.org",
        "To": "Ana@Example.org",
        "Message-ID": letter.message_id,
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
    }
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"].endswith("<measures.observatory.example.org>")
    assert mail["Date"]
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    for part in list(mail.walk())[1:]:
        contents: Any = part.get_payload(decode=True)
        assert end in contents.decode()
    assert Client().post(end.removeprefix(ORIGIN)).status_code == 200
    assert not Subscription.objects.exists()


@pytest.mark.owner
def test_refused_address_pauses_after_some_days_and_what_passes_is_tried_again(inbox: Inbox, caplog: Any) -> None:
    at = MORNING - timedelta(days=1)
    gone, busy, fine = (factories.subscription(confirmed_at=at, told_until=at) for _reader in range(3))
    factories.measure()
    date_history(at + timedelta(hours=1))
    inbox.to_recipient = {gone.email: f"550 No such user {gone.email}", busy.email: "451 Come back later"}
    assert (write_letters(at=MORNING), send_letters(at=MORNING)) == (3, 1)
    assert send_letters(at=MORNING + timedelta(minutes=5)) == 0
    inbox.to_recipient.pop(busy.email)
    assert send_letters(at=MORNING + timedelta(minutes=11)) == 1
    for day in (1, 2, 3):
        assert send_letters(at=MORNING + timedelta(days=day, minutes=1)) == 0
    gone.refresh_from_db()
    assert (gone.pause, gone.refusals, gone.error) == ("refused", 3, "550 No such user …")
    assert not any(each.email in caplog.text for each in (gone, busy, fine))
    inbox.to_recipient.clear()
    assert send_letters(at=MORNING + timedelta(days=9)) == 0
    course.resume(gone)
    assert send_letters(at=MORNING + timedelta(days=9)) == 1
    assert Counter(mail["To"] for mail in inbox.taken) == {each.email: 1 for each in (gone, busy, fine)}


# Who asks


def test_answer_does_not_tell_whether_an_address_is_known_and_nobody_is_flooded(mailoutbox: Any) -> None:
    factories.measure()
    factories.subscription(email="ana@example.org", token="t")
    answers = [asked(email=email) for email in ("ana@example.org", "eva@example.org", "ANA+x@example.org")]
    assert {(each.status_code, each["Location"], each.content) for each in answers} == {(302, "/follow/sent/", b"")}
    assert send_letters(at=timezone.now()) == 3
    assert asked("?country=PER", email="ana+y@example.org").status_code == 302  # the factory's letter counts too
    assert send_letters(at=timezone.now()) == 0
    assert Counter(mail.to[0] for mail in mailoutbox) == {
        "ana@example.org": 1,
        "eva@example.org": 1,
        "ANA+x@example.org": 1,
    }
    Letter.objects.filter(kind="confirmation").update(network=origin_of("127.0.0.1"))
    for number in range(MOST_OF_NETWORK - Letter.objects.count()):
        assert asked(email=f"reader{number}@example.org").status_code == 302
    assert (asked(email="one-more@example.org").status_code, asked(email="ana@example.org").status_code) == (429, 429)


@pytest.mark.parametrize(
    ("more", "status"),
    [({"website": "https://pills.example"}, 302), ({"form": ""}, 400), ({"email": "no address"}, 400)],
)
def test_program_that_sends_the_form_gets_no_letter(more: dict[str, str], status: int) -> None:
    assert asked(**more).status_code == status
    assert not Subscription.objects.exists()


def test_offer_needs_a_mail_server_and_a_filter(settings: Settings) -> None:
    assert Client().get(f"{reverse('follow')}?topic=nonsense").status_code == 404
    settings.SENDS_MAIL = False
    factories.measure()
    assert reverse("follow") not in Client().get(reverse("measures")).text
    assert Client().get(reverse("follow")).status_code == 404


def test_what_is_not_confirmed_is_forgotten() -> None:
    _old, kept = (factories.subscription(confirmed=confirmed, token=str(confirmed)) for confirmed in (False, True))
    Subscription.objects.update(asked_at=timezone.now() - timedelta(days=8))
    new = factories.subscription(confirmed=False)
    Letter.objects.update(network="n", created_at=timezone.now() - timedelta(days=2))
    course.forget(at=timezone.now())
    assert set(Subscription.objects.all()) == {kept, new}
    assert list(Letter.objects.values_list("network", flat=True)) == [""]


@pytest.mark.owner
def test_weekly_letters_come_on_mondays_and_statements_grow_by_the_rows_of_readers_alone() -> None:
    monday = MORNING - timedelta(days=MORNING.weekday()) + timedelta(days=14)
    begun = monday - timedelta(days=4)

    def statements(readers: int, entries: int) -> int:
        with transaction.atomic():
            for _reader in range(readers):
                factories.subscription(
                    frequency="weekly", looked_on=begun.date(), confirmed_at=begun, told_until=begun, query="sort="
                )
            for _entry in range(entries):
                factories.measure()
            date_history(begun + timedelta(hours=1))
            assert write_letters(at=monday - timedelta(days=1)) == 0
            with CaptureQueriesContext(connection) as made:
                assert write_letters(at=monday) == readers
            transaction.set_rollback(True)
        return len(made)

    one, two, three = (statements(readers, 2) for readers in (1, 2, 3))
    assert three - two == two - one <= 5
    assert statements(1, 12) == one
