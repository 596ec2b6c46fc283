"""Background tasks of feeds: load the rows by id and call the domain. Run by `manage.py procrastinate worker`."""

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from countries.feeds.runs import Busy, run
from countries.feeds.state import due_feeds
from countries.models import IndicatorFeed, RunState

AGAIN = RetryStrategy(max_attempts=4, wait=60, exponential_wait=8)
"""Retries after 1, 2, 10 and 70 minutes: a temporary failure of a server is often over by then."""


class MayPass(Exception):
    """The run failed for a reason that may be temporary; the run has the details."""


@app.task(retry=AGAIN, name="countries.feeds.tasks.update_feed")
def update_feed(feed: int, by: int | None = None) -> None:
    """Run a feed; the result is stored in its run."""
    if found := IndicatorFeed.objects.filter(pk=feed).first():
        try:
            done = run(found, by_id=by)
        except Busy:
            return
        if done.state == RunState.FAILED and done.is_transient:
            raise MayPass(done.problem)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="update_due_feeds", name="countries.feeds.tasks.update_due_feeds")
def update_due_feeds(timestamp: int) -> None:
    """Queue the feeds that are due."""
    for feed in due_feeds():
        queue_run(feed)


def queue_run(feed: IndicatorFeed, by: int | None = None) -> bool:
    """Queue a run of the feed; False if one is already queued."""
    try:
        with transaction.atomic():  # a rejected insert must not break the outer transaction
            update_feed.configure(queueing_lock=f"feed {feed.pk}").defer(feed=feed.pk, by=by)
    except AlreadyEnqueued:
        return False
    return True
