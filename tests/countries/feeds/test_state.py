"""When a source was last read well, which feeds fail, and which are due."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from countries.feeds.state import due_feeds, failing_feeds, read_at
from countries.models import FeedRun, IndicatorFeed
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 10, 12, tzinfo=datetime.UTC)
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)


def ran(feed: IndicatorFeed, ago: datetime.timedelta, state: str = "published", **fields: Any) -> FeedRun:
    at = NOW - ago
    ended = None if state == "running" else at + datetime.timedelta(minutes=1)
    return FeedRun.objects.create(feed=feed, state=state, started_at=at, ended_at=ended, mapping=feed.mapping, **fields)


def test_indicator_tells_when_its_source_was_last_read_well() -> None:
    feed = factories.feed()
    good, _failed = ran(feed, 5 * HOUR), ran(feed, HOUR, "failed")
    ran(feed, HOUR / 60, "running")
    assert read_at(feed.indicator) == good.ended_at


def test_of_several_feeds_the_one_furthest_behind_speaks() -> None:
    newer = factories.feed(key="newer")
    older = factories.feed(key="older", indicator=newer.indicator)
    never = factories.feed(key="never", indicator=newer.indicator)
    factories.feed(key="off", indicator=newer.indicator, is_on=False)
    ran(newer, HOUR)
    good = ran(older, DAY)
    with CaptureQueriesContext(connection) as captured:
        assert read_at(newer.indicator) is None
    assert len(captured) == 1
    never.delete()
    assert read_at(newer.indicator) == good.ended_at


def test_feed_fails_whose_last_run_did() -> None:
    indicator = factories.indicator(key="other")
    failing, beside, mended, held, off = (
        factories.feed(key=key, indicator=indicator, is_on=key != "off")
        for key in ("failing", "beside", "mended", "held", "off")
    )
    factories.feed(key="new")
    for feed in (failing, beside, mended, held, off):
        ran(feed, DAY, "published" if feed == failing else "failed")
    ran(failing, HOUR, "failed")
    ran(failing, HOUR / 60, "running")
    ran(mended, HOUR)
    ran(held, HOUR, "held", body="held/x")
    assert {feed.key for feed in failing_feeds()} == {"failing", "beside"}


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
