"""Feeds in the background: ids in, load, call a function of the domain. `manage.py procrastinate worker` does it."""

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from countries.feeds.runs import Busy, run
from countries.feeds.state import due_feeds
from countries.models import IndicatorFeed, RunState

AGAIN = RetryStrategy(max_attempts=4, wait=60, exponential_wait=8)
"""After one, two, ten and seventy minutes: what a server cannot do now it can often do a little later."""


class MayPass(Exception):
    """The run failed for a reason that may be gone in a while; the run itself says which."""


@app.task(retry=AGAIN, name="countries.feeds.tasks.update_feed")
def update_feed(feed: int, by: int | None = None) -> None:
    """Run a feed; its run says what became of it."""
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
    """Queue the feeds whose time has come."""
    for feed in due_feeds():
        queue_run(feed)


def queue_run(feed: IndicatorFeed, by: int | None = None) -> bool:
    """Let a worker run the feed; False where that waits already."""
    try:
        with transaction.atomic():  # what is refused breaks no transaction around
            update_feed.configure(queueing_lock=f"feed {feed.pk}").defer(feed=feed.pk, by=by)
    except AlreadyEnqueued:
        return False
    return True
