"""Recover work whose process was killed or lost its database: resume it, end it, or give up.

The job of a dead worker stays “doing” until somebody checks. So do the upload and the feed run that it worked on; work
on one of those holds an advisory lock, which is released when the process dies.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from enum import Enum, auto

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from countries.feeds import runs
from foundation.files.importing import jobs as imports
from foundation.files.importing import undo_jobs
from foundation.files.models import AT_WORK, FileImport, ImportState
from foundation.workers import HEARTBEAT
from observatory.models import BackgroundJob

logger = logging.getLogger(__name__)

ATTEMPTS = 3
"""Maximum number of attempts of a job whose worker dies each time."""
WAITS = timedelta(minutes=1)
"""After this, a waiting upload without a job has lost its job."""
ENDED = ("failed", "cancelled", "aborted")
"""States in which a person may run a job again; every task is safe to repeat."""


class Outcome(Enum):
    """The result of a person's action on a job."""

    DONE = auto()
    WAITS_ALREADY = auto()
    """The same work has been queued again in the meantime."""
    IMPOSSIBLE = auto()
    """The state of the job does not allow it."""


def stalled() -> QuerySet[BackgroundJob]:
    """Running jobs whose worker is dead."""
    since = timezone.now() - HEARTBEAT
    gone = Q(worker=None) | Q(worker__last_heartbeat__lte=since)
    return BackgroundJob.objects.filter(gone, status="doing")


def is_stalled(job: BackgroundJob) -> bool:
    """The same for one job, loaded with its worker."""
    return job.status == "doing" and (job.worker is None or job.worker.last_heartbeat <= timezone.now() - HEARTBEAT)


# Periodically


def take_up_interrupted() -> None:
    """Recover everything that was interrupted; an error with one item does not stop the others."""
    for job in stalled().order_by("pk"):
        _for_itself(take_up, job)
    _for_itself(runs.end_interrupted)
    for upload in _without_job():
        _for_itself(_resume, upload)


def _for_itself(step: Callable[..., object], *arguments: object) -> None:
    try:
        step(*arguments)
    except DatabaseError:
        logger.exception("Taking up what was interrupted: %s %s", step.__name__, arguments)


def take_up(job: BackgroundJob) -> Outcome:
    """Queue an interrupted job again, unless the same work is already queued, or it keeps killing workers."""
    this = stalled().filter(pk=job.pk)
    if job.attempts >= ATTEMPTS:
        return Outcome.DONE if this.update(status="failed") else Outcome.IMPOSSIBLE
    return _queue_again(this, attempts=F("attempts") + 1)


def _queue_again(this: QuerySet[BackgroundJob], *, attempts: object) -> Outcome:
    """Put a job back in the queue; if the same work is already queued, end this one instead."""
    try:
        with transaction.atomic():
            changed = this.update(status="todo", scheduled_at=None, abort_requested=False, attempts=attempts)
            return Outcome.DONE if changed else Outcome.IMPOSSIBLE
    except IntegrityError:  # the queueing lock is taken
        this.filter(status="doing").update(status="aborted")
        return Outcome.WAITS_ALREADY


# Uploads


def _without_job() -> list[FileImport]:
    """Waiting uploads without a job."""
    since = timezone.now()
    recent = FileImport.objects.filter(created_at__gt=since - imports.KEPT_FOR)
    open_ = recent.filter(Q(state__in=AT_WORK) | Q(state=ImportState.WAITING, created_at__lt=since - WAITS))
    undone = FileImport.objects.filter(undone_at=None, undo_asked_at__lt=since - WAITS)
    return [kept for kept in [*open_, *undone] if not _jobs_of(kept).filter(status__in=("todo", "doing")).exists()]


def _jobs_of(kept: FileImport) -> QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(args__file_import=kept.pk)


def _resume(kept: FileImport) -> None:
    """Queue the next step of an upload; give up after repeated failures."""
    if kept.state in AT_WORK and not imports.is_interrupted(kept):
        return
    task = _task_of(kept)
    earlier = _jobs_of(kept).filter(task_name=task, status__in=("failed", "aborted"))
    if earlier.count() >= ATTEMPTS:
        (undo_jobs if kept.is_undo_asked else imports).give_up(kept)
        return
    last = _jobs_of(kept).order_by("-pk").first()
    language = last.args.get("language") if last else settings.LANGUAGE_CODE
    with transaction.atomic():
        app.configure_task(task).defer(file_import=kept.pk, language=language)


def _task_of(kept: FileImport) -> str:
    """The next step of an upload."""
    if kept.is_undo_asked:
        return "foundation.files.importing.tasks.undo_import"
    wants_import = kept.confirmed_by_id is not None
    return f"foundation.files.importing.tasks.{'import_file' if wants_import else 'check_file'}"


# Manually


def do_once_more(job: BackgroundJob) -> Outcome:
    """Run a job again that failed, was cancelled or aborted, or whose worker is dead."""
    outcome = _queue_again(stalled().filter(pk=job.pk), attempts=0)
    if outcome is Outcome.IMPOSSIBLE:
        outcome = _queue_again(BackgroundJob.objects.filter(pk=job.pk, status__in=ENDED), attempts=0)
    kept = _upload_of(job) if outcome is Outcome.DONE else None
    if kept and kept.state in (ImportState.FAILED, ImportState.CANCELLED):
        imports.begin_anew(kept)
    return outcome


def cancel(job: BackgroundJob) -> Outcome:
    """Cancel a job that is waiting or whose worker is dead, and its upload."""
    waits = BackgroundJob.objects.filter(pk=job.pk, status="todo").update(status="cancelled")
    if not waits and not stalled().filter(pk=job.pk).update(status="aborted"):
        return Outcome.IMPOSSIBLE
    if kept := _upload_of(job):
        (undo_jobs if kept.is_undo_asked else imports).cancel(kept)
    return Outcome.DONE


def _upload_of(job: BackgroundJob) -> FileImport | None:
    return FileImport.objects.filter(pk=job.args.get("file_import")).first()
