"""What a process left half done that was killed, or lost its database, is taken up, ended, or given up.

A job of a dead worker stays "under way" until somebody looks. So do the upload and the run of a feed that it worked on;
whoever works on one of those holds an advisory lock, which goes with the process.
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
from foundation.files.models import AT_WORK, FileImport, ImportState
from foundation.workers import HEARTBEAT
from observatory.models import BackgroundJob

logger = logging.getLogger(__name__)

ATTEMPTS = 3
"""How often a job is begun whose worker dies each time."""
WAITS = timedelta(minutes=1)
"""After this an upload that waits, and that no job is about, has lost its job."""
ENDED = ("failed", "cancelled", "aborted")
"""States of a job from which a person may have it done once more; every task may be run again."""


class Outcome(Enum):
    """What became of a wish of a person about a job."""

    DONE = auto()
    WAITS_ALREADY = auto()
    """The same work has been queued anew meanwhile; that one does it."""
    IMPOSSIBLE = auto()
    """The job is not in a state for that."""


def stalled() -> QuerySet[BackgroundJob]:
    """The jobs under way whose worker is gone."""
    since = timezone.now() - HEARTBEAT
    gone = Q(worker=None) | Q(worker__last_heartbeat__lte=since)
    return BackgroundJob.objects.filter(gone, status="doing")


def is_stalled(job: BackgroundJob) -> bool:
    """The same of one job that is loaded with its worker."""
    return job.status == "doing" and (job.worker is None or job.worker.last_heartbeat <= timezone.now() - HEARTBEAT)


# By the clock


def take_up_interrupted() -> None:
    """Take up all that was interrupted; what goes wrong with one thing holds up no other."""
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
    """Let another worker do an interrupted job, unless the same work waits anew, or workers die of it."""
    this = stalled().filter(pk=job.pk)
    if job.attempts >= ATTEMPTS:
        return Outcome.DONE if this.update(status="failed") else Outcome.IMPOSSIBLE
    return _queue_again(this, attempts=F("attempts") + 1)


def _queue_again(this: QuerySet[BackgroundJob], *, attempts: object) -> Outcome:
    """Have a job wait again; where the same work waits already, that one does it, and this one ends."""
    try:
        with transaction.atomic():
            changed = this.update(status="todo", scheduled_at=None, abort_requested=False, attempts=attempts)
            return Outcome.DONE if changed else Outcome.IMPOSSIBLE
    except IntegrityError:  # by its queueing lock
        this.filter(status="doing").update(status="aborted")
        return Outcome.WAITS_ALREADY


# Uploads


def _without_job() -> list[FileImport]:
    """Uploads that somebody waits for and nobody works on."""
    since = timezone.now()
    recent = FileImport.objects.filter(created_at__gt=since - imports.KEPT_FOR)
    open_ = recent.filter(Q(state__in=AT_WORK) | Q(state=ImportState.WAITING, created_at__lt=since - WAITS))
    return [kept for kept in open_ if not _jobs_of(kept).filter(status__in=("todo", "doing")).exists()]


def _jobs_of(kept: FileImport) -> QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(args__file_import=kept.pk)


def _resume(kept: FileImport) -> None:
    """Queue what is to be done with an upload; give it up where that failed again and again."""
    if kept.state in AT_WORK and not imports.is_interrupted(kept):
        return
    wants_import = kept.confirmed_by_id is not None
    task = (
        "foundation.files.importing.tasks.import_file"
        if wants_import
        else "foundation.files.importing.tasks.check_file"
    )
    earlier = _jobs_of(kept).filter(task_name=task, status__in=("failed", "aborted"))
    if earlier.count() >= ATTEMPTS:
        imports.give_up(kept)
        return
    last = _jobs_of(kept).order_by("-pk").first()
    language = last.args.get("language") if last else settings.LANGUAGE_CODE
    with transaction.atomic():
        app.configure_task(task).defer(file_import=kept.pk, language=language)


# By hand


def do_once_more(job: BackgroundJob) -> Outcome:
    """Have a job done that ended without success, or whose worker is gone."""
    outcome = _queue_again(stalled().filter(pk=job.pk), attempts=0)
    if outcome is Outcome.IMPOSSIBLE:
        outcome = _queue_again(BackgroundJob.objects.filter(pk=job.pk, status__in=ENDED), attempts=0)
    kept = _upload_of(job) if outcome is Outcome.DONE else None
    if kept and kept.state in (ImportState.FAILED, ImportState.CANCELLED):
        imports.begin_anew(kept)
    return outcome


def cancel(job: BackgroundJob) -> Outcome:
    """Leave a job undone that waits or whose worker is gone, and the upload that it is about."""
    waits = BackgroundJob.objects.filter(pk=job.pk, status="todo").update(status="cancelled")
    if not waits and not stalled().filter(pk=job.pk).update(status="aborted"):
        return Outcome.IMPOSSIBLE
    if kept := _upload_of(job):
        imports.cancel(kept)
    return Outcome.DONE


def _upload_of(job: BackgroundJob) -> FileImport | None:
    return FileImport.objects.filter(pk=job.args.get("file_import")).first()
