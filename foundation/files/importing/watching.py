"""Watches long work on an upload: reports progress to its page, and stops the work when somebody cancels it."""

import threading
from contextlib import suppress
from typing import Any

from django.db import OperationalError, connection
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from foundation.files.importing.reading import FileProblem
from foundation.files.importing.staging import Step
from foundation.files.models import FileImport
from foundation.sql import second_connection
from foundation.workers import IsStopping

LOOKS_EVERY = 0.5
"""Seconds between progress updates, and between checks for cancellation."""


class Cancelled(Exception):
    """A user cancelled the work."""


class PutOff(Exception):
    """The worker is shutting down, or another import is at work: nothing was written, and the work is queued again."""


class Watch:
    """Reports progress to the page, and watches for cancellation."""

    def __init__(self, file_import: FileImport, is_worker_stopping: IsStopping) -> None:
        connection.ensure_connection()
        self.pk, self.working = file_import.pk, connection.connection
        self.is_worker_stopping, self.is_put_off = is_worker_stopping, False
        self.step: Step | None = None
        self.part = ""
        self.is_done, self.is_stopping = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._look, name=f"watches import {file_import.pk}", daemon=True)

    def tell(self, step: Step, part: str = "") -> None:
        """Record progress, with the file of a package that it is about; raise Cancelled if the work is to stop."""
        self.step, self.part = step, part
        if self.is_stopping.is_set():
            raise Cancelled

    def stop(self) -> None:
        """Stop watching and join the thread, so that the connection is free for other work."""
        self.is_done.set()
        self.thread.join()

    def _look(self) -> None:
        """Cancel through the working connection's own cancel key, so that no other query can be affected."""
        if self.is_done.wait(LOOKS_EVERY):
            return
        with suppress(OperationalError), second_connection() as cursor:  # without one, the work goes on unwatched
            cursor.execute("set lock_timeout = '200ms'")  # the import itself updates this row at its end
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
                "update foundation_fileimport set phase = %s, part = %s, done = %s, total = %s where id = %s"
                " returning is_cancel_asked",
                [phase, self.part, done, total, self.pk],
            )
        except OperationalError:
            return False
        return bool((cursor.fetchone() or [False])[0])


def is_cancelled(error: BaseException, *, is_stopping: bool) -> bool:
    """Whether the work stopped because it was cancelled."""
    cause = error.__cause__ if isinstance(error, OperationalError) else error
    return isinstance(error, Cancelled) or (is_stopping and isinstance(cause, QueryCanceled))


def problem_in_words(problem: FileProblem) -> str:
    """What is wrong with a file, where, and the remedy."""
    place = _("Row %(row)d: ") % {"row": problem.row} if problem.row else ""
    return f"{place}{problem.problem} {problem.remedy}"
