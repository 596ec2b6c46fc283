"""What the runs of feeds come to: when a source was last read well, which feeds fail, which are due."""

import datetime

from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from countries.models import GOOD, Every, FeedRun, Indicator, IndicatorFeed, RunState

EARLY = datetime.timedelta(hours=1)
"""A feed is due a little before its time, so that a daily one does not drift by the length of each run."""


def read_at(indicator: Indicator) -> datetime.datetime | None:
    """When the source of an indicator was last read and left what is public as it says; None where it never was.

    Of several feeds that are on and fill it, the one that is furthest behind speaks.
    """
    feeds = IndicatorFeed.objects.filter(is_on=True, indicator=indicator)
    read = feeds.annotate(read_at=Max("runs__ended_at", filter=Q(runs__state__in=GOOD)))
    return read.order_by(F("read_at").asc(nulls_first=True)).values_list("read_at", flat=True).first()


def failing_feeds() -> QuerySet[IndicatorFeed]:
    """The feeds that are on and whose last run brought nothing."""
    latest = FeedRun.objects.filter(feed=OuterRef("pk")).exclude(state=RunState.RUNNING).order_by("-pk")
    states = IndicatorFeed.objects.filter(is_on=True).alias(latest_state=Subquery(latest.values("state")[:1]))
    return states.filter(latest_state=RunState.FAILED)


def due_feeds(*, at: datetime.datetime | None = None) -> list[IndicatorFeed]:
    """The feeds that are on and whose last run began long enough ago; those never run come first.

    A run that began in the future says that the clock was wrong: it keeps no feed waiting.
    """
    at = at or timezone.now()
    latest = FeedRun.objects.filter(feed=OuterRef("pk")).order_by("-pk").values("started_at")[:1]
    on = IndicatorFeed.objects.filter(is_on=True).annotate(began_at=Subquery(latest))
    by_age = on.order_by(F("began_at").asc(nulls_first=True), "key")
    return [
        f for f in by_age if f.began_at is None or f.began_at > at or at - f.began_at >= Every(f.every).time - EARLY
    ]
