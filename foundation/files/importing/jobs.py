"""An upload from the first check to the end of its import, in the request or in a worker.

Where an upload stands is in its row (`ImportState`), so that any page, process or machine can tell. Who works on it
holds an advisory lock of the database: when the process dies, the lock goes, and nothing was written.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from foundation.files.importing.pipeline import compared
from foundation.files.importing.preview import keep
from foundation.files.importing.reading import FileProblem, open_table
from foundation.files.importing.staging import Step
from foundation.files.models import AT_WORK, FileImport, ImportState
from foundation.files.resources import resources
from foundation.sql import is_locked, second_connection, session_lock
from foundation.workers import IsStopping, never

SMALL = 1_000_000
"""Bytes of a file that is checked and imported at once, which takes some seconds; a larger one goes to a worker."""
KEPT_FOR = timedelta(days=7)
"""How long an upload that nobody imports is kept."""
LOOKS_EVERY = 0.5
"""Seconds between two words to the page about how far the work is, and two looks at whether to stop."""
LOCK = 7_104_001
"""The first half of the key of the advisory locks of uploads."""


class Cancelled(Exception):
    """Somebody asked for the work to be stopped."""


class PutOff(Exception):
    """The worker is to stop: nothing was written, and the work waits to be begun anew."""


# What a page asks


def is_large(kept: FileImport) -> bool:
    """Whether the file goes to a worker."""
    return kept.file.size > SMALL


def is_interrupted(kept: FileImport) -> bool:
    """Whether the process that worked on it is gone; nothing was written then."""
    return kept.state in AT_WORK and not _is_at_work(kept.pk)


def _is_at_work(pk: int) -> bool:
    return is_locked(LOCK, pk)


# What a person does


def begin(kept: FileImport) -> None:
    """Keep an upload, to be checked; raise FileProblem, with nothing kept, where the file cannot be read at all."""
    _forget_old()
    with transaction.atomic():
        kept.save()
        open_table(Path(kept.file.path), resources()[kept.file_type])


def begin_anew(kept: FileImport) -> None:
    """Let an upload be checked once more after it failed, was cancelled or interrupted."""
    is_open = kept.state in (ImportState.CANCELLED, ImportState.FAILED) or is_interrupted(kept)
    if is_open:
        _set(kept, ImportState.WAITING, confirmed_by=None, is_cancel_asked=False, problem="", phase="")


def confirm(kept: FileImport, *, by: Any) -> bool:
    """Take note that the import is wanted; False where it is not there to be confirmed, as after a double click."""
    ready = FileImport.objects.filter(pk=kept.pk, state=ImportState.READY, refused=0)
    is_first = bool(ready.update(state=ImportState.WAITING, confirmed_by=by, is_cancel_asked=False))
    kept.refresh_from_db()
    return is_first


def cancel(kept: FileImport) -> None:
    """Stop what waits or is under way; what is written already stays."""
    FileImport.objects.filter(pk=kept.pk, state__in=AT_WORK).update(is_cancel_asked=True)
    waiting = FileImport.objects.filter(pk=kept.pk, state=ImportState.WAITING)
    if not waiting.update(state=ImportState.CANCELLED) and is_interrupted(kept):
        _set(kept, ImportState.CANCELLED)
    kept.refresh_from_db()


def give_up(kept: FileImport) -> None:
    """Leave an upload whose work was broken off each time that it was begun."""
    words = _("The work was broken off each time that it was begun. Nothing was written; the log says more.")
    _set(kept, ImportState.FAILED, problem=words)


# What is done, in the request or by a worker


def check(kept: FileImport, *, is_stopping: IsStopping = never) -> None:
    """Read and check the file, and keep the preview; raise PutOff where it is to stop before it is done."""
    with _at_work(kept, ImportState.CHECKING, is_stopping) as watch:
        if not watch:
            return
        path, resource = Path(kept.file.path), resources()[kept.file_type]
        with compared(path, resource, by=kept.created_by, publish=kept.publish, progress=watch.tell) as found:
            keep(found, kept)
            _set(kept, ImportState.READY)


def save(kept: FileImport, *, is_stopping: IsStopping = never) -> bool:
    """Import what was confirmed; False, with a new preview, where the database has changed so that it differs.

    Raise PutOff where it is to stop before it is done.
    """
    with _at_work(kept, ImportState.IMPORTING, is_stopping) as watch:
        if not watch:
            return kept.state == ImportState.DONE
        by: Any = kept.confirmed_by
        path, resource = Path(kept.file.path), resources()[kept.file_type]
        shown = (kept.new, kept.changed, kept.unchanged, kept.refused)
        with compared(path, resource, by=by, publish=kept.publish, progress=watch.tell) as found:
            report = found.report
            if report.is_refused or shown != (report.new, report.changed, report.unchanged, report.refused):
                keep(found, kept)
                _set(kept, ImportState.READY, confirmed_by=None)
                return False
            found.save()
            kept.rows.all().delete()
            _set(kept, ImportState.DONE, applied_at=timezone.now(), applied_by=by)
            transaction.on_commit(lambda: kept.file.delete(save=False), robust=True)
    return kept.state == ImportState.DONE


def _forget_old() -> None:
    """Delete uploads that were never imported, with their files."""
    old = FileImport.objects.filter(applied_at=None, created_at__lt=timezone.now() - KEPT_FOR)
    for kept in old.exclude(state__in=AT_WORK):
        kept.file.delete(save=False)
        kept.delete()


def _set(kept: FileImport, state: ImportState, **changes: Any) -> None:
    for name, value in {"state": state, **changes}.items():
        setattr(kept, name, value)
    kept.save(update_fields=["state", *changes])


# The work and who watches it


class _Watch:
    """Tells the page how far the work is, and looks at whether somebody wants it stopped."""

    def __init__(self, kept: FileImport, is_worker_stopping: IsStopping) -> None:
        connection.ensure_connection()
        self.pk, self.working = kept.pk, connection.connection
        self.is_worker_stopping, self.is_put_off = is_worker_stopping, False
        self.step: Step | None = None
        self.is_done, self.is_stopping = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._look, name=f"watches import {kept.pk}", daemon=True)

    def tell(self, step: Step) -> None:
        """Take note; raise Cancelled where the work is to be stopped."""
        self.step = step
        if self.is_stopping.is_set():
            raise Cancelled

    def stop(self) -> None:
        """Return when no look is under way any more: the connection is free to be used for other work."""
        self.is_done.set()
        self.thread.join()

    def _look(self) -> None:
        """By the statement's own cancel key, so that no other work can be hit."""
        if self.is_done.wait(LOOKS_EVERY):
            return
        with second_connection() as cursor:
            cursor.execute("set lock_timeout = '200ms'")  # the work itself writes this row at its very end
            while not self.is_done.wait(LOOKS_EVERY):
                is_cancelled = self._note(cursor)
                if is_cancelled or self.is_worker_stopping():
                    self.is_put_off = not is_cancelled
                    self.is_stopping.set()
                    self.working.cancel_safe()

    def _note(self, cursor: Any) -> bool:
        phase, done, total = (self.step.phase, self.step.done, self.step.total) if self.step else ("", 0, 0)
        try:
            cursor.execute(
                "update foundation_fileimport set phase = %s, done = %s, total = %s where id = %s"
                " returning is_cancel_asked",
                [phase, done, total, self.pk],
            )
        except OperationalError:
            return False
        return bool((cursor.fetchone() or [False])[0])


