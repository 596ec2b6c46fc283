"""Write candidate rows into records; only rows and cells that differ.

New records come first: nobody else can wait for them. Existing records are locked last, and as briefly as possible.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from foundation.files.columns import Column, quoted
from foundation.files.field_columns import KeyColumn
from foundation.files.importing.reading import FileProblem
from foundation.files.resources import Computed, FileResource
from foundation.sql import execute, rows

BATCH = 5_000
"""New records that are written together, so that the database's memory does not grow with the file."""


def refuse_stale(resource: type[FileResource]) -> None:
    """Raise FileProblem if somebody has saved a record since it was compared."""
    if "record_version" not in resource.stored_fields():
        return
    table, pk = resource.table(), resource.pk()
    stale = rows(
        f"select d.line from candidate_rows d join outcome o using (line) join {table} r on r.{pk} = d.{pk}"
        " where not o.is_new and r.record_version <> d.record_version order by d.line limit 1"
    )
    if stale:
        raise FileProblem(
            _("Another person saved this record while the file was being checked."),
            _("Import the file again."),
            stale[0][0],
        )


def lock(resource: type[FileResource]) -> None:
    """Lock the records to be changed; raise FileProblem if one was saved since it was compared."""
    table, pk = resource.table(), resource.pk()
    execute(
        f"select from {table} r join candidate_rows d on d.{pk} = r.{pk} join outcome o using (line) where not o.is_new"
        f" order by r.{pk} for no key update of r"
    )
    refuse_stale(resource)


def save_new(
    resource: type[FileResource], present: list[Column], computed: Computed | None, tell: Callable[[int], None]
) -> None:
    """Insert new records and their composed cells, in batches; `tell` is called with the number written."""
    execute("create unique index on candidate_rows (line)")
    composed = [column for column in present if column.is_composed]
    names_own_rows = any(isinstance(column, KeyColumn) and column.is_own for column in present)
    done = 0
    for lines in _batches_of_new_lines():
        for column in composed:
            if column.comes_first:
                _save_composed(column, f"is_new and {lines}")
        done += _insert(resource, lines, computed)
        for column in composed:
            if not (column.comes_first or column.comes_last):
                _save_composed(column, f"is_new and {lines}")
        if not names_own_rows:
            ask_constraints()
        tell(done)
    for column in composed:
        if column.comes_last:
            _save_composed(column, "is_new")
    ask_constraints()


def save_changed(resource: type[FileResource], present: list[Column], by: Any) -> None:
    """Update existing records and their changed composed cells."""
    composed = [column for column in present if column.is_composed]
    for column in composed:
        if column.comes_first:
            _save_composed(column, "not is_new")
    _update(resource, present, by)
    for column in composed:
        if not column.comes_first:
            _save_composed(column, "not is_new")


def ask_constraints() -> None:
    """Check deferred constraints now rather than at commit."""
    execute("set constraints all immediate")
    execute("set constraints all deferred")


def _batches_of_new_lines() -> Iterator[str]:
    """SQL conditions on `line`, each for a batch of new rows, in file order."""
    ends = rows(
        "select min(line), max(line) from ("
        f"select line, (row_number() over (order by line) - 1) / {BATCH} as batch from outcome where is_new) x"
        " group by batch order by batch"
    )
    for first, last in ends:
        yield f"line between {first} and {last}"


def _insert(resource: type[FileResource], lines: str, computed: Computed | None) -> int:
    fields, names = resource.stored_fields(), computed.columns if computed else ()
    values = ", ".join(f"{'c' if name in names else 'd'}.{quoted(name)}" for name in fields)
    joined = (
        f"join ({computed.sql(f'(select * from candidate_rows where {lines})')}) c on c.id = d.id" if computed else ""
    )
    return execute(
        f"insert into {resource.table()} ({', '.join(map(quoted, fields))})"
        f" select {values} from candidate_rows d join outcome o using (line) {joined}"
        f" where o.is_new and {lines} order by line"
    )


def _update(resource: type[FileResource], present: list[Column], by: Any) -> None:
    """Update the records that differ from the file, with user and time."""
    pk, fields = resource.pk(), resource.stored_fields()
    stored = [found[0] for column in present if (found := column.stored())]
    keys = {resource.fields[name].db_column for name in resource.keys[0]}
    changes = {quoted(name): f"d.{quoted(name)}" for name in stored if name not in keys}
    changes |= {
        quoted(name): f"case when '{column.name}' <> all (o.changed) then r.{quoted(name)} end"
        for column in present
        for name in column.empties
    }
    bookkeeping = {"record_version": "r.record_version + 1", "updated_at": "now()", "updated_by_id": "%s"}
    changes |= {name: value for name, value in bookkeeping.items() if name in fields}
    if not changes:  # the file has only keys
        return
    execute(
        f"update {resource.table()} r set {', '.join(f'{name} = {value}' for name, value in changes.items())}"
        f" from candidate_rows d join outcome o using (line) where r.{pk} = d.{pk} and not o.is_new",
        [by.pk] if "updated_by_id" in fields else None,
    )


def _save_composed(column: Column, which: str) -> None:
    """Write the cells of a column in the rows that the condition `which` selects."""
    found = execute(
        "create temp table changed_rows on commit drop as"
        f" select line, id, is_new, {quoted(column.name)} as cell from checked s"
        f" where ((is_new and {quoted(column.name)} <> '') or '{column.name}' = any(changed)) and {which}"
    )
    if found:
        execute("analyze changed_rows")
        for statement in column.saved():
            execute(statement)
    execute("drop table changed_rows")
