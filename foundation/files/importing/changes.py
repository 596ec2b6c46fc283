"""What an import would change, row by row: each cell of a record before and after, and new rows whole."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from foundation.files.columns import quoted
from foundation.files.importing.pipeline import Import
from foundation.files.models import RowState
from foundation.sql import rows

HEADER = ("row", "outcome", "record", "column", "before", "after")


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row with its outcome, what people know its record by, and the name, former and new text of each cell."""

    row: int
    state: RowState
    label: str
    cells: list[tuple[str, str, str]]

    @property
    def is_new(self) -> bool:
        """Whether the record is new."""
        return self.state == RowState.NEW


def changes(found: Import, *, most: int | None = None, only_changed: bool = False) -> Iterator[RowChange]:
    """Yield the rows that change something, or would if they were not older, in file order; `most` is their number.

    With `only_changed`, those that change a record. Call this inside the import's transaction.
    """
    which = "not o.is_new and o.changed <> '{}'" if only_changed else "(o.is_new or o.changed || o.older <> '{}')"
    resource, present = found.resource, found.table.present
    cells = " || ".join(
        f"case when '{column.name}' = any (o.changed || o.older) or (o.is_new and {column.cell} <> '')"
        f" then jsonb_build_array(jsonb_build_array('{column.name}', case when o.is_new then '' else"
        f" {column.written()} end, {column.cell})) else '[]'::jsonb end"
        for column in present
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"select s.line, case when o.is_new then 'new' when o.older <> '{{}}' then 'older' else 'changed' end,"
            f" case when o.is_new then {label(found)} else {label_of_record(found)} end, {cells}"
            f" from staged s join outcome o using (line) left join {resource.table()} r on r.{resource.pk()} = o.id"
            f" where {which} and not exists"
            f" (select from problem p where p.line = s.line) order by s.line limit {most or 'all'}"
        )
        for line, state, words, changed in cursor:
            yield RowChange(line, RowState(state), words, [tuple(cell) for cell in json.loads(changed)])


def write_changes(found: Import, path: Path) -> None:
    """Write every changed cell to a CSV file in UTF-8, with a byte order mark for spreadsheet programs."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for change in changes(found):
            writer.writerows((change.row, change.state.value, change.label, *cell) for cell in change.cells)


def differences(found: Import, names: str) -> str:
    """SQL of name, present and new cell of each of the columns `names`."""
    return " || ".join(
        f"case when '{column.name}' = any ({names})"
        f" then jsonb_build_array(jsonb_build_array('{column.name}', {column.written()}, {column.cell}))"
        " else '[]'::jsonb end"
        for column in found.table.present
    )


def digest_of_changes(found: Import) -> str:
    """A digest of every cell that changes, with the record that it is of and its text before and after."""
    digest = rows(
        f"select md5(string_agg(md5(({label_of_record(found)}) || ({differences(found, 'o.changed')})::text), ''"
        f" order by o.line)) from staged s join outcome o using (line)"
        f" join {found.resource.table()} r on r.{found.resource.pk()} = o.id where not o.is_new and o.changed <> '{{}}'"
    )[0][0]
    return digest or ""


def label_of_record(found: Import) -> str:
    """SQL of what people know the record `r` by, as it is now."""
    fields = found.resource.fields
    keys = ", ".join(f"nullif({fields[name].written()}, '')" for name in found.resource.keys[0])
    names = ", ".join(f"nullif({fields[name].written()}, '')" for name in found.resource.names)
    return f"concat_ws(' · ', {keys}{f', coalesce({names})' if names else ''})"


def label(found: Import) -> str:
    """SQL of what people know a row by: its key, and the first of its names."""
    keys = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in found.resource.keys[0])
    names = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in found.resource.names)
    return f"concat_ws(' · ', {keys}{f', coalesce({names})' if names else ''})"
