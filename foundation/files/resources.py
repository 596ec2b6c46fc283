"""What a kind of file is: its columns, how a row finds its record, what an import of it does beyond cells, and who may.

Whoever may add and change its records may import a file, whoever may see them export one. The library's settings
`IMPORT_EXPORT_IMPORT_PERMISSION_CODE` and `IMPORT_EXPORT_EXPORT_PERMISSION_CODE` name an action on the records, such as
`export`, whose permission is asked for beside ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.db import models
from django.db.models import QuerySet
from django.utils.module_loading import import_string
from import_export.resources import ModelResource

from foundation.files.columns import Column
from foundation.files.field_columns import column_for

# What a resource tells the import


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of an import, beside the file."""

    by: Any
    """The importing account, for history and permissions."""
    publish: bool = False
    """Whether its records become public."""
    state: str = ""
    """The workflow state of new records; '' for the initial one."""
    only_new: bool = False
    """Whether existing records stay unchanged, however they differ from the file."""
    keep_identifiers: bool = False
    """Whether new records keep identifiers that this installation has not assigned, as when a backup is restored."""
    untouched: frozenset[str] = frozenset()
    """Identifiers of records whose parts, in files of parts, stay unchanged."""
    skip_refused: bool = False
    """Whether the other rows are imported if some are refused."""
    take_older: bool = False
    """Whether rows that are older than their records are imported."""
    overwrite: frozenset[str] | None = None
    """Keys of the terms that a file of vocabulary may change; None for all (see `FileResource.adds_only`)."""
    overwrite_rows: frozenset[int] = frozenset()
    """The same, by the numbers of rows."""
    name: str = ""
    """The name of the file, for the history."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows that may not be imported: SQL of (line, value), the column to name, and the words."""

    column: str
    sql: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Computed:
    """Columns of a new record that follow from rows already written: SQL of (id, columns) from a table of records."""

    sql: Callable[[str], str]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FromRow:
    """A value of a column of a new record: SQL of the staged row `s`, and its parameters."""

    sql: str
    params: tuple[Any, ...] = ()


class PublicNames(Protocol):
    """The names by which the public finds records of a kind. Those that compare equal are noted once."""

    def note(self) -> None:
        """Note the names that are public, before anything is taken back."""

    def withdraw(self) -> None:
        """Let the names that were noted and are not public now say so, in the same transaction."""


# What a resource is


