"""Readers follow a filter by e-mail: asked for, confirmed, written down, sent once, ended."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from pytest_django import Settings

from foundation.sql import execute, rows
from measures import workflow
from measures.models import Letter, Measure, Subscription
from measures.subscriptions import course
from measures.subscriptions.news import window
from observatory.database.owner import as_owner
from observatory.letters import send_letters, write_letters
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
