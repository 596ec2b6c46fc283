"""Records as JSON: the cells of the public CSV file with types, under the names of its columns."""

import csv
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from foundation.files.column_list import meaning
from foundation.files.columns import Column, ColumnKind
from foundation.files.exporting import Records, columns_of_file, exported
from foundation.files.resources import FileResource
from foundation.texts import LANGUAGES, nearest
from measures.listing.filters import Problem

LABELS, FIELDS = "labels", "fields"


@dataclass(frozen=True, slots=True)
class Type:
    """A type of values in JSON: what reads a cell, the field that describes it, and what an empty cell is."""

    read: Callable[[str], Any]
    field: Callable[..., serializers.Field]
    empty: Any = None


def _list_field(**options: Any) -> serializers.Field:
    return serializers.ListField(child=serializers.CharField(), **(options | {"allow_null": False}))


TYPES = {
    ColumnKind.TEXT: Type(str, serializers.CharField),
    ColumnKind.LIST: Type(lambda text: text.split("|"), _list_field, empty=()),
    ColumnKind.BOOLEAN: Type(lambda text: text == "true", serializers.BooleanField),
    ColumnKind.WHOLE: Type(int, serializers.IntegerField),
    ColumnKind.NUMBER: Type(float, serializers.FloatField),
    ColumnKind.DAY: Type(str, serializers.DateField),
}


class Form:
    """Which columns of a kind of record are asked for, and in which language what they mean stands beside them."""

    def __init__(self, resource: type[FileResource], fields: str = "", labels: str = "") -> None:
        self.resource, self._asked, self._labels = resource, [f for f in fields.split(",") if f], labels

    @cached_property
    def _columns(self) -> list[Column]:
        labels = self._labels if self._labels in LANGUAGES else ""
        return columns_of_file(self.resource, labels=labels)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the two parameters."""
        found = []
        if self._labels and self._labels not in LANGUAGES:
            found.append(Problem(LABELS, _("Write one of: %(values)s.") % {"values": ", ".join(LANGUAGES)}))
        names = [column.name for column in self._columns]
        for name in self._asked:
            if name not in names:
                message = _("There is no field “%(name)s”.") % {"name": name}
                near = nearest(name, names)
                hint = _("Did you mean “%(value)s”?") % {"value": near} if near else ""
                found.append(Problem(FIELDS, f"{message} {hint}".strip()))
        return found

    def records(self, ids: Records) -> list[dict[str, Any]]:
        """The public records with these ids, in their order; of an earlier day where that is read."""
        wanted = {column.name for column in columns_of_file(self.resource, labels=self._labels, only=self._asked)}
        key = self.resource.columns()[0].name  # which is never empty: a row of one empty cell would be a blank line
        read: dict[str, Any] = {"labels": self._labels, "only": [*self._asked, key] if self._asked else ()}
        types = [(column.name, TYPES[column.kind]) for column in columns_of_file(self.resource, **read)]
        rows = csv.reader(line.decode() for line in exported(self.resource, ids, public=True, **read))
        next(rows)
        return [_record(types, wanted, row) for row in rows]


def _record(types: Sequence[tuple[str, Type]], wanted: Collection[str], row: Sequence[str]) -> dict[str, Any]:
    """The wanted cells of a row as JSON."""
    return {
        name: type_.read(cell) if cell else type_.empty
        for (name, type_), cell in zip(types, row, strict=True)
        if name in wanted
    }


def serializer_of(resource: type[FileResource], name: str) -> type[serializers.Serializer]:
    """What describes a record, for the schema; no field is required, since `fields` chooses some."""
    described = {
        column.name: TYPES[column.kind].field(help_text=meaning(column, resource), required=False, allow_null=True)
        for column in resource.columns()
    }
    return type(f"{name}Serializer", (serializers.Serializer,), described)
