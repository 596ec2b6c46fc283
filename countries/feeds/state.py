"""The state of feeds, from their runs: when a source was last read, which feeds fail, which are due."""

import datetime

from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from countries.models import GOOD, Every, FeedRun, Indicator, IndicatorFeed, RunState

EARLY = datetime.timedelta(hours=1)
"""A feed is due this much early, so that a daily one does not drift by the duration of each run."""


def read_at(indicator: Indicator) -> datetime.datetime | None:
    """When an indicator's source was last read with the public values matching it; None if never.

    If several active feeds fill the indicator, the least recently read one decides.
    """
    feeds = IndicatorFeed.objects.filter(is_on=True, indicator=indicator)
    read = feeds.annotate(read_at=Max("runs__ended_at", filter=Q(runs__state__in=GOOD)))
    return read.order_by(F("read_at").asc(nulls_first=True)).values_list("read_at", flat=True).first()


def failing_feeds() -> QuerySet[IndicatorFeed]:
    """Active feeds whose last run failed."""
    latest = FeedRun.objects.filter(feed=OuterRef("pk")).exclude(state=RunState.RUNNING).order_by("-pk")
    states = IndicatorFeed.objects.filter(is_on=True).alias(latest_state=Subquery(latest.values("state")[:1]))
    return states.filter(latest_state=RunState.FAILED)


def due_feeds(*, at: datetime.datetime | None = None) -> list[IndicatorFeed]:
    """Active feeds whose last run began long enough ago; feeds that never ran come first.

    A run with a start in the future means that the clock was wrong: its feed counts as due.
    """
    at = at or timezone.now()
    latest = FeedRun.objects.filter(feed=OuterRef("pk")).order_by("-pk").values("started_at")[:1]
    on = IndicatorFeed.objects.filter(is_on=True).annotate(began_at=Subquery(latest))
    by_age = on.order_by(F("began_at").asc(nulls_first=True), "key")
    return [
        f for f in by_age if f.began_at is None or f.began_at > at or at - f.began_at >= Every(f.every).time - EARLY
    ]
