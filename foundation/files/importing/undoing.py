"""Undo an import as one action, by the history that its changes left; a package with all of its files.

The records that it added are deleted, and those that it changed get back what they had, as long as nobody has changed
them since, or named them; who did, is told.
"""

import logging
from collections.abc import Callable
from typing import Any

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, ProgrammingError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import InsufficientPrivilege

from foundation.disks import full_in_words, is_full
from foundation.files.importing.pipeline import LOCK, OtherImport
from foundation.files.importing.saving import ask_constraints
from foundation.files.importing.staging import Step
from foundation.files.models import FileImport, Phase
from foundation.files.package.describing import packaged
from foundation.files.resources import FileResource, resources
from foundation.records.audit import Act, record
from foundation.records.second_reader import may_publish, public
from foundation.records.teams import of_other_countries
from foundation.records.undoing import Deed
from foundation.sql import lock_until_commit, take_time, try_lock_until_commit

logger = logging.getLogger(__name__)


class CannotUndo(Exception):
    """The import cannot be undone; the message says why."""


def kinds_of(file_import: FileImport) -> list[type[FileResource]]:
    """The kinds of files that an import had."""
    if file_import.is_package:
        names = {file["file"] for file in file_import.files}
        return [resource for name, resource in packaged().items() if name in names]
    return [resources()[file_import.file_type]]


def deed_of(file_import: FileImport) -> Deed:
    """What an import did."""
    assert file_import.context
    return Deed(file_import.context, [resource.model() for resource in kinds_of(file_import)])


def undo(
    file_import: FileImport,
    *,
    by: Any,
    is_operator: bool = False,
    waits: bool = False,
    tell: Callable[[Step], None] = lambda _step: None,
) -> None:
    """Take back what an import did; raise CannotUndo with the reason, with nothing written.

    Raise PermissionDenied if its records are public and `by` may not publish. Without `waits`, OtherImport is raised if
    an import is at work. `tell` is called with the progress, in changes.
    """
    try:
        _undo(file_import, by=by, is_operator=is_operator, waits=waits, tell=tell)
    except (OperationalError, OSError) as error:
        if not is_full(error):
            raise
        logger.error("Undoing the import of %s met a full disk: %s", file_import.name, str(error).partition("\n")[0])
        problem, remedy = full_in_words()
        raise CannotUndo(f"{problem} {remedy}") from error


def _undo(file_import: FileImport, *, by: Any, is_operator: bool, waits: bool, tell: Callable[[Step], None]) -> None:
    with transaction.atomic():
        take_time(waits=waits)
        if waits:
            lock_until_commit(LOCK)
        elif not try_lock_until_commit(LOCK):
            raise OtherImport
        file_import = FileImport.objects.get(pk=file_import.pk)  # not locked, since its progress is written meanwhile
        refuse(file_import, by=by, is_operator=is_operator)
        deed = deed_of(file_import)
        deed.lock()
        added = ", ".join(f"{kind._meta.label} {count}" for kind in deed.kinds if (count := deed.added_count(kind)))
        refuse_changed(file_import, reader=None if is_operator else by)
        kinds = kinds_of(file_import)
        with pghistory.context(user=by.pk, undone=file_import.name, file_import=file_import.pk):
            for resource in kinds:
                resource.before_writing()
            names = dict.fromkeys(name for resource in kinds for name in resource.withdraws())
            for name in names:
                name.note()
            _take_back(file_import, by, tell)
            for name in names:
                name.withdraw()
        if added:
            record(Act.DELETED, file_import.name, by=by, note=f"FileImport {file_import.pk}: {added}")
        file_import.undone_at, file_import.undone_by = timezone.now(), by
        file_import.save(update_fields=["undone_at", "undone_by"])


def _take_back(file_import: FileImport, by: Any, tell: Callable[[Step], None]) -> None:
    try:
        with transaction.atomic():
            deed_of(file_import).take_back(by, lambda done, total: tell(Step(Phase.UNDOING, done, total)))
            ask_constraints()
    except (IntegrityError, ProgrammingError) as error:
        if isinstance(error, ProgrammingError) and not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        words = _("Something else rests on its records now: %(error)s")
        raise CannotUndo(words % {"error": str(error).splitlines()[0]}) from error


def refuse(file_import: FileImport, *, by: Any, is_operator: bool = False) -> None:
    """Raise CannotUndo or PermissionDenied if an import cannot be undone, or not by this person."""
    if file_import.applied_at is None or file_import.context is None:
        raise CannotUndo(_("This import has no record of what it did."))
    if file_import.undone_at:
        raise CannotUndo(_("This import has already been undone."))
    if not (is_operator or may_publish(by)) and (file_import.applied_by_id != by.pk or _is_public(file_import)):
        raise PermissionDenied(_("Only an editor may undo an import of others, or of what is public."))
    if not is_operator and _is_foreign(file_import, by):
        raise PermissionDenied(_("This import has records that are not of your countries."))


def _is_foreign(file_import: FileImport, by: Any) -> bool:
    deed = deed_of(file_import)
    kept = (of_other_countries(by, kind._default_manager.filter(pk__in=deed.keys(kind))) for kind in deed.kinds)
    return any(records.exists() for records in kept)


def _is_public(file_import: FileImport) -> bool:
    deed = deed_of(file_import)
    return any(public(kind).filter(pk__in=deed.keys(kind)).exists() for kind in deed.kinds)


def refuse_changed(file_import: FileImport, *, reader: Any) -> None:
    """Raise CannotUndo if a record of an import was changed since, with the names that `reader` may read."""
    if later := deed_of(file_import).changed_since(reader):
        listed = ", ".join(f"{item.label} ({item.who})" if item.who else item.label for item in later[:5])
        raise CannotUndo(_("These records were changed since: %(records)s.") % {"records": listed})


def record_keys(file_import: FileImport, model: type[models.Model]) -> models.QuerySet[Any]:
    """The primary keys of the records of a model that an import added or changed, as a query."""
    return deed_of(file_import).keys(model)
