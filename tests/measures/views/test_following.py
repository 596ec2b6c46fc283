"""Feeds and calendars of a filter: they follow it, and are valid."""

import re
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from foundation.days import today
from measures import following
from measures.models import Measure
from tests import factories

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.]\d+)?(Z|[+-]\d\d:\d\d)")


def _feed(client: Client, path: str) -> ElementTree.Element:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    return ElementTree.fromstring(response.content)  # noqa: S314  (our own file)


def test_feed_follows_the_rules_of_its_format(client: Client) -> None:
    """What feedvalidator asks of a feed and of each entry (RFC 4287)."""
    factories.measure(kind="law", title_en="A & <b>", summary_en="*New*", topics=("health.access",))
    factories.measure(kind="law", title_en="Plain")
    factories.measure(kind="bill"), factories.draft(kind="law")
    feed = _feed(client, "/measures.atom?kind=law")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": "http://testserver/measures.atom?kind=law",
        "alternate": "http://testserver/measures/?kind=law",
    }
    assert [len(feed.findall(ATOM + name)) for name in ("id", "title", "updated", "author", "rights")] == [1] * 5
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 2
    for element in (feed, *entries):
        assert [len(element.findall(ATOM + name)) for name in ("id", "title", "updated")] == [1] * 3
        assert RFC_3339.fullmatch(element.findtext(f"{ATOM}updated") or "")
        assert (element.findtext(f"{ATOM}id") or "").startswith("http://testserver/measures")
        assert (element.findtext(f"{ATOM}title") or "").strip()
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)
    updated = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert feed.findtext(f"{ATOM}updated") == updated[0]
    assert all(entry.find(f"{ATOM}summary") is not None for entry in entries)


def test_feed_has_what_changed_last(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "NEWEST", 2)
    for number in range(4):
        factories.measure(title_en=f"{number}")
    first = Measure.objects.get(title_en="0")
    first.title_en = "0 again"
    first.save()
    titles = [entry.findtext(f"{ATOM}title") for entry in _feed(client, "/measures.atom").findall(f"{ATOM}entry")]
    assert titles == ["0 again", "3"]


def test_feed_reads_no_more_than_it_shows(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "NEWEST", 2)
    monkeypatch.setattr(following, "MOST_DAYS", 3)
    day = today() + timedelta(days=10)
    numbers = []
    for most in (1, 12):
        for _number in range(most):
            dates: Any = {"valid_from": "2020-01-01", "valid_until": str(day), "end_kind": "fixed_date"}
            factories.measure(kind="law", events=(("in_force", "2020"),), **dates)
        for path, shown, counted in (("/measures.atom", 2, b"<entry>"), ("/measures.ics", 3, b"BEGIN:VEVENT")):
            with CaptureQueriesContext(connection) as made:
                response = client.get(path)
            assert response.content.count(counted) == min(shown, most)
            read = [query["sql"] for query in made if 'SELECT "measures_measure"."id"' in query["sql"]]
            assert len(read) == 1
            assert read[0].partition(" IN (")[2].partition(")")[0].count(",") == min(shown, most) - 1
            numbers.append(len(made))
    assert numbers[:2] == numbers[2:]


def test_calendar_has_ends_and_days_on_the_agenda(client: Client) -> None:
    day = today()
    end, agenda = day + timedelta(days=10), day - timedelta(days=3)
    in_force = (("in_force", "2020-01-01"),)
    fixed = factories.measure(
        kind="law",
        title_en="Ends; soon",
        events=in_force,
        valid_from="2020-01-01",
        valid_until=str(end),
        end_kind="fixed_date",
    )
    factories.measure(kind="law", events=in_force, end_kind="indefinite")
    bill = factories.measure(kind="bill", title_en="Voted", events=(("introduced", "2020"), ("on_agenda", str(agenda))))
    factories.measure(kind="bill", events=(("on_agenda", str(agenda)[:7]),))
    found = Calendar.from_ical(client.get("/measures.ics").content)
    events = found.walk("VEVENT")
    assert [(str(event["summary"]), event.decoded("dtstart")) for event in events] == [
        ("On the floor agenda: Voted", agenda),
        ("Last day in force: Ends; soon", end),
    ]
    assert [str(event["uid"]) for event in events] == [
        f"{bill.public_id}-agenda-1@testserver",
        f"{fixed.public_id}-end@testserver",
    ]
    assert all(isinstance(event.decoded("dtend"), date) and event["dtstamp"] for event in events)
    assert str(found["version"]) == "2.0"
    law = Calendar.from_ical(client.get("/es/measures.ics?kind=law").content)
    assert len(law.walk("VEVENT")) == 1


def test_list_and_country_lead_to_what_follows_them(client: Client) -> None:
    factories.measure(kind="law")
    page = client.get("/measures/?kind=law").text
    assert '<link rel="alternate" type="application/atom+xml" href="/measures.atom?kind=law"' in page
    assert 'href="/measures.ics?kind=law"' in page
    assert 'href="/measures.atom?country=PER' in client.get("/countries/peru/").text
    assert client.get("/measures.atom?topc=x").status_code == 400
