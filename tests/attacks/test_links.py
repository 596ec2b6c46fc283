"""Attacks on links that set a password: used twice, too late, by others; and finding out which addresses are known."""

import time
from datetime import timedelta
from html import unescape
from smtplib import SMTPServerDisconnected
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.mail.backends import locmem
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from foundation.records.audit import AuditEntry
from observatory.accounts import password_pages
from observatory.accounts.links import link_for
from observatory.accounts.mail import send_invitation, send_notice, send_reset_letter, send_reset_letters
from observatory.accounts.models import AccountSession
from tests import factories
from tests.authenticators import with_app
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

FORGOTTEN = "/admin/password-reset/"
ORIGIN = "http://testserver"
NEW = "tres tristes tigres 4"


@pytest.fixture(autouse=True)
def mail_server(settings: Settings) -> None:
    settings.SENDS_MAIL = True
    password_pages._limiter.cache_clear()


@pytest.fixture
def ana() -> User:
    return factories.analyst(username="ana", email="ana@institute.example")


@pytest.fixture
def invited() -> User:
    user = factories.analyst(username="eva", email="eva@institute.example")
    user.set_unusable_password()
    user.save()
    return user


def follow(link: str, client: Client | None = None, password: str = NEW) -> int:
    """Follow a link and set a password; 200 if the page refuses."""
    client = client or Client()
    page: Any = client.get(link.removeprefix(ORIGIN), follow=True)
    address = page.redirect_chain[-1][0] if page.redirect_chain else link.removeprefix(ORIGIN)
    return client.post(address, {"new_password1": password, "new_password2": password}).status_code


@pytest.mark.parametrize("name", ["ana", "eva"])
def test_link_sets_a_password_once(ana: User, invited: User, name: str) -> None:
    user = User.objects.get(username=name)
    link = link_for(user, ORIGIN)
    early = Client()
    early.get(link.removeprefix(ORIGIN))  # another browser in which the form is open
    assert follow(link) == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert follow(link, password="another one of mine") == 200
    form = {"new_password1": "another one of mine", "new_password2": "another one of mine"}
    address = link.removeprefix(ORIGIN).rsplit("/", 2)[0] + "/set-password/"
    assert early.post(address, form).status_code == 200
    user.refresh_from_db()
    assert user.check_password(NEW)


