"""What is sent back, said and submitted is on one page for each person, and in one letter a day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import localtime
from pytest_django import Settings

from foundation.records import comments, revisions
from foundation.records.models import Digest
from measures import workflow
from measures.admin.inbox import comments_for, inbox_of
from observatory.accounts.account_pages import DigestForm, digest_of
from observatory.digests import send_digests
from tests import factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

MORNING = localtime().replace(hour=9, minute=0) + timedelta(days=1)
"""Of the day after what the tests do."""
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def mail(settings: Settings) -> Iterator[None]:
    settings.SENDS_MAIL, settings.PUBLIC_URL, settings.DIGEST_HOUR = True, "https://observatory.example.org", 7
    yield
    Failing.on = {}


class Failing(EmailBackend):
    """A server that fails for some addresses."""

    on: dict[str, BaseException] = {}

    def send_messages(self, messages: Any) -> int:
        for message in messages:
            if failure := self.on.get(message.to[0]):
                raise failure
        return int(super().send_messages(messages))


def people() -> tuple[User, User]:
    ana = factories.analyst(username="ana", email="ana@example.org")
    return ana, factories.editor(username="eva", email="eva@example.org")


def received(outbox: Any) -> list[tuple[str, str]]:
    """To whom each letter went, and what; the outbox is then empty."""
    found = [(message.to[0], message.body) for message in outbox]
    outbox.clear()
    return found


def test_letter_says_what_is_new_once_and_the_page_all_of_it(mailoutbox: Any) -> None:
    ana, eva = people()
    mine, other = factories.draft(by=ana, title_en="Mine"), factories.draft(by=ana, title_en="Other")
    public = factories.measure(title_en="Public")
    revision = factories.revision(record=public, by=ana, title_en="Proposed")
    for draft in (mine, other):
        workflow.submit(draft, by=ana)
    workflow.send_back(mine, by=eva, note="Which gazette?")
    comments.write(mine, "Which page?", by=eva, label="Locator")
    comments.write(mine, "My own words", by=ana)

    assert send_digests(at=MORNING) == 2
    (to_ana, for_ana), (to_eva, for_eva) = received(mailoutbox)
    assert (to_ana, to_eva) == ("ana@example.org", "eva@example.org")
    for text in ("Sent back to me", "Mine", "Which gazette?", "Comments on my records", "Locator: Which page?"):
        assert text in for_ana
    assert all(text not in for_ana for text in ("Waiting for my review", "Other", "My own words"))
    assert all(text in for_eva for text in ("Waiting for my review", "Other", "Public", "(ana, "))
    assert all(text not in for_eva for text in ("Mine", "Sent back to me"))
    form, desk = (
        reverse("admin:measures_measure_change", args=[mine.pk]),
        reverse("admin:measures_measure_revision", args=[public.pk, revision.pk]),
    )
    assert f"https://observatory.example.org{form}\n" in for_ana
    assert f"https://observatory.example.org{desk}\n" in for_eva

    inbox = signed_in(ana).get(reverse("admin:measures_measure_inbox"))
    assert [(section.title, [item.text for item in section.items]) for section in inbox.context["sections"]] == [
        ("Sent back to me", ["Which gazette?"]),
        ("Comments on my records", ["Locator: Which page?"]),
    ]
    index = signed_in(ana).get(reverse("admin:index"))
    assert ("Comments on my records", 1) in [(each["label"], each["count"]) for each in index.context["queues"]]

    # Nothing is new on the same day and on the next one; then a proposal is sent back, and a comment answered
    assert (send_digests(at=MORNING + timedelta(hours=2)), send_digests(at=MORNING + DAY)) == (0, 0)
    Digest.objects.update(told_until=localtime() - timedelta(minutes=1))
    mine.delete()
    revisions.send_back(revision, by=eva, note="Says who?")
    asked = comments.write(public, "A question", by=ana, revision=revision)
    comments.write(public, "An answer", by=eva, revision=revision, reply_to=asked.pk)
    workflow.publish(other, by=eva)
    assert send_digests(at=MORNING + 2 * DAY) == 1
    ((_to, body),) = received(mailoutbox)
    assert all(text in body for text in ("Says who?", "An answer"))
    assert "A question" not in body


def test_letters_wait_for_the_hour_of_the_site(mailoutbox: Any, settings: Settings) -> None:
    ana, eva = people()
    comments.write(factories.draft(by=ana), "Why?", by=eva)
    settings.DIGEST_HOUR = 10
    assert send_digests(at=MORNING) == 0
    assert send_digests(at=MORNING.replace(hour=10)) == 1
    settings.SENDS_MAIL = False
    assert send_digests(at=MORNING + DAY) == 0


def test_letter_is_turned_off_on_the_page_of_the_account(mailoutbox: Any) -> None:
    ana, eva = people()
    client = signed_in(ana)
    assert "Daily e-mail" in client.get(reverse("admin:account")).text
    comments.write(factories.draft(by=ana), "Why?", by=eva)
    choose = reverse("admin:choose_digest")
    assert client.get(choose).status_code == 302
    assert client.post(choose, {"language": "es"}).status_code == 302
    assert send_digests(at=MORNING) == 0
    client.post(choose, {"is_wanted": "on", "language": "xx"})
    assert not Digest.objects.get(user=ana).is_wanted
    client.post(choose, {"is_wanted": "on", "language": "es"})
    assert send_digests(at=MORNING + DAY) == 0  # what was before is not told
    Digest.objects.update(told_until=localtime() - timedelta(minutes=1))
    assert send_digests(at=MORNING + 2 * DAY) == 1


def test_accounts_that_may_not_sign_in_get_no_letter(mailoutbox: Any) -> None:
    """Among them those that have yet to accept an invitation, whose password is unusable."""
    ana, eva = people()
    comments.write(factories.draft(by=ana), "Why?", by=eva)
    able = {"is_active": True, "is_staff": True, "email": "ana@example.org", "password": ana.password}
    for change in ({"is_active": False}, {"is_staff": False}, {"email": ""}, {"password": make_password(None)}):
        account: dict[str, Any] = able | change
        User.objects.filter(pk=ana.pk).update(**account)
        assert send_digests(at=MORNING) == 0


@pytest.mark.parametrize("failure", [OSError("no server"), SystemExit()])
def test_failure_between_two_letters_loses_none_and_repeats_none(
    failure: BaseException, mailoutbox: Any, settings: Settings
) -> None:
    """A refused letter is tried again on the same day; where the worker died, it is in that of the next day."""
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    names = [f"user{number}@example.org" for number in range(3)]
    eva = factories.editor()
    for name in names:
        comments.write(factories.draft(by=factories.analyst(email=name)), "Why?", by=eva)
    Failing.on = {names[1]: failure}
    with pytest.raises(type(failure)):
        send_digests(at=MORNING)
    first = [to for to, _body in received(mailoutbox)]
    assert first == [names[0], names[2]] if isinstance(failure, OSError) else first == names[:1]

    Failing.on = {}
    send_digests(at=MORNING + timedelta(minutes=10))
    again = [to for to, _body in received(mailoutbox)]
    assert again == names[1:2] if isinstance(failure, OSError) else again == names[2:]
    send_digests(at=MORNING + DAY)
    last = received(mailoutbox)
    assert [to for to, _body in last] == ([] if isinstance(failure, OSError) else names[1:2])
    assert all("Why?" in body for _to, body in last)


def test_two_workers_send_one_letter(mailoutbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ana, eva = people()
    comments.write(factories.draft(by=ana), "Why?", by=eva)
    sent: list[int] = []

    def other_worker(_now: datetime) -> bool:
        sent.append(send_digests(at=MORNING))
        return False

    assert send_digests(at=MORNING, is_stopping=lambda: not sent and other_worker(MORNING)) == 0
    assert (sent, len(mailoutbox)) == ([1], 1)


def test_team_is_told_of_its_own_countries_alone(mailoutbox: Any) -> None:
    eva = factories.member(group="editor", countries=("PER",), email="eva@example.org")
    ana = factories.analyst(username="ana")
    for country in ("PER", "ECU"):
        submitted = factories.draft(by=ana, country=factories.country(iso3=country), title_en=f"Submitted of {country}")
        workflow.submit(submitted, by=factories.user(is_superuser=True))
        own = factories.draft(by=eva, country=factories.country(iso3=country), title_en=f"Own of {country}")
        comments.write(own, "Why?", by=ana)
        workflow.submit(own, by=factories.user(is_superuser=True))
        workflow.send_back(own, by=factories.user(is_superuser=True), note="Read it again")
    send_digests(at=MORNING)
    ((_to, body),) = [letter for letter in received(mailoutbox) if letter[0] == "eva@example.org"]
    assert all(text in body for text in ("Submitted of PER", "Own of PER"))
    assert "of ECU" not in body


def test_what_a_team_may_read_but_not_work_on_is_not_listed() -> None:
    """Their pages of comments and proposals would be refused."""
    eva = factories.member(group="editor", countries=("PER",))
    public = factories.measure(by=eva, country=factories.country(iso3="ECU"), title_en="Public of ECU")
    comments.write(public, "Why?", by=factories.user(is_superuser=True))
    sent_back = factories.revision(record=public, by=eva, title_en="Proposed")
    revisions.send_back(sent_back, by=factories.user(is_superuser=True), note="Says who?")
    assert inbox_of(eva) == []


def test_who_may_not_view_measures_is_told_of_none(mailoutbox: Any) -> None:
    ana, eva = people()
    ana.groups.set([Group.objects.create(name="commenters")])
    ana.groups.get().permissions.add(Permission.objects.get(codename="view_comment"))
    comments.write(factories.draft(by=ana), "Why?", by=eva)
    assert send_digests(at=MORNING) == 0
    assert signed_in(ana).get(reverse("admin:index")).context["queues"] == []


def test_letter_to_an_address_that_is_refused_is_tried_again_on_the_next_day(
    mailoutbox: Any, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Failing"
    ana, eva = people()
    comments.write(factories.draft(by=ana), "Why?", by=eva)
    Failing.on = {ana.email: SMTPRecipientsRefused({ana.email: (550, b"no such user")})}
    assert send_digests(at=MORNING) == 0
    assert "no such user" in caplog.text
    Failing.on = {}
    assert (send_digests(at=MORNING + timedelta(minutes=10)), send_digests(at=MORNING + DAY)) == (0, 1)


def test_choice_that_is_saved_while_a_letter_is_sent_keeps_what_the_letter_noted() -> None:
    ana, _eva = people()
    Digest.objects.create(user=ana)
    form = DigestForm({"is_wanted": "on", "language": "es"}, instance=digest_of(ana))
    Digest.objects.update(tried_on=MORNING.date(), told_until=MORNING)
    assert form.is_valid()
    form.save()
    digest = Digest.objects.get()
    assert (digest.language, digest.tried_on, digest.told_until) == ("es", MORNING.date(), MORNING)


def test_comments_on_many_proposals_are_read_with_the_queries_of_one() -> None:
    ana, eva = people()
    counts = []
    for _again in range(2):
        public = factories.measure()
        revision = factories.revision(record=public, by=ana, title_en="Proposed")
        comments.write(public, "Why?", by=eva, revision=revision)
        with CaptureQueriesContext(connection) as queries:
            found = comments_for(User.objects.get(pk=ana.pk), since=MORNING - 2 * DAY)
        counts.append(len(queries))
    assert (len(found), counts[0]) == (2, counts[1])