class FileResource(ModelResource):
    """A kind of file. `Meta.fields` lists its columns in order; the type of a field decides how cells are parsed."""

    keys: tuple[tuple[str, ...], ...]
    """The columns that identify a record; of several alternatives, a file must have at least one."""
    joined: tuple[str, ...] = ()
    """The columns whose joins `matching` needs, if they are not those of the first key."""
    names: tuple[str, ...] = ()
    """The columns that label a row for people, beside its key."""
    needs: dict[str, str] = {}
    """Columns whose cells can only be parsed together with another column's."""
    local: tuple[str, ...] = ()
    """Read-only columns that differ between installations or days, or follow from others: a file to keep has none."""
    is_public = "true"
    """SQL condition: the record `r` is public."""
    is_whole = False
    """Whether all its records are public, or those of which the rows say nothing else."""
    unlisted: tuple[str, ...] = ()
    """Columns of keys that may name records of which a public file has no row."""
    is_reviewed = False
    """Whether its records have a workflow of their own, so that an import by an analyst makes nothing public."""
    companions: tuple[str, ...] = ()
    """Files without which a package with this one is incomplete."""
    told_at = ""
    """The read-only column that says when a record was last changed; a row with an earlier time is older."""
    adds_only = False
    """Whether it is vocabulary, whose files add terms, and change those that are here only if somebody chooses so."""
    is_of_parts = False
    """Whether its rows are parts of the records of another file; it is listed after the others."""

    # Guesses about tables with other columns, each by the key of a target (see `targets.py`)

    common_names: dict[str, tuple[str, ...]] = {}
    """What people call a column, beside its name and label."""
    by_cells: dict[str, str] = {}
    """Targets of columns of unknown name whose cells are `address`es, `date`s or `prose`."""
    first_sentences: dict[str, str] = {}
    """Texts that a record may take from the first sentence of another one, if the table has none: `title: summary`."""
    constants: dict[str, str] = {}
    """What a row may be taken to say if the table has no such column."""
    meanings: dict[str, Any] = {}
    """What columns mean for which no field of the form says it."""
    examples: dict[str, str] = {}
    """Cells of the example row of a template, where the types of the columns give no good ones."""

    @classmethod
    def field_from_django_field(cls, field_name: str, django_field: models.Field, readonly: bool) -> Column:
        """Our columns instead of the library's widgets, which change or drop values."""
        return column_for(django_field, readonly=readonly)

    @classmethod
    def file(cls) -> str:
        """The name of the file without `.csv`, such as `measures`."""
        return str(cls._meta.name)

    @classmethod
    def model(cls) -> type[models.Model]:
        """The model of a row."""
        model: type[models.Model] = cls._meta.model
        return model

    @classmethod
    def table(cls) -> str:
        """The table of the records."""
        return str(cls.model()._meta.db_table)

    @classmethod
    def pk(cls) -> str:
        """The primary key column, by which records are joined."""
        return str(cls.model()._meta.pk.column)

    @classmethod
    def stored_fields(cls) -> dict[str, models.Field]:
        """The columns of the table that can be written, with their fields."""
        fields = cls.model()._meta.concrete_fields
        return {str(field.column): field for field in fields if not isinstance(field, models.GeneratedField)}

    @classmethod
    def columns(cls) -> list[Column]:
        """All columns in file order."""
        return [cls.fields[name] for name in cls._meta.fields]

    @classmethod
    def readable_by(cls, user: Any, records: QuerySet[Any]) -> QuerySet[Any]:
        """Those of `records`, which are of the teams of `user` or public, that name nothing which they may not read."""
        return records

    @classmethod
    def imported(cls) -> list[Column]:
        """The columns that an import reads."""
        return [column for column in cls.columns() if not column.readonly]

    @classmethod
    def matching(cls) -> list[str]:
        """SQL conditions that match the record `r` with the staged row `s`, one for each of `keys`."""
        return [" and ".join(cls.fields[name].matches() for name in names) for names in cls.keys]

    @classmethod
    def match_others(cls) -> None:
        """Match rows of `outcome` that are new so far with records in other ways, or refuse them."""

    @classmethod
    def order(cls) -> str:
        """The order of an export, the same in every installation."""
        return ", ".join(f'{cls.fields[name].written()} collate "C"' for name in cls.keys[0])

    # What an import does beyond cells

    @classmethod
    def skipped(cls, options: ImportOptions) -> tuple[str, Sequence[Any]]:
        """SQL condition on a staged row `s` that the import ignores, and its parameters; '' for none."""
        return "", ()

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """The rules that refuse rows for reasons beyond their own cells."""
        return []

    @classmethod
    def values_of_new(cls, options: ImportOptions) -> dict[str, Any]:
        """Values for columns of new records that no cell fills, the same for each record or a FromRow.

        Raise PermissionDenied if the user lacks a permission.

        Called in the transaction of the import.
        """
        return {}

    @classmethod
    def computed(cls) -> Computed | None:
        """Columns of new records that follow from other rows of the file."""
        return None

    @classmethod
    def number_new(cls, *, within: bool) -> None:
        """Give identifiers to the new rows of `candidate_rows`; `within` a transaction that was open before."""

    @classmethod
    def before_writing(cls) -> None:
        """Called before the first row, in the transaction that writes."""

    @classmethod
    def after_writing(cls, options: ImportOptions) -> int:
        """Called after the last row, in the same transaction; return how many records became public."""
        return 0

    @classmethod
    def lacking_in_package(cls, context: UUID) -> str:
        """What the records that a package added lack after all of its files, in words; '' if nothing.

        `context` is that of the history.
        """
        return ""

    # What undoing an import does beyond rows

    @classmethod
    def withdraws(cls) -> Sequence[PublicNames]:
        """The public names that undoing an import may take from the public, also those of other records."""
        return ()


@cache
def resources() -> dict[str, type[FileResource]]:
    """All kinds of files by name, in loading order: what is referred to comes before what refers to it.

    `settings.FILE_RESOURCES` lists them.
    """
    return {resource.file(): resource for resource in map(import_string, settings.FILE_RESOURCES)}


# Whose files somebody may import and export


def may_import(user: Any, resource: type[FileResource]) -> bool:
    """Whether somebody may import files, and add and change such records."""
    code = getattr(settings, "IMPORT_EXPORT_IMPORT_PERMISSION_CODE", None)
    return bool(user.has_perm(settings.IMPORT_PERMISSION)) and _may(user, resource, "add", "change", code)


def may_export(user: Any, resource: type[FileResource]) -> bool:
    """Whether a user may view such records."""
    return _may(user, resource, "view", getattr(settings, "IMPORT_EXPORT_EXPORT_PERMISSION_CODE", None))


def _may(user: Any, resource: type[FileResource], *actions: str | None) -> bool:
    options = resource.model()._meta
    names = (get_permission_codename(action, options) for action in actions if action)
    return all(user.has_perm(f"{options.app_label}.{name}") for name in names)


def importable(user: Any) -> list[tuple[str, str]]:
    """The kinds of files that a user may import, with their labels."""
    return [
        (name, f"{resource.model()._meta.verbose_name_plural} ({name}.csv)".capitalize())
        for name, resource in _as_listed()
        if may_import(user, resource)
    ]


def exportable(user: Any) -> list[tuple[str, str]]:
    """The kinds of files that a user may export, with their labels."""
    return [
        (name, str(resource.model()._meta.verbose_name_plural).capitalize())
        for name, resource in _as_listed()
        if may_export(user, resource)
    ]


def _as_listed() -> list[tuple[str, type[FileResource]]]:
    """The kinds of files as people look for them: records, then what these refer to, then parts of records."""
    from_the_last = list(resources().items())[::-1]
    return sorted(from_the_last, key=lambda item: item[1].is_of_parts)
