"""Staged rows -> the record of each, and the cells in which the two differ.

`outcome(line, id, is_new, changed)` has the rows whose cells could be told apart, the view `checked` those that are new
or changed, and the view `valid_rows` those of them without a problem so far.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.utils.translation import gettext as _

from foundation.files.cells import nearest_in_words
from foundation.files.columns import Column, quoted
from foundation.files.importing.reading import FileProblem
from foundation.files.importing.staging import Step, Tell
from foundation.files.models import Phase
from foundation.files.resources import FileResource, ImportOptions
from foundation.sql import execute, rows

BATCH = 10_000
"""Number of rows compared per statement."""
MOST_SUGGESTED = 5_000
"""Number of keys of a file among which the nearest to an unknown one is looked for."""


def compare(resource: type[FileResource], present: list[Column], options: ImportOptions, tell: Tell) -> None:
    """Match each row with its record, and find the cells that differ.

    Those of rows that are older than their records go to `older` instead of `changed`, unless these are to be taken; as
    do those of terms that nobody chose to change.
    """
    _match(resource, *resource.skipped(options))
    _refuse_repeated(resource)
    _refuse_new_without(resource, present)
    for column in present:
        for statement in column.settled():
            execute(statement)
    if not options.only_new:
        _find_changes(resource, present, tell)
        if resource.told_at and not options.take_older:
            _set_older_aside(resource)
        if resource.adds_only and not options.take_older and options.overwrite is not None:
            _set_terms_aside(resource, options.overwrite, options.overwrite_rows)
    execute(
        "create temp view checked as select s.*, o.id, o.is_new, o.changed from staged s join outcome o using (line)"
        " where o.is_new or o.changed <> '{}'"
    )
    execute(
        "create temp view valid_rows as select * from checked s"
        " where not exists (select from problem p where p.line = s.line)"
    )


def _match(resource: type[FileResource], skipped: str, params: Sequence[Any]) -> None:
    table, pk = resource.table(), resource.pk()
    joins = " ".join(resource.fields[name].join() for name in resource.joined or resource.keys[0])
    first, *others = resource.matching()
    execute(
        f"create temp table outcome on commit drop as select s.line, r.{pk} as id, r.{pk} is null as is_new,"
        f" '{{}}'::text[] as changed, '{{}}'::text[] as older from staged s {joins} left join {table} r on {first}"
        " where not exists (select from problem p where p.line = s.line and p.column = '')"
        f"{f' and not ({skipped})' if skipped else ''}",
        params or None,
    )
    for condition in others:
        execute(
            f"update outcome o set id = r.{pk}, is_new = false from staged s {joins} join {table} r on {condition}"
            " where o.line = s.line and o.is_new"
        )
    resource.match_others()
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


def _set_older_aside(resource: type[FileResource]) -> None:
    execute(
        "update outcome o set changed = '{}', older = o.changed from staged s"
        f" join {resource.table()} r on r.{quoted(resource.told_at)} > s.told_at"
        f" where o.line = s.line and r.{resource.pk()} = o.id and not o.is_new and o.changed <> '{{}}'"
    )


def _set_terms_aside(resource: type[FileResource], keys: Collection[str], lines: Collection[int]) -> None:
    """Leave terms alone that are here, but for those chosen by their key, such as `PER:mininter`, or by row."""
    key_columns = ", ".join(f"nullif(s.{quoted(name)}, '')" for name in resource.keys[0])
    key = f"concat_ws(':', {key_columns})"
    if keys:
        _refuse_unknown(keys, {found for (found,) in rows(f"select {key} from staged s")})
    execute(
        "update outcome o set changed = '{}', older = o.changed from staged s"
        " where o.line = s.line and not o.is_new and o.changed <> '{}'"
        f" and o.line <> all (%s::integer[]) and {key} <> all (%s::text[])",
        [list(lines), list(keys)],
    )


def _refuse_unknown(keys: Collection[str], known: Collection[str]) -> None:
    """Raise FileProblem if a chosen key is none of the file."""
    if unknown := sorted(set(keys) - set(known)):
        raise FileProblem(
            _("The file has no record with one of the keys that it is to change: %(keys)s.")
            % {"keys": ", ".join(unknown)},
            nearest_in_words(unknown[0], sorted(known)[:MOST_SUGGESTED]),
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
