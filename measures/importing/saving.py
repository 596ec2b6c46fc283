"""Drafted rows -> records; only rows and cells that differ are written."""

from django.db import models
from django.utils.translation import gettext as _

from countries.columns import Column, quoted
from countries.resources import FileResource
from measures.importing.reading import FileProblem
from measures.importing.staging import execute, rows


def lock(resource: type[FileResource]) -> None:
    """Hold the records that will be changed; raise where somebody has saved one since it was compared."""
    model = resource.model()
    if not _has(model, "record_version"):
        return
    table, pk = model._meta.db_table, model._meta.pk.column
    execute(f"select from {table} r join drafted d on d.{pk} = r.{pk} order by r.{pk} for update of r")
    stale = rows(
        f"select d.line from drafted d join {table} r on r.{pk} = d.{pk}"
        " where r.record_version <> d.record_version order by d.line limit 1"
    )
    if stale:
        raise FileProblem(
            _("Somebody saved this record while the file was being checked."), _("Import the file again."), stale[0][0]
        )


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.fields)


def save(resource: type[FileResource], present: list[Column], by: object) -> None:
    """Write new records, changed records, and the changed cells that stand for rows of other tables."""
    model = resource.model()
    table, pk = model._meta.db_table, model._meta.pk.column
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.GeneratedField)]
    columns = ", ".join(quoted(field.column) for field in fields)
    execute(
        f"insert into {table} ({columns}) select {columns} from drafted d"
        f" where exists (select from outcome o where o.line = d.line and o.is_new) order by line"
    )
    _update(resource, present, by, table, pk)
    for column in present:
        if column.is_composed:
            _save_composed(column)


def _update(resource: type[FileResource], present: list[Column], by: object, table: str, pk: str) -> None:
    model = resource.model()
    stored = [found[0] for column in present if (found := column.stored()) and found[0] != pk]
    changes = [f"{quoted(name)} = d.{quoted(name)}" for name in stored if name != "public_id"]
    params = []
    if _has(model, "record_version"):
        changes.append("record_version = r.record_version + 1")
    if _has(model, "updated_at"):
        changes.append("updated_at = now()")
    if _has(model, "updated_by"):
        changes.append("updated_by_id = %s")
        params.append(getattr(by, "pk", None))
    execute(
        f"update {table} r set {', '.join(changes)} from drafted d join outcome o using (line)"
        f" where r.{pk} = d.{pk} and not o.is_new",
        params,
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
