"""How old the values of each indicator are: when its feeds last succeeded, when they were last tried, what is late."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Max, OuterRef, Q, Subquery
from django.utils import timezone

from countries.models import GOOD, Every, FeedRun, IndicatorFeed, RunState

EARLY = datetime.timedelta(hours=1)
"""A feed is due a little before its time, so that a daily one does not drift by the length of each run."""
GRACE = datetime.timedelta(hours=6)
"""How long a success may be overdue before the public is told: retries and a night's maintenance lie within."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """What is known of the feed of an indicator; moments are None where there was none.

    `succeeded_at`: when the source was last read and left what is public as it says. `checked_at`: when it was last
    asked, with whatever result. `is_failing`: the last run brought nothing; `is_held`: it waits for a person.
    `is_late`: the last success is older than it should be.
    """

    indicator: int
    feed: str
    every: Every
    succeeded_at: datetime.datetime | None
    checked_at: datetime.datetime | None
    is_failing: bool
    is_held: bool
    is_late: bool


def freshness(indicators: Iterable[int] | None = None, *, at: datetime.datetime | None = None) -> dict[int, Freshness]:
    """By the id of the indicator, those that a feed which is on fills; in one query, however many there are.

    Where several feeds fill one, the one that is furthest behind speaks.
    """
    at = at or timezone.now()
    feeds = IndicatorFeed.objects.filter(is_on=True)
    if indicators is not None:
        feeds = feeds.filter(indicator__in=indicators)
    latest = FeedRun.objects.filter(feed=OuterRef("pk")).exclude(state=RunState.RUNNING).order_by("-started_at")
    found = feeds.annotate(
        succeeded_at=Max("runs__ended_at", filter=Q(runs__state__in=GOOD)),
        checked_at=Max("runs__ended_at"),
        latest_state=Subquery(latest.values("state")[:1]),
    ).order_by("indicator", F("succeeded_at").desc(nulls_last=True))
    return {feed.indicator_id: _freshness(feed, at) for feed in found}


def _freshness(feed: IndicatorFeed, at: datetime.datetime) -> Freshness:
    succeeded: datetime.datetime | None = feed.succeeded_at  # type: ignore[attr-defined]  # annotated
    state: str | None = feed.latest_state  # type: ignore[attr-defined]  # annotated
    return Freshness(
        indicator=feed.indicator_id,
        feed=feed.key,
        every=Every(feed.every),
        succeeded_at=succeeded,
        checked_at=feed.checked_at,  # type: ignore[attr-defined]  # annotated
        is_failing=state == RunState.FAILED,
        is_held=state == RunState.HELD,
        is_late=succeeded is None or at - succeeded > Every(feed.every).time + GRACE,
    )


def due_feeds(*, at: datetime.datetime | None = None) -> list[IndicatorFeed]:
    """The feeds that are on and whose last run began long enough ago; those never run come first."""
    at = at or timezone.now()
    on = IndicatorFeed.objects.filter(is_on=True).annotate(began_at=Max("runs__started_at"))
    by_age = on.order_by(F("began_at").asc(nulls_first=True), "key")
    return [f for f in by_age if f.began_at is None or at - f.began_at >= Every(f.every).time - EARLY]
