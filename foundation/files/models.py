"""A file that somebody wants to import, and what would become of its rows; kept until it is confirmed or forgotten.

`PrivateStorage` is where such files wait, and others that are never served from their folder; `settings.STORAGES` has
one for each purpose.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import models
from django.urls import reverse
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _

from foundation.records.history import refuses_changes


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


class ImportState(models.TextChoices):
    """The state of an upload; a waiting one is to be checked, or imported if it was confirmed."""

    WAITING = "waiting", _("Waiting")
    CHECKING = "checking", _("Being checked")
    READY = "ready", _("Checked")
    IMPORTING = "importing", _("Being imported")
    DONE = "done", _("Imported")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


UNDER_WAY = (ImportState.WAITING, ImportState.CHECKING, ImportState.IMPORTING)
AT_WORK = (ImportState.CHECKING, ImportState.IMPORTING)


RECORDED = (
    "file_type", "name", "publish", "created_at", "created_by_id", "applied_at", "applied_by_id", "confirmed_by_id",
    "new", "changed", "unchanged", "refused", "state",
)  # fmt: skip
"""Who imported what and when; immutable once the file is imported."""


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
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    """The progress of the phase: bytes while reading, rules while checking, otherwise rows."""

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
                condition=models.Q(state=ImportState.DONE, applied_at__isnull=False)
                | models.Q(state__in=[s.value for s in ImportState if s != ImportState.DONE], applied_at=None),
                name="foundation_fileimport_state",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:foundation_fileimport_change", args=[self.pk])


class RowState(models.TextChoices):
    """The outcome of a row."""

    NEW = "new", _("New")
    CHANGED = "changed", _("Changed")
    UNCHANGED = "unchanged", _("Unchanged")
    REFUSED = "refused", _("Refused")


class FileImportRow(models.Model):
    """One row of a preview; unchanged rows are counted and not kept."""

    file_import = models.ForeignKey(FileImport, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=10, choices=RowState)
    label = models.TextField(blank=True)
    details = models.JSONField(default=list)
    categories = ArrayField(models.SmallIntegerField(), default=list)
    """Indexes into the `categories` of the import."""

    class Meta:
        ordering = ["line", "pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["file_import", "state", "line"], name="foundation_fileimportrow_page")]

    def __str__(self) -> str:
        return f"{self.line}: {self.state}"
