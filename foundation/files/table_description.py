"""What a CSV file is, as CSV on the Web (CSVW) of the W3C has it: a JSON document beside the file."""

from typing import Any

from django.db import models
from django.utils.translation import get_language

from foundation.files.column_list import meaning
from foundation.files.columns import BooleanColumn, Column, DayColumn, ListColumn, NumberColumn
from foundation.files.exporting import columns_of_file
from foundation.files.resources import FileResource

MEDIA_TYPE = "application/csvm+json"


def table_description(
    resource: type[FileResource], url: str, *, labels: str = "", with_local: bool = True, **terms: Any
) -> dict[str, Any]:
    """The description of the file at `url`; `terms` are those of Dublin Core, such as `title` and `license`."""
    columns = columns_of_file(resource, with_local=with_local, labels=labels)
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": get_language() or "en"}],
        "url": url,
        **{f"dc:{term}": text for term, text in terms.items() if text},
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\n"]},
        "tableSchema": {
            "columns": [_column(column, resource) for column in columns],
            **({"primaryKey": keys[0]} if len(keys := resource.keys[0]) == 1 else {"primaryKey": list(keys)}),
        },
    }


def _column(column: Column, resource: type[FileResource]) -> dict[str, Any]:
    described = {"name": column.name, "titles": column.name, "dc:description": meaning(column, resource)}
    if isinstance(column, ListColumn):
        described["separator"] = "|"
    return {**described, "datatype": _datatype(column)}


def _datatype(column: Column) -> str:
    if isinstance(column, BooleanColumn):
        return "boolean"
    if isinstance(column, DayColumn):
        return "date"
    if isinstance(column, NumberColumn):
        return "integer" if isinstance(column.field, models.IntegerField) else "decimal"
    return "string"
