"""A file that somebody wants to import, and what would become of its rows; kept until it is confirmed or forgotten.

`PrivateStorage` is where such files wait, and others that are never served from their folder; `settings.STORAGES` has
one for each purpose.
"""

from contextlib import suppress
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import models
from django.db.models import Exists, Q
from django.urls import reverse
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _

from foundation.records.history import refuses_changes
from foundation.records.teams import Team, all_kept_from


@deconstructible
class PrivateStorage(FileSystemStorage):
    """Files that only the account that runs the site can read, in the folder that a setting names."""

    def __init__(self, setting: str, file_permissions_mode: int = 0o600) -> None:
        super().__init__(file_permissions_mode=file_permissions_mode)
        self._setting = setting

    def _save(self, name: str, content: Any) -> str:
        """Remove a partial file: Django leaves it, which on a full disk takes the last free space."""
        path = Path(self.path(name))
        is_another = path.exists()
        try:
            saved: str = super()._save(name, content)  # type: ignore[misc]  # not in the stubs
        except OSError:
            if not is_another:
                with suppress(OSError):  # the first error says what is wrong
                    path.unlink()
            raise
        return saved

    @property
    def base_location(self) -> str:
        """Read from the settings each time, so that each test has a folder of its own."""
        return str(getattr(settings, self._setting))

    @property
    def location(self) -> str:
        return self.base_location


def import_storage() -> Storage:
    """The storage of uploads."""
    return storages["imports"]


class Phase(models.TextChoices):
    """The current phase of an import."""

    READING = "reading", _("Reading the file")
    COMPARING = "comparing", _("Comparing it with the database")
    CHECKING = "checking", _("Checking the rows")
    WRITING = "writing", _("Writing")
    UNDOING = "undoing", _("Undoing")


class ImportState(models.TextChoices):
    """The state of an upload; a waiting one is to be checked, or imported if it was confirmed."""

    UNMAPPED = "unmapped", _("Waiting for its columns")
    WAITING = "waiting", _("Waiting")
    CHECKING = "checking", _("Being checked")
    READY = "ready", _("Checked")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


UNDER_WAY = (ImportState.WAITING, ImportState.CHECKING, ImportState.IMPORTING)
AT_WORK = (ImportState.CHECKING, ImportState.IMPORTING)


PACKAGE = "package"
"""The kind of records of an import of all kinds, each from its file of a data package."""


RECORDED = (
    "file_type", "name", "publish", "created_at", "created_by_id", "applied_at", "applied_by_id", "confirmed_by_id",
    "new", "changed", "unchanged", "older", "refused", "state", "skip_refused", "take_older", "context",
    "overwrite", "mapping", "mapping_name", "files",
)  # fmt: skip
"""Who imported what and when; immutable once the file is imported."""


class FileImportQuerySet(models.QuerySet["FileImport"]):
    def of_team(self, team: Team) -> "FileImportQuerySet":
        """Those of the person alone: a file may have rows of any country."""
        return self.filter(created_by=team.user.pk)

    def kept_from(self, user: Any) -> "FileImportQuerySet | None":
        """Those of others while any record is kept from `user`: a file may have its row."""
        others = self.exclude(created_by=user.pk).order_by()
        kept = [Q(Exists(records)) for records in all_kept_from(user, but=self.model)]
        return others.filter(reduce(or_, kept)) if kept else None


