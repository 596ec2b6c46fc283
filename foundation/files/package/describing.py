"""datapackage.json: what the files of a package are, as a Data Package of Frictionless.

It follows from the resources alone, and from what the files say, so that the same state gives the same bytes.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.text import capfirst

from foundation.files.columns import Column, ColumnKind
from foundation.files.field_columns import ChoiceColumn, KeyColumn, PartialDateColumn, TextColumn
from foundation.files.resources import FileResource, resources
from foundation.partial_dates import PeriodField
from foundation.sql import value

DESCRIPTION = "datapackage.json"
TYPES = {
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.WHOLE: "integer",
    ColumnKind.NUMBER: "number",
    ColumnKind.DAY: "date",
}
"""Of the cells of a column; others are texts."""
_DATE = "[0-9]{4}[?]?(-[0-9]{2}(-[0-9]{2})?)?[?]?"
_PERIOD = f"({_DATE})?(/({_DATE})?)?"


@cache
def packaged() -> dict[str, type[FileResource]]:
    """The kinds of files of a package, in loading order.

    `settings.PACKAGE_RESOURCES` names those that differ from the files by themselves.
    """
    own = {name: import_string(path) for name, path in settings.PACKAGE_RESOURCES.items()}
    return {name: own.get(name, resource) for name, resource in resources().items()}


def columns_of(resource: type[FileResource]) -> list[Column]:
    """The columns of a file of a package: those in which two installations agree."""
    return [column for column in resource.columns() if column.name not in resource.local]


def description() -> bytes:
    """The content of datapackage.json."""
    about: dict[str, Any] = import_string(settings.PACKAGE_ABOUT)()
    created = {"created": f"{day}T00:00:00Z"} if (day := _last_day()) else {}
    return description_of(packaged(), about | created)


def description_of(kinds: Mapping[str, type[FileResource]], about: Mapping[str, Any], *, public: bool = False) -> bytes:
    """The content of datapackage.json for files of these kinds; `public` leaves out references that a public file
    may not resolve.
    """
    with translation.override("en"):
        files = [_file(resource, kinds, public) for resource in kinds.values()]
    found = {"profile": "tabular-data-package", **about, "resources": files}
    return f"{json.dumps(found, indent=2, ensure_ascii=False)}\n".encode()


def _last_day() -> str:
    """The last day on which anything in the files was recorded; '' if they do not say."""
    tables = [resource.table() for resource in packaged().values() if "recorded_on" in resource.fields]
    days = " union all ".join(f"select max(recorded_on) as day from {table}" for table in tables)
    return str(value(f"select coalesce(max(day)::text, '') from ({days}) d")) if days else ""


def _file(resource: type[FileResource], kinds: Mapping[str, type[FileResource]], public: bool) -> dict[str, Any]:
    keys = list(resource.keys[0])
    columns = columns_of(resource)
    is_whole = all(_is_required(resource.fields[name]) for name in keys)
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in columns],
        "missingValues": [""],
        **({"primaryKey": keys} if is_whole else {"uniqueKeys": [keys]}),
    }
    linked = [column for column in columns if not (public and column.name in resource.unlisted)]
    if foreign := [key for column in linked if (key := _foreign_key(column, resource, kinds))]:
        schema["foreignKeys"] = foreign
    return {
        "profile": "tabular-data-resource",
        "name": resource.file(),
        "path": f"{resource.file()}.csv",
        "title": capfirst(str(resource.model()._meta.verbose_name_plural)),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(column: Column) -> dict[str, Any]:
    constraints = {"required": True} if _is_required(column) else {}
    return {
        "name": column.name,
        "title": capfirst(column.label),
        "type": TYPES.get(column.kind, "string"),
        **({"constraints": limits} if (limits := constraints | _limits(column)) else {}),
    }


def _is_required(column: Column) -> bool:
    """Whether no cell of an export is empty."""
    return column.field is not None and not (column.field.blank or column.field.null)


def _limits(column: Column) -> dict[str, Any]:
    if isinstance(column, ChoiceColumn):
        return {"enum": [value for value in column.values if value]}
    if isinstance(column, PartialDateColumn):
        return {"pattern": _PERIOD if isinstance(column.field, PeriodField) else _DATE}
    if isinstance(column, TextColumn) and column.field is not None and column.field.max_length:
        return {"maxLength": column.field.max_length}
    return {}


def _foreign_key(
    column: Column, resource: type[FileResource], kinds: Mapping[str, type[FileResource]]
) -> dict[str, Any] | None:
    """The reference of a cell that holds the whole key of a row of another file, or of this one."""
    if not isinstance(column, KeyColumn):
        return None
    for other in kinds.values():
        if other.model() is column.model and other.keys[0] == (column.key,):
            name = "" if other is resource else other.file()
            return {"fields": column.name, "reference": {"resource": name, "fields": column.key}}
    return None
