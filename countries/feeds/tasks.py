"""Background tasks of feeds: load the rows by id and call the domain. Run by `manage.py procrastinate worker`."""

import threading

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.types import TimeDeltaParams

from countries.feeds.runs import Busy, run
from countries.feeds.state import due_feeds
from countries.models import IndicatorFeed, RunState

AGAIN = RetryStrategy(max_attempts=4, wait=60, exponential_wait=8)
"""Retries after 1, 2, 10 and 70 minutes: a temporary failure of a server is often over by then."""
AT_ONCE = threading.BoundedSemaphore(2)
"""The runs of this worker: slow servers leave places to other work."""
NEXT_TRY = TimeDeltaParams(seconds=30)
"""After this, a run that found no place is tried again."""


class MayPass(Exception):
    """The run failed for a reason that may be temporary; the run has the details."""


@app.task(retry=AGAIN, name="countries.feeds.tasks.update_feed")
def update_feed(feed: int, by: int | None = None) -> None:
    """Run a feed, or put it off if others are running; the result is stored in its run."""
    found = IndicatorFeed.objects.filter(pk=feed).first()
    if found is None:
        return
    if not AT_ONCE.acquire(blocking=False):
        queue_run(found, by, schedule_in=NEXT_TRY)
        return
    try:
        done = run(found, by_id=by)
    except Busy:
        return
    finally:
        AT_ONCE.release()
    if done.state == RunState.FAILED and done.is_transient:
        raise MayPass(done.problem)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="update_due_feeds", name="countries.feeds.tasks.update_due_feeds")
def update_due_feeds(timestamp: int) -> None:
    """Queue the feeds that are due."""
    for feed in due_feeds():
        queue_run(feed)


def queue_run(feed: IndicatorFeed, by: int | None = None, *, schedule_in: TimeDeltaParams | None = None) -> bool:
    """Queue a run of the feed, now or after some time; False if one is already queued."""
    try:
        with transaction.atomic():  # a rejected insert must not break the outer transaction
            update_feed.configure(queueing_lock=f"feed {feed.pk}", schedule_in=schedule_in).defer(feed=feed.pk, by=by)
    except AlreadyEnqueued:
        return False
    return True
