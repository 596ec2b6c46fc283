"""An upload from the first check, whose outcome is kept for the pages of a preview, to the end of its import.

It is worked on in the request or in a worker. Where it stands is in its row (`ImportState`), so that any page, process
or machine can tell. Who works on it holds an advisory lock of the database: when the process dies, the lock goes, and
nothing was written.
"""

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.disks import full_in_words, is_full
from foundation.files.importing import package_uploads
from foundation.files.importing.archives import unpacked_size
from foundation.files.importing.mapping import Mapping
from foundation.files.importing.package import PackageProblem, PackageReport
from foundation.files.importing.pipeline import Import, OtherImport, compared
from foundation.files.importing.preview import COUNTS, is_as_shown, keep, mapping_of, table_of
from foundation.files.importing.reading import FileProblem, OtherColumns, foreign_table, open_table
from foundation.files.importing.watching import PutOff, Watch, is_cancelled, problem_in_words
from foundation.files.models import AT_WORK, FileImport, FileMapping, ImportState, RowState
from foundation.files.resources import resources
from foundation.sql import is_locked, session_lock
from foundation.workers import IsStopping, never

logger = logging.getLogger(__name__)

SMALL = 1_000_000
"""Size in bytes up to which a file is processed in the request, in some seconds; larger files go to a worker."""
KEPT_FOR = timedelta(days=7)
"""How long an unconfirmed upload is stored."""
LOCK = 7_104_001
"""The first half of the advisory lock key of an upload."""


# State


def is_large(file_import: FileImport) -> bool:
    """Whether the file is processed by a worker."""
    path = Path(file_import.file.path)
    return (unpacked_size(path) if file_import.is_package else path.stat().st_size) > SMALL


def is_interrupted(file_import: FileImport) -> bool:
    """Whether the process that worked on it has died; nothing was written then."""
    return file_import.state in AT_WORK and not _is_at_work(file_import.pk)


def _is_at_work(pk: int) -> bool:
    return is_locked(LOCK, pk)


# Actions of a user


def begin(file_import: FileImport) -> None:
    """Store an upload to be checked; raise FileProblem, with nothing stored, if the file is unreadable.

    If its columns are not ours, or not those of its mapping, it waits until somebody maps them.
    """
    _forget_old()
    with transaction.atomic():
        file_import.save()
        if file_import.is_package:
            return
        try:
            table_of(file_import)
        except OtherColumns as problem:
            _refuse_without_table(file_import, problem)
            mapping = file_import.mapping or {}
            _set(file_import, ImportState.UNMAPPED, mapping=mapping, problem=problem.problem)


def _refuse_without_table(file_import: FileImport, problem: FileProblem) -> None:
    """Raise what is wrong with the header, if the file has no table whose columns could be mapped."""
    try:
        foreign_table(Path(file_import.file.path))
    except FileProblem:
        raise problem from None


def use_mapping(file_import: FileImport, mapping: Mapping, name: str) -> bool:
    """Queue the check of an upload with its columns mapped; return False if it does not wait for that.

    Raise FileProblem if the columns that come out of it are not enough.
    """
    resource = resources()[file_import.file_type]
    open_table(Path(file_import.file.path), resource, mapping)
    unmapped = FileImport.objects.filter(pk=file_import.pk, state=ImportState.UNMAPPED)
    kept = {"mapping": mapping.to_json(), "mapping_name": name, "problem": ""}
    is_first = bool(unmapped.update(state=ImportState.WAITING, **kept))
    file_import.refresh_from_db()
    return is_first


def map_again(file_import: FileImport) -> None:
    """Let somebody map the columns of an upload that was checked and not imported; those of a package are ours."""
    if file_import.is_package:
        return
    ended = (ImportState.READY, ImportState.FAILED, ImportState.CANCELLED)
    upload = FileImport.objects.filter(pk=file_import.pk, state__in=ended)
    upload.update(state=ImportState.UNMAPPED, confirmed_by=None, is_cancel_asked=False, problem="", phase="")
    file_import.refresh_from_db()


def begin_anew(file_import: FileImport) -> None:
    """Queue the check of an upload again after it failed, was cancelled or was interrupted."""
    is_open = file_import.state in (ImportState.CANCELLED, ImportState.FAILED) or is_interrupted(file_import)
    if is_open and file_import.mapping == {}:
        map_again(file_import)
    elif is_open:
        _set(file_import, ImportState.WAITING, confirmed_by=None, problem="", phase="")


