"""Work in the background: ids in, load, call a function of the domain. `manage.py procrastinate worker` does it.

A task may be run again after its worker died, so each one begins by looking at whether there is still something to do.
"""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone, translation
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from measures.archive import keeping, links, quotes
from measures.importing import jobs
from measures.models import FileImport, Source
from measures.spelling import refresh_words

ATTEMPTS = 3
"""How often a job is begun whose worker dies each time."""
VISITING = 50
"""Seconds that one run of asking addresses takes at most, plus the last answer; the next run goes on."""
QUOTES = 5_000
"""Quotes looked for in one run; the next goes on."""


@app.task
def check_file(file_import: int, language: str) -> None:
    """Check an upload; what is wrong with it is said in the language of who uploaded it."""
    if kept := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language):
            jobs.check(kept)


@app.task
def import_file(file_import: int, language: str) -> None:
    """Import a confirmed upload; what goes wrong is said in the language of who confirmed it."""
    if kept := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language):
            jobs.save(kept)


@app.periodic(cron="* * * * *")
@app.task(lock="visit_sources", queueing_lock="visit_sources")
def visit_sources(timestamp: int) -> None:
    """Ask the addresses of sources that are due."""
    links.visit_due(seconds=VISITING)


@app.periodic(cron="*/10 * * * *")
@app.task(lock="tend_archive", queueing_lock="tend_archive")
def tend_archive(timestamp: int) -> None:
    """Queue the addresses of sources that came by an import, read what was uploaded, look for quotes."""
    links.watch(Source.objects.all(), at=timezone.now())
    keeping.read_waiting()
    quotes.check(quotes.stale()[:QUOTES], at=timezone.now())


def tend_archive_soon() -> None:
    """Have a worker look at what was just saved; to be called when it is committed."""
    for name in ("tend_archive", "visit_sources"):
        with suppress(AlreadyEnqueued), transaction.atomic():  # the one that waits will see it
            app.configure_task(f"measures.tasks.{name}", queueing_lock=name, lock=name).defer(timestamp=0)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="take_up_interrupted", pass_context=True)
async def take_up_interrupted(context: JobContext, timestamp: int) -> None:
    """Give jobs whose worker died to another one, and give up those that it happened to again and again."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        if job.attempts < ATTEMPTS:
            await manager.retry_job(job)
        else:
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="forget_old_jobs", pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Delete jobs that ended a month ago."""
    await context.app.job_manager.delete_old_jobs(nb_hours=30 * 24, include_failed=True, include_cancelled=True)


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="refresh_search_words")
def refresh_search_words(timestamp: int) -> None:
    """Collect the words from which "did you mean" is answered."""
    refresh_words()
