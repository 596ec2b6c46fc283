"""An upload from the first check, whose outcome is kept for the pages of a preview, to the end of its import.

It is worked on in the request or in a worker. Where it stands is in its row (`ImportState`), so that any page, process
or machine can tell. Who works on it holds an advisory lock of the database: when the process dies, the lock goes, and
nothing was written.
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

from foundation.files.columns import quoted
from foundation.files.importing.pipeline import Import, OtherImport, compared
from foundation.files.importing.reading import FileProblem, open_table
from foundation.files.importing.report import Refusal, failed_rows
from foundation.files.importing.staging import Step
from foundation.files.models import AT_WORK, FileImport, FileImportRow, ImportState, RowState
from foundation.files.resources import resources
from foundation.sql import execute, is_locked, rows, second_connection, session_lock
from foundation.workers import IsStopping, never

SMALL = 1_000_000
"""Size in bytes up to which a file is processed in the request, in some seconds; larger files go to a worker."""
KEPT_FOR = timedelta(days=7)
"""How long an unconfirmed upload is stored."""
LOOKS_EVERY = 0.5
"""Seconds between progress updates, and between checks for cancellation."""
LOCK = 7_104_001
"""The first half of the advisory lock key of an upload."""


class Cancelled(Exception):
    """A user cancelled the work."""


class PutOff(Exception):
    """The worker is shutting down, or another import is at work: nothing was written, and the work is queued again."""


# State


def is_large(file_import: FileImport) -> bool:
    """Whether the file is processed by a worker."""
    return file_import.file.size > SMALL


def is_interrupted(file_import: FileImport) -> bool:
    """Whether the process that worked on it has died; nothing was written then."""
    return file_import.state in AT_WORK and not _is_at_work(file_import.pk)


def _is_at_work(pk: int) -> bool:
    return is_locked(LOCK, pk)


# Actions of a user


def begin(file_import: FileImport) -> None:
    """Store an upload to be checked; raise FileProblem, with nothing stored, if the file is unreadable."""
    _forget_old()
    with transaction.atomic():
        file_import.save()
        open_table(Path(file_import.file.path), resources()[file_import.file_type])


def begin_anew(file_import: FileImport) -> None:
    """Queue the check of an upload again after it failed, was cancelled or was interrupted."""
    is_open = file_import.state in (ImportState.CANCELLED, ImportState.FAILED) or is_interrupted(file_import)
    if is_open:
        _set(file_import, ImportState.WAITING, confirmed_by=None, is_cancel_asked=False, problem="", phase="")


def confirm(file_import: FileImport, *, by: Any) -> bool:
    """Confirm the import; return False if it is not ready to be confirmed, as after a double click."""
    ready = FileImport.objects.filter(pk=file_import.pk, state=ImportState.READY, refused=0)
    is_first = bool(ready.update(state=ImportState.WAITING, confirmed_by=by, is_cancel_asked=False))
    file_import.refresh_from_db()
    return is_first


def cancel(file_import: FileImport) -> None:
    """Cancel waiting or running work; a completed import is not undone."""
    FileImport.objects.filter(pk=file_import.pk, state__in=AT_WORK).update(is_cancel_asked=True)
    waiting = FileImport.objects.filter(pk=file_import.pk, state=ImportState.WAITING)
    if not waiting.update(state=ImportState.CANCELLED) and is_interrupted(file_import):
        _set(file_import, ImportState.CANCELLED)
    file_import.refresh_from_db()


def give_up(file_import: FileImport) -> None:
    """Mark an upload as failed after every attempt was interrupted."""
    words = _("The job was interrupted every time it started. Nothing was written; the log has the details.")
    _set(file_import, ImportState.FAILED, problem=words)


# Work, in the request or in a worker


def check(file_import: FileImport, *, is_stopping: IsStopping = never, waits: bool = True) -> None:
    """Read and check the file and store the preview; raise PutOff if the worker shuts down first.

    Without `waits`, PutOff is raised also if another import is at work, which a request cannot wait for.
    """
    with _at_work(file_import, ImportState.CHECKING, is_stopping) as watch:
        if not watch:
            return
        path, resource = Path(file_import.file.path), resources()[file_import.file_type]
        by, publish = file_import.created_by, file_import.publish
        with compared(path, resource, by=by, publish=publish, progress=watch.tell, waits=waits) as found:
            keep(found, file_import)
            _set(file_import, ImportState.READY)


def save(file_import: FileImport, *, is_stopping: IsStopping = never, waits: bool = True) -> bool:
    """Run the confirmed import; return False, with a new preview, if database changes have altered the result.

    Raise PutOff as `check` does.
    """
    with _at_work(file_import, ImportState.IMPORTING, is_stopping) as watch:
        if not watch:
            return file_import.state == ImportState.DONE
        by: Any = file_import.confirmed_by
        path, resource = Path(file_import.file.path), resources()[file_import.file_type]
        shown = (file_import.new, file_import.changed, file_import.unchanged, file_import.refused)
        with compared(path, resource, by=by, publish=file_import.publish, progress=watch.tell, waits=waits) as found:
            report = found.report
            if report.is_refused or shown != (report.new, report.changed, report.unchanged, report.refused):
                keep(found, file_import)
                _set(file_import, ImportState.READY, confirmed_by=None)
                return False
            found.save()
            file_import.rows.all().delete()
            _set(file_import, ImportState.DONE, applied_at=timezone.now(), applied_by=by)
            transaction.on_commit(lambda: file_import.file.delete(save=False), robust=True)
    return file_import.state == ImportState.DONE


def _forget_old() -> None:
    """Delete uploads that were never imported, with their files."""
    old = FileImport.objects.filter(applied_at=None, created_at__lt=timezone.now() - KEPT_FOR)
    for file_import in old.exclude(state__in=AT_WORK):
        file_import.file.delete(save=False)
        file_import.delete()


def _set(file_import: FileImport, state: ImportState, **changes: Any) -> None:
    for name, value in {"state": state, **changes}.items():
        setattr(file_import, name, value)
    file_import.save(update_fields=["state", *changes])


# Progress and cancellation


class _Watch:
    """Reports progress to the page, and watches for cancellation."""

    def __init__(self, file_import: FileImport, is_worker_stopping: IsStopping) -> None:
        connection.ensure_connection()
        self.pk, self.working = file_import.pk, connection.connection
        self.is_worker_stopping, self.is_put_off = is_worker_stopping, False
        self.step: Step | None = None
        self.is_done, self.is_stopping = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._look, name=f"watches import {file_import.pk}", daemon=True)

    def tell(self, step: Step) -> None:
        """Record progress; raise Cancelled if the work is to stop."""
        self.step = step
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
        with second_connection() as cursor:
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
                "update foundation_fileimport set phase = %s, done = %s, total = %s where id = %s"
                " returning is_cancel_asked",
                [phase, done, total, self.pk],
            )
        except OperationalError:
            return False
        return bool((cursor.fetchone() or [False])[0])


@contextmanager
def _at_work(file_import: FileImport, state: ImportState, is_worker_stopping: IsStopping) -> Iterator[_Watch | None]:
    """Run a part of the work; yield None if there is nothing to do or another process is doing it.

    Errors are recorded on the upload. Unexpected exceptions and PutOff are raised as well.
    """
    with session_lock(LOCK, file_import.pk) as is_ours:
        if is_ours and _is_mine(file_import, state):
            with _watched(file_import, is_worker_stopping) as watch:
                yield watch
        else:
            file_import.refresh_from_db()
            yield None


def _is_mine(file_import: FileImport, state: ImportState) -> bool:
    """Claim the upload for this part of the work; return whether it was waiting for it."""
    expected = FileImport.objects.filter(pk=file_import.pk, confirmed_by__isnull=state != ImportState.IMPORTING)
    is_mine = expected.filter(state__in=(ImportState.WAITING, state)).update(
        state=state, phase="", done=0, total=0, problem=""
    )
    file_import.refresh_from_db()
    return bool(is_mine)


@contextmanager
def _watched(file_import: FileImport, is_worker_stopping: IsStopping) -> Iterator[_Watch]:
    watch = _Watch(file_import, is_worker_stopping)
    watch.thread.start()
    try:
        yield watch
    except BaseException as error:
        watch.stop()
        if isinstance(error, OtherImport) or (watch.is_put_off and _is_cancelled(error, is_stopping=True)):
            _set(file_import, ImportState.WAITING, phase="", done=0, total=0)
            raise PutOff from error
        if not _explained(file_import, error, is_stopping=watch.is_stopping.is_set()):
            raise
    finally:
        if watch.thread.is_alive():
            watch.stop()


def _explained(file_import: FileImport, error: BaseException, *, is_stopping: bool) -> bool:
    """Record on the upload why the work ended early; return False for an unexpected exception."""
    if _is_cancelled(error, is_stopping=is_stopping):
        _set(file_import, ImportState.CANCELLED, is_cancel_asked=False)
        return True
    if isinstance(error, FileProblem):
        _set(file_import, ImportState.FAILED, problem=problem_in_words(error))
        return True
    words = _("Nothing was written. Tell the operator of this installation; the log has the details.")
    if isinstance(error, PermissionDenied):
        words = str(error)
    _set(file_import, ImportState.FAILED, problem=words)
    return False


def _is_cancelled(error: BaseException, *, is_stopping: bool) -> bool:
    """Whether the work stopped because it was cancelled."""
    cause = error.__cause__ if isinstance(error, OperationalError) else error
    return isinstance(error, Cancelled) or (is_stopping and isinstance(cause, QueryCanceled))


def problem_in_words(problem: FileProblem) -> str:
    """What is wrong with a file, where, and the remedy."""
    place = _("Row %(row)d: ") % {"row": problem.row} if problem.row else ""
    return f"{place}{problem.problem} {problem.remedy}"


# The preview


MOST_CATEGORIES = 100
"""Maximum number of kinds of refusals that are distinguished, the most frequent first."""


def keep(found: Import, file_import: FileImport) -> None:
    """Write the counts and the rows of the preview, in the transaction of the comparison."""
    report = found.report
    file_import.categories = _categories()
    file_import.rows.all().delete()
    _keep_rows(found, file_import.pk)
    # Last: progress updates write this row too
    file_import.new, file_import.changed, file_import.unchanged = report.new, report.changed, report.unchanged
    file_import.refused, file_import.notices = report.refused, report.notices
    file_import.save(update_fields=["new", "changed", "unchanged", "refused", "notices", "categories"])


def failed_rows_of(file_import: FileImport) -> Iterator[list[str]]:
    """The refused rows of a preview as a file."""
    return failed_rows(
        open_table(Path(file_import.file.path), resources()[file_import.file_type]), _refusals(file_import)
    )


def _refusals(file_import: FileImport) -> Iterator[Refusal]:
    for row in file_import.rows.filter(state=RowState.REFUSED).order_by("line").iterator():
        columns, _values, problems, remedies = zip(*row.details, strict=True)
        yield row.line, "; ".join(columns), " ".join(problems), " ".join(remedies)


_KIND = "regexp_replace(regexp_replace(problem, '“[^”]*”', '“…”', 'g'), '[0-9]+(, [0-9]+)*', '…', 'g')"
"""SQL of a problem without its specific values, so that similar ones are counted together."""


def _categories() -> list[list[str | int]]:
    """Column, problem and number of rows of each kind of refusal; creates the temporary table `category`."""
    execute(
        "create temp table category on commit drop as"
        f' select (row_number() over (order by count(distinct line) desc, "column", {_KIND}) - 1)::integer as number,'
        f' "column", {_KIND} as kind, min(problem) as example, count(distinct problem) as variants,'
        " count(distinct line) as lines from problem group by 2, 3"
        f" order by 1 limit {MOST_CATEGORIES}"
    )
    found = 'select "column", case when variants = 1 then example else kind end, lines from category order by number'
    return [list(row) for row in rows(found)]


def _keep_rows(found: Import, file_import_id: int) -> None:
    resource, table = found.resource, FileImportRow._meta.db_table
    into = f"insert into {table} (file_import_id, line, state, label, details, categories)"
    label = _label(found)
    differences = " || ".join(
        f"case when '{column.name}' = any (s.changed)"
        f" then jsonb_build_array(jsonb_build_array('{column.name}', {column.written()}, {column.cell}))"
        " else '[]'::jsonb end"
        for column in found.table.present
    )
    records, pk = resource.table(), resource.pk()
    execute(
        f"{into} select %s, s.line, 'new', {label}, '[]', '{{}}' from valid_rows s where s.is_new", [file_import_id]
    )
    execute(
        f"{into} select %s, s.line, 'changed', {label}, {differences}, '{{}}'"
        f" from valid_rows s join {records} r on r.{pk} = s.id where not s.is_new",
        [file_import_id],
    )
    execute(
        f"{into} select %s, p.line, 'refused', min({label}),"
        ' jsonb_agg(jsonb_build_array(p."column", p.value, p.problem, p.remedy) order by p."column"),'
        " coalesce(array_agg(distinct c.number) filter (where c.number is not null), '{}')"
        ' from problem p left join staged s using (line) left join category c on c."column" = p."column"'
        f" and c.kind = {_KIND.replace('(problem', '(p.problem')} group by p.line",
        [file_import_id],
    )


def _label(found: Import) -> str:
    """SQL of what people know a row by: its key, and the first of its names."""
    keys = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in found.resource.keys[0])
    names = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in found.resource.names)
    return f"concat_ws(' · ', {keys}{f', coalesce({names})' if names else ''})"
