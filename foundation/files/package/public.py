"""What anybody may read, as the files of a package: their kinds, and the rows of each in the order of their keys.

`settings.PUBLIC_FILES` names the kinds. `objects.public()` of its model says which records are public, unless the whole
file is (`FileResource.is_whole`).
"""

from collections.abc import Generator

from django.conf import settings

from foundation.files.deltas import Table, csv_rows
from foundation.files.exporting import Selected, exported
from foundation.files.field_columns import NumberColumn
from foundation.files.package.describing import packaged
from foundation.files.resources import FileResource
from foundation.publication import public_ids


def public_kinds() -> dict[str, type[FileResource]]:
    """The kinds of files that have public rows, in loading order."""
    return {name: packaged()[name] for name in settings.PUBLIC_FILES}


def public_records(kind: type[FileResource]) -> Selected:
    """The public records of a kind, in the order of their keys."""
    which = "true" if kind.is_whole else f"r.{kind.pk()} in ({public_ids(kind.model())})"
    return Selected(f"select r.{kind.pk()} from {kind.table()} r where {which} order by {_order(kind)}")


def _order(kind: type[FileResource]) -> str:
    """An order that follows from the cells of the key alone, as readers of the file see them."""
    cells = ((kind.fields[name], kind.fields[name].written(public=True)) for name in kind.keys[0])
    return ", ".join(
        f"({cell})::bigint" if isinstance(column, NumberColumn) else f"coalesce({cell}, '') collate \"C\""
        for column, cell in cells
    )


def public_lines(kind: type[FileResource]) -> Generator[bytes]:
    """The file of the public records of a kind, line by line; a package has no columns that depend on the day."""
    return exported(kind, public_records(kind), public=True, with_local=False)


def public_table(kind: type[FileResource]) -> Table:
    """The public records of a kind, to compare with those of another time."""
    rows = csv_rows(public_lines(kind))
    numbers = frozenset(name for name in kind.keys[0] if isinstance(kind.fields[name], NumberColumn))
    return Table(kind.file(), next(rows, []), tuple(kind.keys[0]), numbers, rows)