@pytest.mark.parametrize(("name", "age"), [("ana", timedelta(hours=1)), ("eva", timedelta(days=7))])
def test_link_expires(ana: User, invited: User, name: str, age: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_for(User.objects.get(username=name), ORIGIN)
    later = time.time() + age.total_seconds() + 60
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    generator = password_pages.NewPasswordView.token_generator
    now = generator._now()
    monkeypatch.setattr(generator, "_now", lambda: now + age + timedelta(minutes=1))
    assert follow(link) == 200
    assert not User.objects.get(username=name).check_password(NEW)


def test_link_of_one_opens_no_other_account_and_no_closed_one(ana: User, invited: User) -> None:
    of_ana, of_eva = (link_for(user, ORIGIN) for user in (ana, invited))
    parts = of_eva.split("/")
    parts[-3] = of_ana.split("/")[-3]
    assert follow("/".join(parts)) == 200
    User.objects.update(is_active=False)
    assert [follow(link) for link in (of_ana, of_eva)] == [200, 200]


def test_new_password_ends_sessions_and_does_not_replace_the_second_factor(ana: User) -> None:
    signed_in(with_app(ana))
    client = Client()
    assert follow(link_for(ana, ORIGIN), client) == 302
    assert AccountSession.objects.filter(user=ana).count() == 0
    page: Any = client.post("/admin/login/", {"username": "ana", "password": NEW})
    assert page["Location"] == "/admin/second-step/"


@pytest.mark.parametrize("name", ["ana", "bob"])
def test_who_is_signed_in_is_told_whose_password_it_is_and_signed_out(ana: User, name: str) -> None:
    """Also as somebody else, whose other sessions go on."""
    factories.analyst(username="bob")
    reader = User.objects.get(username=name)
    client, other = signed_in(reader), signed_in(reader)
    ana.refresh_from_db()
    page: Any = client.get(link_for(ana, ORIGIN).removeprefix(ORIGIN), follow=True)
    assert f"You are signed in as {name}. This sets the password of ana and signs you out." in unescape(page.text)
    answer = client.post(page.redirect_chain[-1][0], {"new_password1": NEW, "new_password2": NEW})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/password-reset/complete/")
    assert client.get(answer["Location"]).status_code == 200
    assert [each.get("/admin/account/").status_code for each in (client, other)] == [302, 302 if name == "ana" else 200]


def test_unknown_address_is_answered_and_costs_what_a_known_one_does(
    ana: User, django_capture_on_commit_callbacks: Any
) -> None:
    pages = []
    for address in (ana.email, "nobody@institute.example"):
        client = Client()
        with CaptureQueriesContext(connection) as queries, django_capture_on_commit_callbacks(execute=True):
            answer: Any = client.post(FORGOTTEN, {"email": address})
        asked = [query["sql"].replace(address, "ADDRESS") for query in queries]
        pages.append((answer.status_code, answer["Location"], client.get(answer["Location"]).text, asked))
    assert pages[0] == pages[1]
    assert len(pages[0][3]) == 1  # the job
    assert mail.outbox == []


def test_worker_writes_to_known_addresses_once_in_a_while(ana: User, invited: User) -> None:
    assert send_reset_letters("nobody@institute.example", ORIGIN, "en") == 0
    assert send_reset_letters(invited.email, ORIGIN, "en") == 0
    assert send_reset_letters("ANA@institute.example", ORIGIN, "es") == 1
    assert send_reset_letters(ana.email, ORIGIN, "es") == 0
    (letter,) = mail.outbox
    assert letter.to == [ana.email]
    (link,) = [line for line in letter.body.splitlines() if line.startswith(ORIGIN)]
    assert link.startswith(f"{ORIGIN}/es/admin/password-reset/")
    assert follow(link) == 302
    assert link not in str(list(ProcrastinateJob.objects.values()))


def test_letter_that_fails_is_tried_again_and_none_is_sent_twice(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts of one address; the mail server refuses the second letter at first."""
    bob = factories.analyst(username="bob", email=ana.email)
    server, fails = locmem.EmailBackend.send_messages, [False, True, False]

    def send(backend: Any, letters: Any) -> int:
        if fails.pop(0):
            raise SMTPServerDisconnected
        sent: int = server(backend, letters)
        return sent

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", send)
    with pytest.raises(SMTPServerDisconnected):
        send_reset_letters(ana.email, ORIGIN, "en")
    assert list(AuditEntry.objects.filter(by=None).values_list("act", "account")) == [("link_made", ana.pk)]
    assert send_reset_letters(ana.email, ORIGIN, "en") == 1  # the next attempt
    assert send_reset_letters(ana.email, ORIGIN, "en") == 0
    assert [f"for {user} at" in letter.body for user, letter in zip((ana, bob), mail.outbox, strict=True)] == [True] * 2
    retry: Any = app.tasks["observatory.tasks.send_reset_letters"].retry_strategy
    assert retry.get_retry_decision(exception=OSError(), job=SimpleNamespace(attempts=0)).retry_at > timezone.now()


def test_letter_of_an_account_is_that_of_its_key_whatever_it_is_called(ana: User) -> None:
    """A name that somebody gave up does not hold back the letter of whoever has it now."""
    assert send_reset_letters(ana.email, ORIGIN, "en") == 1
    User.objects.filter(pk=ana.pk).update(username="ana-before")
    heir = factories.analyst(username="ana", email="other@institute.example")
    assert send_reset_letters(heir.email, ORIGIN, "en") == 1
    assert send_reset_letters(ana.email, ORIGIN, "en") == 0


def test_owner_is_told_of_a_new_password(ana: User, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert follow(link_for(ana, ORIGIN)) == 302
    job = ProcrastinateJob.objects.get(task_name="observatory.tasks.send_notice")
    send_notice(**job.args)
    (letter,) = mail.outbox
    assert (letter.to, "set a password" in letter.body) == ([ana.email], True)


def test_forged_host_is_in_no_letter(ana: User, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://observatory.example"
    Client(headers={"X-Forwarded-Host": "evil.example"}).post(FORGOTTEN, {"email": ana.email})
    assert Client(headers={"Host": "evil.example"}).post(FORGOTTEN, {"email": ana.email}).status_code == 400


def test_letters_are_asked_for_ten_times_an_hour_from_a_network(ana: User) -> None:
    statuses = [Client().post(FORGOTTEN, {"email": ana.email}).status_code for _ in range(11)]
    assert statuses == [302] * 10 + [429]


def test_forged_forms_are_refused(ana: User, invited: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(FORGOTTEN, {"email": ana.email}).status_code == 403
    assert follow(link_for(invited, ORIGIN), client) == 403


class TestInvitation:
    @pytest.fixture
    def admin(self) -> Client:
        client = Client()
        User.objects.create_superuser("root", password=factories.PASSWORD)
        client.post("/admin/login/", {"username": "root", "password": factories.PASSWORD})
        return client

    @staticmethod
    def form(**fields: Any) -> dict[str, Any]:
        names = {"username": "eva", "first_name": "Eva", "last_name": "Ruiz", "email": "eva@institute.example"}
        return {**names, "groups": [_analysts()], **fields}

    def test_without_mail_the_link_is_shown_once(self, admin: Client, settings: Settings) -> None:
        settings.SENDS_MAIL = False
        page = admin.post("/admin/auth/user/invite/", self.form())
        link = page.context["link"]
        eva = User.objects.get(username="eva")
        assert (eva.is_staff, eva.is_superuser, eva.has_usable_password()) == (True, False, False)
        assert [group.name for group in eva.groups.all()] == ["analyst"]
        assert "no-store" in page.headers["Cache-Control"]
        assert link not in admin.get(f"/admin/auth/user/{eva.pk}/access/").text
        assert follow(link) == 302
        client = Client()
        assert client.post("/admin/login/", {"username": "eva", "password": NEW})["Location"] == "/admin/"

    def test_with_mail_it_is_sent_and_a_new_one_voids_the_first(
        self, admin: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            assert admin.post("/admin/auth/user/invite/", self.form()).status_code == 302
        eva = User.objects.get(username="eva")
        asked = ProcrastinateJob.objects.get(task_name="observatory.tasks.send_invitation").args
        assert asked["user"] == eva.pk
        assert [send_invitation(**asked) for _attempt in range(2)] == [1, 0]
        first = link_for(eva, ORIGIN)
        admin.post(f"/admin/auth/user/{eva.pk}/access/", {"link": "yes"})
        assert follow(first) == 200
        eva.refresh_from_db()
        assert follow(link_for(eva, ORIGIN)) == 302
        assert send_invitation(**asked | {"asked_at": timezone.now().isoformat()}) == 0

    def test_link_for_one_account_is_sent_to_no_other_of_its_address_and_at_once(
        self, admin: Client, ana: User, django_capture_on_commit_callbacks: Any
    ) -> None:
        factories.analyst(username="bob", email=ana.email)
        assert send_reset_letters(ana.email, ORIGIN, "en") == 2  # just before, asked for by themselves
        with django_capture_on_commit_callbacks(execute=True):
            admin.post(f"/admin/auth/user/{ana.pk}/access/", {"link": "yes"})
        (asked,) = ProcrastinateJob.objects.values_list("args", flat=True)
        assert [send_reset_letter(**asked) for _attempt in range(2)] == [1, 0]
        assert "for ana at" in mail.outbox[-1].body
        entry = AuditEntry.objects.filter(act="link_made").latest("pk")
        assert (entry.account, entry.by and entry.by.username) == (ana, "root")

    def test_closed_account_gets_no_link_and_no_end_of_sessions_instead(self, admin: Client, ana: User) -> None:
        signed_in(ana)
        User.objects.filter(pk=ana.pk).update(is_active=False)
        path = f"/admin/auth/user/{ana.pk}/access/"
        assert "is closed" in admin.post(path, {"link": "yes"}, follow=True).text
        assert 'name="link"' not in admin.get(path).text
        assert AccountSession.objects.filter(user=ana).count() == 1

    def test_nobody_sets_the_password_of_another(self, admin: Client, ana: User) -> None:
        path = f"/admin/auth/user/{ana.pk}/password/"
        form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
        for page in (admin.get(path), admin.post(path, form)):
            assert (page.status_code, page["Location"]) == (302, f"/admin/auth/user/{ana.pk}/access/")
        ana.refresh_from_db()
        assert ana.check_password(factories.PASSWORD)
        assert admin.get("/admin/auth/user/ana/password/").status_code == 404

    def test_role_and_address_are_required(self, admin: Client) -> None:
        page = admin.post("/admin/auth/user/invite/", self.form(email="", groups=[]))
        assert set(page.context["form"].errors) == {"email", "groups"}
        assert not User.objects.filter(username="eva").exists()

    def test_editors_invite_nobody_and_see_no_access(self, ana: User) -> None:
        editor = factories.editor(username="editor")
        client = Client()
        client.post("/admin/login/", {"username": "editor", "password": factories.PASSWORD})
        assert client.post("/admin/auth/user/invite/", self.form()).status_code == 403
        assert client.post(f"/admin/auth/user/{editor.pk}/access/", {"link": "yes"}).status_code == 403


def _analysts() -> int:
    return Group.objects.get(name="analyst").pk
