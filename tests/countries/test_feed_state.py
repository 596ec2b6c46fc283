"""How old the values of an indicator are, and which feeds are due."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from countries.feed_state import due_feeds, freshness
from countries.models import FeedRun, IndicatorFeed
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 10, 12, tzinfo=datetime.UTC)
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)


def ran(feed: IndicatorFeed, ago: datetime.timedelta, state: str = "published", **fields: Any) -> FeedRun:
    at = NOW - ago
    ended = None if state == "running" else at + datetime.timedelta(minutes=1)
    return FeedRun.objects.create(feed=feed, state=state, started_at=at, ended_at=ended, mapping=feed.mapping, **fields)


def test_indicator_tells_when_its_feed_succeeded_and_was_tried() -> None:
    feed = factories.feed()
    good, failed = ran(feed, 5 * HOUR), ran(feed, HOUR, "failed")
    ran(feed, HOUR / 60, "running")
    found = freshness(at=NOW)[feed.indicator_id]
    assert (found.feed, found.succeeded_at, found.checked_at) == (feed.key, good.ended_at, failed.ended_at)
    assert (found.is_failing, found.is_held, found.is_late) == (True, False, False)


def test_feed_is_late_only_after_some_hours_of_grace() -> None:
    daily, weekly = factories.feed(), factories.feed(indicator=factories.indicator(key="other"), every="week")
    ran(daily, DAY + 5 * HOUR)
    ran(weekly, 3 * DAY)
    assert [freshness(at=NOW)[feed.indicator_id].is_late for feed in (daily, weekly)] == [False, False]
    later = NOW + 2 * HOUR
    assert [freshness(at=later)[feed.indicator_id].is_late for feed in (daily, weekly)] == [True, False]


def test_feed_that_never_ran_is_late_and_one_that_is_off_is_not_told_of() -> None:
    feed = factories.feed()
    off = factories.feed(indicator=factories.indicator(key="other"), is_on=False)
    found = freshness(at=NOW)
    assert set(found) == {feed.indicator_id}
    assert (found[feed.indicator_id].succeeded_at, found[feed.indicator_id].is_late) == (None, True)
    assert freshness([off.indicator_id], at=NOW) == {}


def test_held_run_is_told() -> None:
    feed = factories.feed()
    ran(feed, 2 * DAY)
    ran(feed, HOUR, "held", body="held/x")
    found = freshness(at=NOW)[feed.indicator_id]
    assert (found.is_held, found.is_failing, found.is_late) == (True, False, True)


@pytest.mark.parametrize("number", [1, 30])
def test_one_query_however_many_feeds(number: int) -> None:
    for place in range(number):
        ran(factories.feed(indicator=factories.indicator(key=f"indicator_{place}")), HOUR)
    with CaptureQueriesContext(connection) as captured:
        assert len(freshness(at=NOW)) == number
    assert len(captured) == 1


def test_feeds_are_due_a_little_before_their_time_and_new_ones_first() -> None:
    fresh, due, weekly, new, off = (
        factories.feed(key=key, is_on=key != "off", every="week" if key == "weekly" else "day")
        for key in ("fresh", "due", "weekly", "new", "off")
    )
    factories.feed(key="newer")
    ran(fresh, 22 * HOUR)
    ran(due, 23.5 * HOUR, "failed")
    ran(weekly, 6 * DAY)
    ran(off, 30 * DAY)
    assert [feed.key for feed in due_feeds(at=NOW)] == ["new", "newer", "due"]
    assert new.is_on