def choose(file_import: FileImport, *, skip_refused: bool, take_older: bool, overwrite: Collection[int] = ()) -> bool:
    """Queue another check with these choices; return False if the upload is not ready to be confirmed.

    `overwrite` has the rows of terms that change.
    """
    ready = FileImport.objects.filter(pk=file_import.pk, state=ImportState.READY)
    chosen = {"skip_refused": skip_refused, "take_older": take_older, "overwrite": sorted(overwrite)}
    is_first = bool(ready.update(state=ImportState.WAITING, **chosen))
    file_import.refresh_from_db()
    return is_first


def confirm(file_import: FileImport, *, by: Any) -> bool:
    """Confirm the import; return False if it is not ready to be confirmed, as after a double click."""
    ready = FileImport.objects.filter(Q(refused=0) | Q(skip_refused=True), pk=file_import.pk, state=ImportState.READY)
    is_first = bool(ready.update(state=ImportState.WAITING, confirmed_by=by, is_cancel_asked=False))
    file_import.refresh_from_db()
    return is_first


def cancel(file_import: FileImport) -> None:
    """Cancel waiting or running work; a completed import is not undone.

    One statement, so that work which begins or pauses at this moment is met all the same.
    """
    this, before = FileImport.objects.filter(pk=file_import.pk), (ImportState.WAITING, ImportState.UNMAPPED)
    this.filter(state__in=(*before, *AT_WORK)).update(
        state=Case(When(state__in=before, then=Value(ImportState.CANCELLED)), default=F("state")),
        is_cancel_asked=Case(When(state__in=before, then=Value(False)), default=Value(True)),
    )
    with session_lock(LOCK, file_import.pk) as is_ours:
        if is_ours:  # nobody is at work, or will be
            this.filter(state__in=AT_WORK).update(state=ImportState.CANCELLED, is_cancel_asked=False)
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
        if file_import.is_package:
            report = package_uploads.tried(file_import, watch, waits=waits)
            _show_package(file_import, report)
            return
        with _compared(file_import, by=file_import.created_by, watch=watch, waits=waits) as found:
            keep(found, file_import)
            _set(file_import, ImportState.READY)


def save(file_import: FileImport, *, is_stopping: IsStopping = never, waits: bool = True) -> bool:
    """Run the confirmed import; return False, with a new preview, if database changes have altered the result.

    Raise PutOff as `check` does.
    """
    with _at_work(file_import, ImportState.IMPORTING, is_stopping) as watch:
        if not watch:
            return file_import.state == ImportState.DONE
        if file_import.is_package:
            return _save_package(file_import, watch, waits=waits)
        by: Any = file_import.confirmed_by
        with _compared(file_import, by=by, watch=watch, waits=waits) as found:
            report = found.report
            if report.is_refused or not is_as_shown(found, file_import):
                keep(found, file_import)
                _set(file_import, ImportState.READY, confirmed_by=None)
                return False
            found.save()
            file_import.rows.exclude(state=RowState.REFUSED).delete()
            _set(file_import, ImportState.DONE, applied_at=timezone.now(), applied_by=by, context=found.context)
            if not report.refused:  # the refused rows can be downloaded from it
                transaction.on_commit(lambda: file_import.file.delete(save=False), robust=True)
    return file_import.state == ImportState.DONE


def _save_package(file_import: FileImport, watch: Watch, *, waits: bool) -> bool:
    with transaction.atomic():
        report = package_uploads.imported(file_import, watch, waits=waits)
        is_same: bool = report.outcome() == file_import.files
        if is_same:
            file_import.rows.all().delete()
            by, context = file_import.confirmed_by, report.context
            _set(file_import, ImportState.DONE, applied_at=timezone.now(), applied_by=by, context=context)
            transaction.on_commit(lambda: file_import.file.delete(save=False), robust=True)
        else:
            transaction.set_rollback(True)
    if not is_same:
        _show_package(file_import, report)
    return is_same


@transaction.atomic
def _show_package(file_import: FileImport, report: PackageReport) -> None:
    package_uploads.keep(file_import, report)
    _set(file_import, ImportState.READY, confirmed_by=None)


