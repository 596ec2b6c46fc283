"""Work in the background: ids in, load, call a function of the domain. `manage.py procrastinate worker` does it.

A task may be run again after its worker died, so each one begins by looking at whether there is still something to do.
"""

from django.utils import translation
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from measures.importing import jobs
from measures.models import FileImport
from measures.spelling import refresh_words

ATTEMPTS = 3
"""How often a job is begun whose worker dies each time."""


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
