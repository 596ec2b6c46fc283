"""At midnight of the site's time zone pages, counts and cached responses change, although nobody changed anything."""

import datetime
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

BEFORE = datetime.datetime(2026, 12, 31, 23, 59, tzinfo=datetime.UTC)
AFTER = datetime.datetime(2027, 1, 1, 0, 0, 1, tzinfo=datetime.UTC)
IN_LIMA = datetime.timedelta(hours=5)


class Clock:
    """What the site takes for the current time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = BEFORE
        monkeypatch.setattr(timezone, "now", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def counts_of(html: str) -> dict[str, str]:
    """The number of entries by status group, in the filter."""
    found = re.findall(r'name="status" value="(\w+)".*?class="[^"]*count[^"]*">\s*(\d+)', html, re.DOTALL)
    return {group: number for group, number in found if number != "0"}


@pytest.mark.parametrize("zone", ["UTC", "America/Lima"])
def test_page_moves_on_at_midnight_and_nothing_is_written(clock: Clock, settings: Settings, zone: str) -> None:
    settings.TIME_ZONE, settings.PAGE_CACHE_MB = zone, 1
    shift = IN_LIMA if zone == "America/Lima" else datetime.timedelta()
    clock.now = BEFORE + shift
    act = factories.measure(
        events=(("in_force", "2026-03-01"),), valid_from="2026-03-01", valid_until="2026-12-31", end_kind="fixed_date"
    )
    client, paths = Client(), (f"/measures/{act.public_id}/", "/measures/", "/countries/peru/")
    before = {path: client.get(path) for path in paths}
    assert "In force until 31 December 2026" in words(before[paths[0]].text)
    assert counts_of(before["/measures/"].text) == {"in_force": "1"}
    assert [client.get(path, headers={"if-none-match": before[path]["ETag"]}).status_code for path in paths] == [
        304
    ] * 3

    clock.now = AFTER + shift
    with CaptureQueriesContext(connection) as queries:
        after = {path: client.get(path, headers={"if-none-match": before[path]["ETag"]}) for path in paths}
    assert [response.status_code for response in after.values()] == [200] * 3
    assert "Ended 31 December 2026" in words(after[paths[0]].text)
    assert counts_of(after["/measures/"].text) == {"ended": "1"}
    assert "Ended 31 December 2026" in words(after["/countries/peru/"].text)
    written = [query["sql"] for query in queries if re.match(r"\s*(insert|update|delete)", query["sql"], re.IGNORECASE)]
    assert written == []
