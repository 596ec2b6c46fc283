"""Staged rows -> the record of each, and the cells in which the two differ.

`outcome(line, id, is_new, changed)` has the rows whose cells could be told apart, the view `checked` those that are new
or changed, and the view `valid_rows` those of them without a problem so far.
"""

from django.utils.translation import gettext as _

from foundation.files.columns import Column, quoted
from foundation.files.importing.staging import Step, Tell
from foundation.files.models import Phase
from foundation.files.resources import FileResource
from foundation.sql import execute, rows

BATCH = 10_000
"""Number of rows compared per statement."""


def compare(resource: type[FileResource], present: list[Column], *, tell: Tell, only_new: bool = False) -> None:
    """Match each row with its record, and find the cells that differ."""
    _match(resource)
    _refuse_repeated(resource)
    _refuse_new_without(resource, present)
    for column in present:
        for statement in column.settled():
            execute(statement)
    if not only_new:
        _find_changes(resource, present, tell)
    execute(
        "create temp view checked as select s.*, o.id, o.is_new, o.changed from staged s join outcome o using (line)"
        " where o.is_new or o.changed <> '{}'"
    )
    execute(
        "create temp view valid_rows as select * from checked s"
        " where not exists (select from problem p where p.line = s.line)"
    )


def _match(resource: type[FileResource]) -> None:
    table, pk = resource.table(), resource.pk()
    joins = " ".join(resource.fields[name].join() for name in resource.joined or resource.keys[0])
    first, *others = resource.matching()
    execute(
        f"create temp table outcome on commit drop as select s.line, r.{pk} as id, r.{pk} is null as is_new,"
        f" '{{}}'::text[] as changed from staged s {joins} left join {table} r on {first}"
        " where not exists (select from problem p where p.line = s.line and p.column = '')"
    )
    for condition in others:
        execute(
            f"update outcome o set id = r.{pk}, is_new = false from staged s {joins} join {table} r on {condition}"
            " where o.line = s.line and o.is_new"
        )
    new_id = f"nextval(pg_get_serial_sequence('{table}', '{pk}'))" if pk == "id" else pk
    execute(
        f"update outcome o set id = n.id from (select line, {new_id} as id from"
        " (select s.* from staged s join outcome using (line) where is_new order by line) s) n where n.line = o.line"
    )
    execute("create unique index on outcome (line)")
    execute("analyze outcome")


def _refuse_repeated(resource: type[FileResource]) -> None:
    """Refuse both of two rows for the same record, since it is unclear which is meant."""
    names = resource.keys[0]
    key = ", ".join(f"s.{quoted(name)}" for name in names)
    groups = (
        "select unnest(array_agg(s.line)) as line, string_agg(s.line::text, ', ' order by s.line) as lines"
        f" from staged s where concat({key}) <> '' group by {key} having count(*) > 1 union"
        " select unnest(array_agg(line)), string_agg(line::text, ', ' order by line) from outcome"
        " group by id having count(*) > 1"
    )
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select distinct on (line) g.line, %s, concat_ws(', ', {key}), replace(%s, '{{rows}}', g.lines), %s"
        f" from ({groups}) g join staged s using (line) order by line",
        [", ".join(names), _("The same record is in rows {rows}."), _("Keep only one of these rows.")],
    )


def _refuse_new_without(resource: type[FileResource], present: list[Column]) -> None:
    """Refuse new records if the file lacks a column without a default; such a file can only change records."""
    names = {column.name for column in present}
    for column in resource.imported():
        if column.is_required and column.name not in names:
            execute(
                "insert into problem select line, %s, '', %s, %s from outcome where is_new",
                [
                    column.name,
                    _("The record is new, and the file has no column %(column)s.") % {"column": column.name},
                    _("Add the column, or correct the key if the record exists."),
                ],
            )


def _find_changes(resource: type[FileResource], present: list[Column], tell: Tell) -> None:
    differences = ", ".join(
        f"case when {column.cell} <> ({column.written()}) collate \"C\" then '{column.name}' end" for column in present
    )
    total = rows("select coalesce(max(line), 0) from outcome")[0][0]
    for done in range(0, total, BATCH):
        tell(Step(Phase.COMPARING, done, total))
        execute(
            "update outcome o set changed = d.changed from ("
            f"select o.line, array_remove(array[{differences}], null) as changed from outcome o"
            f" join staged s using (line) join {resource.table()} r on r.{resource.pk()} = o.id"
            f" where not o.is_new and o.line > {done} and o.line <= {done + BATCH}"
            ") d where d.line = o.line and d.changed <> '{}'"
        )
