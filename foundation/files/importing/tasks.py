"""Uploads in the background: ids in, load, call. `manage.py procrastinate worker` does it.

A task may be run again after its worker died, so each one begins by looking at whether there is still something to do.
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
"""What was put off because the worker is to stop is done by the next one."""


@app.task(retry=LATER, pass_context=True)
def check_file(context: JobContext, file_import: int, language: str) -> None:
    """Check an upload; what is wrong with it is said in the language of who uploaded it."""
    if upload := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language), _put_off_as_aborted():
            jobs.check(upload, is_stopping=context.should_abort)


@app.task(retry=LATER, pass_context=True)
def import_file(context: JobContext, file_import: int, language: str) -> None:
    """Import a confirmed upload; what goes wrong is said in the language of who confirmed it."""
    if upload := FileImport.objects.filter(pk=file_import).first():
        with translation.override(language), _put_off_as_aborted():
            jobs.save(upload, is_stopping=context.should_abort)


@contextmanager
def _put_off_as_aborted() -> Iterator[None]:
    try:
        yield
    except jobs.PutOff as reason:
        raise JobAborted from reason