@contextmanager
def _compared(file_import: FileImport, *, by: Any, watch: Watch, waits: bool) -> Iterator[Import]:
    """Compare an upload with the database, by the choices of its preview."""
    with compared(
        Path(file_import.file.path),
        resources()[file_import.file_type],
        by=by,
        publish=file_import.publish,
        skip_refused=file_import.skip_refused,
        take_older=file_import.take_older,
        overwrite=frozenset(),
        overwrite_rows=frozenset(file_import.overwrite),
        name=file_import.name,
        mapping=mapping_of(file_import),
        progress=watch.tell,
        waits=waits,
    ) as found:
        yield found


def save_recorded(found: Import, *, by: Any, mapping: FileMapping | None = None) -> int | None:
    """Write a comparison that no page asked for, and record the import; return its number if it changed anything."""
    found.save()
    report = found.report
    if not (report.new or report.changed or report.published):
        return None
    counts = {name: getattr(report, name) for name in COUNTS}
    made = FileImport.objects.create(
        file_type=report.file,
        name=found.options.name[:200],
        publish=found.options.publish,
        skip_refused=found.options.skip_refused,
        take_older=found.options.take_older,
        created_by=by,
        applied_by=by,
        confirmed_by=by,
        applied_at=timezone.now(),
        state=ImportState.DONE,
        context=found.context,
        mapping=mapping and mapping.mapping,
        mapping_name=mapping.name if mapping else "",
        notices=report.notices,
        **counts,
    )
    return made.pk


def _forget_old() -> None:
    """Delete uploads that were never imported, with their files."""
    old = FileImport.objects.filter(applied_at=None, created_at__lt=timezone.now() - KEPT_FOR)
    for file_import in old.exclude(state__in=AT_WORK):
        file_import.file.delete(save=False)
        file_import.delete()


def _set(file_import: FileImport, state: ImportState, **changes: Any) -> None:
    """Write a state and what goes with it; where the work ends, asking to cancel it ends too."""
    for name, value in {"state": state, "is_cancel_asked": False, **changes}.items():
        setattr(file_import, name, value)
    file_import.save(update_fields=["state", "is_cancel_asked", *changes])


def _put_off(file_import: FileImport) -> None:
    """Let the work wait, unless somebody has asked to cancel it."""
    FileImport.objects.filter(pk=file_import.pk).update(
        state=Case(When(is_cancel_asked=True, then=Value(ImportState.CANCELLED)), default=Value(ImportState.WAITING)),
        is_cancel_asked=False,
        phase="",
        done=0,
        total=0,
    )
    file_import.refresh_from_db()


# Around the work


@contextmanager
def _at_work(file_import: FileImport, state: ImportState, is_worker_stopping: IsStopping) -> Iterator[Watch | None]:
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
    expected = expected.filter(state__in=(ImportState.WAITING, state))
    is_mine = expected.filter(is_cancel_asked=False).update(state=state, phase="", done=0, total=0, problem="")
    if not is_mine:
        expected.update(state=ImportState.CANCELLED, is_cancel_asked=False)
    file_import.refresh_from_db()
    return bool(is_mine)


@contextmanager
def _watched(file_import: FileImport, is_worker_stopping: IsStopping) -> Iterator[Watch]:
    watch = Watch(file_import, is_worker_stopping)
    watch.thread.start()
    try:
        yield watch
    except BaseException as error:
        watch.stop()
        if isinstance(error, OtherImport) or (watch.is_put_off and is_cancelled(error, is_stopping=True)):
            _put_off(file_import)
            raise PutOff from error
        if not _explained(file_import, error, is_stopping=watch.is_stopping.is_set()):
            raise
    finally:
        if watch.thread.is_alive():
            watch.stop()


def _explained(file_import: FileImport, error: BaseException, *, is_stopping: bool) -> bool:
    """Record on the upload why the work ended early; return False for an unexpected exception."""
    if is_cancelled(error, is_stopping=is_stopping):
        _set(file_import, ImportState.CANCELLED)
        return True
    if isinstance(error, FileProblem):
        _set(file_import, ImportState.FAILED, problem=problem_in_words(error))
        return True
    if isinstance(error, PackageProblem):
        _set(file_import, ImportState.FAILED, problem=package_uploads.keep_problem(file_import, error))
        return True
    if is_full(error):
        logger.error("The import of %s met a full disk: %s", file_import.name, str(error).partition("\n")[0])
        _set(file_import, ImportState.FAILED, problem=" ".join(full_in_words()))
        return True
    words = _("Nothing was written. Tell the operator of this installation; the log has the details.")
    if isinstance(error, PermissionDenied):
        words = str(error)
    _set(file_import, ImportState.FAILED, problem=words)
    return False
