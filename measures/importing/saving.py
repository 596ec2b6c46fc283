"""Drafted rows -> records; only rows and cells that differ are written."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from countries.columns import Column, quoted
from countries.resources import FileResource
from measures.importing.reading import FileProblem
from measures.importing.staging import execute, rows


@dataclass(frozen=True, slots=True)
class Computed:
    """Columns of a new record that follow from rows already written: SQL of (id, columns) over `drafted`."""

    sql: str
    columns: tuple[str, ...]


def lock(resource: type[FileResource]) -> None:
    """Hold the records that will be changed; raise where somebody has saved one since it was compared."""
    if "record_version" not in resource.stored_fields():
        return
    table, pk = resource.table(), resource.pk()
    execute(f"select from {table} r join drafted d on d.{pk} = r.{pk} order by r.{pk} for update of r")
    stale = rows(
        f"select d.line from drafted d join {table} r on r.{pk} = d.{pk}"
        " where r.record_version <> d.record_version order by d.line limit 1"
    )
    if stale:
        raise FileProblem(
            _("Somebody saved this record while the file was being checked."), _("Import the file again."), stale[0][0]
        )


def save(resource: type[FileResource], present: list[Column], by: Any, computed: Computed | None = None) -> None:
    """Write new records, changed records, and the changed cells that stand for rows of other tables."""
    composed = [column for column in present if column.is_composed]
    for column in composed:
        if column.comes_first:
            _save_composed(column)
    _insert(resource, computed)
    _update(resource, present, by)
    for column in composed:
        if not column.comes_first:
            _save_composed(column)


def _insert(resource: type[FileResource], computed: Computed | None) -> None:
    fields, names = resource.stored_fields(), computed.columns if computed else ()
    values = ", ".join(f"{'c' if name in names else 'd'}.{quoted(name)}" for name in fields)
    joined = f"join ({computed.sql}) c on c.id = d.id" if computed else ""
    execute(
        f"insert into {resource.table()} ({', '.join(map(quoted, fields))})"
        f" select {values} from drafted d join outcome o using (line) {joined} where o.is_new order by line"
    )


def _update(resource: type[FileResource], present: list[Column], by: Any) -> None:
    """Write the cells of the file, and who and when, to the records that differ."""
    pk, fields = resource.pk(), resource.stored_fields()
    stored = [found[0] for column in present if (found := column.stored())]
    keys = {resource.fields[name].db_column for name in resource.keys[0]}
    changes = {quoted(name): f"d.{quoted(name)}" for name in stored if name not in keys}
    bookkeeping = {"record_version": "r.record_version + 1", "updated_at": "now()", "updated_by_id": "%s"}
    changes |= {name: value for name, value in bookkeeping.items() if name in fields}
    execute(
        f"update {resource.table()} r set {', '.join(f'{name} = {value}' for name, value in changes.items())}"
        f" from drafted d join outcome o using (line) where r.{pk} = d.{pk} and not o.is_new",
        [by.pk] if "updated_by_id" in fields else None,
    )


def _save_composed(column: Column) -> None:
    execute(
        "create temp table touched on commit drop as"
        f" select line, id, is_new, {quoted(column.name)} as cell from checked s"
        f" where (is_new and {quoted(column.name)} <> '') or '{column.name}' = any(changed)"
    )
    execute("analyze touched")
    for statement in column.saved():
        execute(statement)
    execute("drop table touched")
