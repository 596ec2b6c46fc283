"""Work in the background: ids in, load, call a function of the domain. `manage.py procrastinate worker` does it.

A task may be run again after its worker died, so each one begins by looking at whether there is still something to do.
A task that takes long looks now and then at whether its worker is to stop, and leaves the rest to the next one.
"""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, JobAborted

from measures.archive import keeping, links, quotes
from measures.models import Source
from measures.search.spelling import refresh_words

LATER = RetryStrategy(retry_exceptions=[JobAborted])
"""What was put off because the worker is to stop is done by the next one."""
VISITING = 50
"""Seconds that one run of asking addresses takes at most, plus the last answer; the next run goes on."""
QUOTES = 5_000
"""Quotes looked for in one run; the next goes on."""


@app.periodic(cron="* * * * *")
@app.task(lock="visit_sources", queueing_lock="visit_sources", pass_context=True)
def visit_sources(context: JobContext, timestamp: int) -> None:
    """Ask the addresses of sources that are due."""
    links.visit_due(seconds=VISITING, is_stopping=context.should_abort)


@app.periodic(cron="*/10 * * * *")
@app.task(lock="tend_archive", queueing_lock="tend_archive", pass_context=True)
def tend_archive(context: JobContext, timestamp: int) -> None:
    """Queue the addresses of sources that came by an import, read what was uploaded, look for quotes."""
    links.watch(Source.objects.all(), at=timezone.now())
    keeping.read_waiting(is_stopping=context.should_abort)
    quotes.check(quotes.stale()[:QUOTES], at=timezone.now(), is_stopping=context.should_abort)


def tend_archive_soon() -> None:
    """Have a worker look at what was just saved; to be called when it is committed."""
    for name in ("tend_archive", "visit_sources"):
        with suppress(AlreadyEnqueued), transaction.atomic():  # the one that waits will see it
            app.configure_task(f"measures.tasks.{name}", queueing_lock=name, lock=name).defer(timestamp=0)


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="refresh_search_words")
def refresh_search_words(timestamp: int) -> None:
    """Collect the words from which "did you mean" is answered."""
    refresh_words()