@pgtrigger.register(
    refuses_changes(
        "record_stays", RECORDED, of="old.state = 'done'", message="The record of import % is never edited."
    ),
    pgtrigger.Trigger(
        name="record_kept",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        condition=pgtrigger.Q(old__state=ImportState.DONE),
        func="raise exception 'The record of import % is kept for good.', old.id"
        " using errcode = 'integrity_constraint_violation';",
    ),
)
class FileImport(models.Model):
    """An uploaded file with the counts of its preview; once applied, the note of who imported what and when."""

    file_type = models.CharField(_("kind of records"), max_length=30)
    file = models.FileField(_("CSV file"), storage=import_storage, upload_to="%Y", max_length=200)
    name = models.CharField(_("file name"), max_length=200)
    publish = models.BooleanField(_("publish"), default=False)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    applied_at = models.DateTimeField(_("imported"), null=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("imported by")
    )
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    older = models.PositiveIntegerField(_("older than the record"), default=0)
    skip_refused = models.BooleanField(_("leave out refused rows"), default=False)
    take_older = models.BooleanField(_("import older rows"), default=False)
    overwrite = ArrayField(models.IntegerField(), default=list)
    """The rows of a file of vocabulary that change terms which are here."""
    mapping = models.JSONField(null=True)
    """How its columns become ours (`importing/mapping.py`); null if they are ours, empty until somebody said it."""
    mapping_name = models.CharField(_("mapping"), max_length=100, blank=True)
    context = models.UUIDField(null=True)
    """The context of the history that its changes have."""
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("undone by")
    )
    undo_asked_at = models.DateTimeField(null=True)
    undo_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    """Who wants it undone by a worker; null again if that is not possible, for the reason in `problem`."""
    files = models.JSONField(default=list)
    """The files of a package, each with its name as `file`, its counts and a digest of what it changes."""
    notices = models.JSONField(default=list)
    categories = models.JSONField(default=list)
    """Column, problem and number of rows of each kind of refusal, the most frequent first."""
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.WAITING)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    problem = models.TextField(blank=True)
    """Why it failed, and the remedy."""
    is_cancel_asked = models.BooleanField(default=False)
    phase = models.CharField(max_length=10, choices=Phase, blank=True)
    part = models.CharField(max_length=30, blank=True)
    """The file of a package that is worked on."""
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    """The progress of the phase: bytes while reading, rules while checking, changes while undoing, otherwise rows."""

    objects = FileImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]
        default_permissions = ()  # users who may import files may see the list of imports
        constraints = [
            models.CheckConstraint(
                condition=models.Q(applied_at=None, applied_by=None)
                | models.Q(applied_at__isnull=False, applied_by__isnull=False),
                name="foundation_fileimport_applied_pair",
            ),
            models.CheckConstraint(
                condition=models.Q(undone_at=None, undone_by=None)
                | models.Q(undone_at__isnull=False, undone_by__isnull=False, applied_at__isnull=False),
                name="foundation_fileimport_undone_pair",
            ),
            models.CheckConstraint(
                condition=models.Q(undo_asked_at=None, undo_asked_by=None)
                | models.Q(undo_asked_at__isnull=False, undo_asked_by__isnull=False, applied_at__isnull=False),
                name="foundation_fileimport_undo_asked_pair",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ImportState.DONE, applied_at__isnull=False)
                | models.Q(state__in=[s.value for s in ImportState if s != ImportState.DONE], applied_at=None),
                name="foundation_fileimport_state",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_package(self) -> bool:
        """Whether it has files of all kinds."""
        return self.file_type == PACKAGE

    @property
    def is_undo_asked(self) -> bool:
        """Whether a worker is to undo it, or does so."""
        return self.undo_asked_at is not None and self.undone_at is None

    def get_absolute_url(self) -> str:
        return reverse("admin:foundation_fileimport_change", args=[self.pk])


class FileMapping(models.Model):
    """How the columns of somebody else's files become ours, kept by name for the next file."""

    file_type = models.CharField(_("kind of records"), max_length=30)
    name = models.CharField(_("name"), max_length=100)
    mapping = models.JSONField()
    saved_at = models.DateTimeField(_("saved"), auto_now=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("saved by"))

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")
        ordering = ["file_type", "name"]
        default_permissions = ()  # whoever may import a kind of files may keep mappings for it
        constraints = [
            models.UniqueConstraint(fields=["file_type", "name"], name="foundation_filemapping_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class RowState(models.TextChoices):
    """The outcome of a row."""

    NEW = "new", _("New")
    CHANGED = "changed", _("Changed")
    OLDER = "older", _("Older than the record")
    UNCHANGED = "unchanged", _("Unchanged")
    REFUSED = "refused", _("Refused")


class FileImportRow(models.Model):
    """One row of a preview; unchanged rows are counted and not kept, and new ones are read from the file again."""

    file_import = models.ForeignKey(FileImport, models.CASCADE, related_name="rows")
    file = models.CharField(max_length=30, blank=True, default="", db_default="")
    """The file of a package that has it."""
    line = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=RowState)
    label = models.TextField(blank=True)
    record = models.CharField(max_length=64, blank=True)
    """The primary key of the record that it would change."""
    details = models.JSONField(default=list)
    categories = ArrayField(models.SmallIntegerField(), default=list)
    """Indexes into the `categories` of the import."""

    class Meta:
        ordering = ["line", "pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["file_import", "state", "line"], name="foundation_fileimportrow_page")]

    def __str__(self) -> str:
        return f"{self.line}: {self.state}"