@contextmanager
def _at_work(kept: FileImport, state: ImportState, is_worker_stopping: IsStopping) -> Iterator[_Watch | None]:
    """Do a part of the work; None where it is not there to be done, or somebody else does it.

    Whatever breaks it off is written to the upload. An error of the program is raised as well, and PutOff.
    """
    with session_lock(LOCK, kept.pk) as is_ours:
        if is_ours and _is_mine(kept, state):
            with _watched(kept, is_worker_stopping) as watch:
                yield watch
        else:
            kept.refresh_from_db()
            yield None


def _is_mine(kept: FileImport, state: ImportState) -> bool:
    """Whether the upload waits for this part of the work, which has begun then."""
    expected = FileImport.objects.filter(pk=kept.pk, confirmed_by__isnull=state != ImportState.IMPORTING)
    is_mine = expected.filter(state__in=(ImportState.WAITING, state)).update(
        state=state, phase="", done=0, total=0, problem=""
    )
    kept.refresh_from_db()
    return bool(is_mine)


@contextmanager
def _watched(kept: FileImport, is_worker_stopping: IsStopping) -> Iterator[_Watch]:
    watch = _Watch(kept, is_worker_stopping)
    watch.thread.start()
    try:
        yield watch
    except BaseException as error:
        watch.stop()
        if watch.is_put_off and _is_cancelled(error, is_stopping=True):
            _set(kept, ImportState.WAITING, phase="", done=0, total=0)
            raise PutOff from error
        if not _explained(kept, error, is_stopping=watch.is_stopping.is_set()):
            raise
    finally:
        if watch.thread.is_alive():
            watch.stop()


def _explained(kept: FileImport, error: BaseException, *, is_stopping: bool) -> bool:
    """Write to the upload why the work ended early; False where the reason is an error of the program."""
    if _is_cancelled(error, is_stopping=is_stopping):
        _set(kept, ImportState.CANCELLED, is_cancel_asked=False)
        return True
    if isinstance(error, FileProblem):
        _set(kept, ImportState.FAILED, problem=problem_in_words(error))
        return True
    words = _("Nothing was written. Tell whoever runs this installation; the log says more.")
    if isinstance(error, PermissionDenied):
        words = str(error)
    _set(kept, ImportState.FAILED, problem=words)
    return False


def _is_cancelled(error: BaseException, *, is_stopping: bool) -> bool:
    """Whether the work broke off because it was told to."""
    cause = error.__cause__ if isinstance(error, OperationalError) else error
    return isinstance(error, Cancelled) or (is_stopping and isinstance(cause, QueryCanceled))


def problem_in_words(problem: FileProblem) -> str:
    """What is wrong with a file, where, and what helps."""
    place = _("Row %(row)d: ") % {"row": problem.row} if problem.row else ""
    return f"{place}{problem.problem} {problem.remedy}"
