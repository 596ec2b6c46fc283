"""Background tasks of uploads: load the row by id and call the domain. Run by `manage.py procrastinate worker`.

A task may run again after its worker died, so each first checks whether there is still something to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import transaction
from django.utils import translation
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted

from foundation.files.importing import jobs, undo_jobs, undoing
from foundation.files.importing.pipeline import OtherImport
from foundation.files.importing.watching import PutOff
from foundation.files.models import FileImport

LATER = RetryStrategy(retry_exceptions=[JobAborted])
"""Work interrupted by a worker shutdown is done by the next worker."""
ONE_AT_A_TIME = "imports"
"""The lock of the jobs: imports wait for each other anyway, and here they wait without a place in the worker."""


@app.task(retry=LATER, lock=ONE_AT_A_TIME, pass_context=True)
def check_file(context: JobContext, file_import: int, language: str) -> None:
    """Check an upload; problems are reported in the language of the user who uploaded it."""
    if upload := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language), _put_off_as_aborted():
            jobs.check(upload, is_stopping=context.should_abort)


@app.task(retry=LATER, lock=ONE_AT_A_TIME, pass_context=True)
def import_file(context: JobContext, file_import: int, language: str) -> None:
    """Import a confirmed upload; problems are reported in the language of the user who confirmed it."""
    if upload := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language), _put_off_as_aborted():
            jobs.save(upload, is_stopping=context.should_abort)


@app.task(retry=LATER, lock=ONE_AT_A_TIME, pass_context=True)
def undo_import(context: JobContext, file_import: int, language: str) -> None:
    """Undo an import; what stands against it is reported in the language of the user who asked for it."""
    if upload := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language), _put_off_as_aborted():
            undo_jobs.undo(upload, is_stopping=context.should_abort)


def undo_now_or_later(upload: FileImport, *, by: Any) -> bool:
    """Undo a small import at once, unless another import is at work; a large one in a worker.

    Return whether it is undone; raise CannotUndo or PermissionDenied if that is impossible.
    """
    if not undo_jobs.is_large(upload):
        with suppress(OtherImport):
            undoing.undo(upload, by=by)
            return True
    with transaction.atomic():
        if undo_jobs.ask(upload, by=by):
            undo_import.defer(file_import=upload.pk, language=translation.get_language())
    return False


def check_now_or_later(upload: FileImport) -> None:
    """Check a small file at once, unless another import is at work; a large one in a worker."""
    if not jobs.is_large(upload):
        with suppress(PutOff):
            jobs.check(upload, waits=False)
            return
    check_file.defer(file_import=upload.pk, language=translation.get_language())


@contextmanager
def _put_off_as_aborted() -> Iterator[None]:
    try:
        yield
    except PutOff as reason:
        raise JobAborted from reason
