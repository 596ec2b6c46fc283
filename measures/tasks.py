"""Background tasks: load the rows by id and call the domain. Run by `manage.py procrastinate worker`.

A task may run again after its worker died, so each first checks whether there is still something to do. A long task
periodically checks whether its worker is shutting down, and leaves the rest to the next one.
"""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from foundation.days import today
from measures import scheduling
from measures.archive import keeping, links, quotes
from measures.corrections import reports
from measures.models import Source, Validity
from measures.quality.recording import record_earlier_month, record_figures
from measures.search.spelling import refresh_words
from measures.subscriptions import course
from measures.validity.store import settle

VISITING = 50
"""Maximum duration in seconds of one run of link checks, plus the last response; the next run continues."""
QUOTES = 5_000
"""Number of quotes checked in one run; the next run continues."""


@app.periodic(cron="* * * * *")
@app.task(lock="visit_sources", queueing_lock="visit_sources", pass_context=True)
def visit_sources(context: JobContext, timestamp: int) -> None:
    """Check the links of sources that are due."""
    links.visit_due(seconds=VISITING, is_stopping=context.should_abort)


@app.periodic(cron="*/10 * * * *")
@app.task(lock="tend_archive", queueing_lock="tend_archive", pass_context=True)
def tend_archive(context: JobContext, timestamp: int) -> None:
    """Queue links of imported sources, extract the text of uploads, and check quotes."""
    links.watch(Source.objects.all(), at=timezone.now())
    keeping.read_waiting(is_stopping=context.should_abort)
    quotes.check(quotes.stale()[:QUOTES], at=timezone.now(), is_stopping=context.should_abort)


@app.periodic(cron="* * * * *")
@app.task(lock="settle_validity", queueing_lock="settle_validity", pass_context=True)
def settle_validity(context: JobContext, timestamp: int) -> None:
    """Derive for good what is true of acts whose answer no trigger can derive."""
    settle(is_stopping=context.should_abort)


@app.periodic(cron="* * * * *")
@app.task(lock="publish_scheduled", queueing_lock="publish_scheduled", pass_context=True)
def publish_scheduled(context: JobContext, timestamp: int) -> None:
    """Publish the entries whose time has come."""
    try:
        scheduling.publish_due(at=timezone.now(), is_stopping=context.should_abort)
    finally:
        settle_soon()


def tend_archive_soon() -> None:
    """Have a worker process what was just saved; call this on commit."""
    _begin("tend_archive", "visit_sources")


def settle_soon() -> None:
    """Have a worker derive what the change just saved has left stale, which may be many acts; call this on commit."""
    if Validity.objects.filter(is_stale=True).exists():
        _begin("settle_validity")


def _begin(*names: str) -> None:
    for name in names:
        with suppress(AlreadyEnqueued), transaction.atomic():  # the queued task will process it
            app.configure_task(f"measures.tasks.{name}", queueing_lock=name, lock=name).defer(timestamp=0)


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="forget_reports")
def forget_reports(timestamp: int) -> None:
    """Delete old spam among reports of errors, and who sent those that were answered long ago."""
    reports.forget(at=timezone.now())


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="forget_subscriptions")
def forget_subscriptions(timestamp: int) -> None:
    """Delete subscriptions that nobody confirmed, and what is left of old letters."""
    course.forget(at=timezone.now())


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="refresh_search_words")
def refresh_search_words(timestamp: int) -> None:
    """Collect the words for “did you mean”."""
    refresh_words()


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="record_quality")
def record_quality(timestamp: int) -> None:
    """Write the figures of quality of today once, and an hour those of an earlier month, until all are there."""
    record_figures(on=today())
    record_earlier_month(on=today())
