"""Work in the background: ids in, load, call a function of the domain. `manage.py procrastinate worker` does it.

A task may be run again after its worker died, so each one begins by looking at whether there is still something to do.
"""

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from measures.importing import jobs
from measures.models import FileImport
from measures.spelling import refresh_words

ATTEMPTS = 3
"""How often a job is begun whose worker dies each time."""


@app.task
def check_file(file_import: int) -> None:
    """Check an upload."""
    if kept := FileImport.objects.filter(pk=file_import).first():
        jobs.check(kept)


@app.task
def import_file(file_import: int) -> None:
    """Import a confirmed upload."""
    if kept := FileImport.objects.filter(pk=file_import).first():
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
