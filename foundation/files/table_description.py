"""What a CSV file is, as CSV on the Web (CSVW) of the W3C has it: a JSON document beside the file."""

from typing import Any

from django.utils.translation import get_language

from foundation.files.column_list import meaning
from foundation.files.columns import Column, ColumnKind
from foundation.files.exporting import columns_of_file
from foundation.files.resources import FileResource

MEDIA_TYPE = "application/csvm+json"
DATATYPES = {
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.WHOLE: "integer",
    ColumnKind.NUMBER: "decimal",
    ColumnKind.DAY: "date",
}
"""Of a cell, or of the items of a list; others are texts."""


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
    if column.kind is ColumnKind.LIST:
        described["separator"] = "|"
    return {**described, "datatype": DATATYPES.get(column.kind, "string")}
