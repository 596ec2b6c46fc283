"""Background tasks of uploads: load the row by id and call the domain. Run by `manage.py procrastinate worker`.

A task may run again after its worker died, so each first checks whether there is still something to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import translation
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import JobAborted

from foundation.files.importing import jobs
from foundation.files.models import FileImport

LATER = RetryStrategy(retry_exceptions=[JobAborted])
"""Work interrupted by a worker shutdown is done by the next worker."""


@app.task(retry=LATER, pass_context=True)
def check_file(context: JobContext, file_import: int, language: str) -> None:
    """Check an upload; problems are reported in the language of the user who uploaded it."""
    if upload := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language), _put_off_as_aborted():
            jobs.check(upload, is_stopping=context.should_abort)


@app.task(retry=LATER, pass_context=True)
def import_file(context: JobContext, file_import: int, language: str) -> None:
    """Import a confirmed upload; problems are reported in the language of the user who confirmed it."""
    if upload := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language), _put_off_as_aborted():
            jobs.save(upload, is_stopping=context.should_abort)


@contextmanager
def _put_off_as_aborted() -> Iterator[None]:
    try:
        yield
    except jobs.PutOff as reason:
        raise JobAborted from reason
