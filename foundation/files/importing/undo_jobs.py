"""Undoing an import in a worker: asked for on its page, with progress there, until it is done, refused or cancelled."""

import logging

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.files.importing import undoing
from foundation.files.importing.jobs import LOCK
from foundation.files.importing.watching import PutOff, Watch, is_cancelled
from foundation.files.models import FileImport
from foundation.sql import is_locked, session_lock
from foundation.workers import IsStopping, never

logger = logging.getLogger(__name__)

SMALL = 2_000
"""Number of new and changed records up to which an import is undone in the request, in some seconds."""
NOT_ASKED = {"undo_asked_at": None, "undo_asked_by": None, "is_cancel_asked": False}


def is_large(file_import: FileImport) -> bool:
    """Whether it is undone by a worker."""
    return file_import.new + file_import.changed > SMALL


def is_at_work(file_import: FileImport) -> bool:
    """Whether a worker is undoing it."""
    return is_locked(LOCK, file_import.pk)


def ask(file_import: FileImport, *, by: object) -> bool:
    """Note who wants it undone; return False if it is done or asked for already.

    Raise CannotUndo or PermissionDenied if it can be seen at once that this is impossible.
    """
    undoing.refuse(file_import, by=by)
    open_ = FileImport.objects.filter(pk=file_import.pk, undone_at=None, undo_asked_at=None)
    asked = {"undo_asked_at": timezone.now(), "undo_asked_by": by}
    is_first = bool(open_.update(**asked, is_cancel_asked=False, phase="", part="", done=0, total=0, problem=""))
    file_import.refresh_from_db()
    return is_first


def cancel(file_import: FileImport) -> None:
    """Stop undoing; what was undone stays so."""
    this = FileImport.objects.filter(pk=file_import.pk, undone_at=None, undo_asked_at__isnull=False)
    this.update(is_cancel_asked=True)  # a worker that begins at this moment sees it
    with session_lock(LOCK, file_import.pk) as is_ours:
        if is_ours:
            this.update(**NOT_ASKED)
    file_import.refresh_from_db()


def give_up(file_import: FileImport) -> None:
    """Note that every attempt was interrupted."""
    words = _("The job was interrupted every time it started. Nothing was undone; the log has the details.")
    FileImport.objects.filter(pk=file_import.pk, undone_at=None).update(**NOT_ASKED, problem=words)


def undo(file_import: FileImport, *, is_stopping: IsStopping = never) -> None:
    """Undo what was asked for, or note why that is impossible; raise PutOff if the worker shuts down first."""
    with session_lock(LOCK, file_import.pk) as is_ours:
        file_import.refresh_from_db()
        if not (is_ours and file_import.is_undo_asked):
            return
        if file_import.is_cancel_asked:
            FileImport.objects.filter(pk=file_import.pk).update(**NOT_ASKED, problem=_cancelled())
            return
        watch = Watch(file_import, is_stopping)
        watch.thread.start()
        try:
            undoing.undo(file_import, by=file_import.undo_asked_by, waits=True, tell=watch.tell)
        except BaseException as error:
            watch.stop()
            if watch.is_put_off and is_cancelled(error, is_stopping=True):
                raise PutOff from error
            words, is_expected = _why(error, is_stopping=watch.is_stopping.is_set())
            FileImport.objects.filter(pk=file_import.pk).update(**NOT_ASKED, problem=words)
            if not is_expected:
                raise
        finally:
            if watch.thread.is_alive():
                watch.stop()


def _cancelled() -> str:
    return _("Undoing was cancelled. Nothing was changed.")


def _why(error: BaseException, *, is_stopping: bool) -> tuple[str, bool]:
    """Why nothing was undone, and whether the reason is none that the log must have."""
    if is_cancelled(error, is_stopping=is_stopping):
        return _cancelled(), True
    if isinstance(error, undoing.CannotUndo | PermissionDenied):
        return str(error), True
    return _("Nothing was undone. Tell the operator of this installation; the log has the details."), False
