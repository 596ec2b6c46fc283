"""Staged rows -> what would become of each: new, changed (which cells), unchanged, or refused (why).

`outcome(line, id, is_new, changed)` has the rows whose cells could be told apart, the view `checked` those that are new
or changed, and the view `sound` those of them without a problem so far.
The rules of a table are not written down a second time: the database tells its own checks and unique indexes, and they
are asked of the rows that would be written, in `drafted`, which has the columns of the table.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext as _

from countries.columns import Column, quoted
from countries.resources import FileResource
from measures.importing.records import Rule
from measures.importing.staging import VALUE_LENGTH, execute, rows

SUGGESTIONS = 300
"""Unknown values of a column for which the nearest known one is looked up."""


def compare(resource: type[FileResource], present: list[Column]) -> None:
    """Find the record of each row, and the cells in which the two differ."""
    _match(resource)
    _refuse_repeated(resource)
    _refuse_new_without(resource, present)
    for column in present:
        for statement in column.settled():
            execute(statement)
    _find_changes(resource, present)
    execute(
        "create temp view checked as select s.*, o.id, o.is_new, o.changed from staged s join outcome o using (line)"
        " where o.is_new or o.changed <> '{}'"
    )
    execute(
        "create temp view sound as select * from checked s where not exists (select from problem p where p.line = s.line)"
    )


def _table(resource: type[FileResource]) -> str:
    return str(resource.model()._meta.db_table)


def _pk(resource: type[FileResource]) -> str:
    return str(resource.model()._meta.pk.column)


def _match(resource: type[FileResource]) -> None:
    table, pk = _table(resource), _pk(resource)
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
    """Two rows for one record: both are refused, since nobody knows which one is meant."""
    names = resource.keys[0]
    key = ", ".join(f"s.{quoted(name)}" for name in names)
    groups = (
        f"select unnest(array_agg(s.line)) as line, string_agg(s.line::text, ', ' order by s.line) as lines from staged s"
        f" where concat({key}) <> '' group by {key} having count(*) > 1 union"
        " select unnest(array_agg(line)), string_agg(line::text, ', ' order by line) from outcome"
        " group by id having count(*) > 1"
    )
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select distinct on (line) g.line, %s, concat_ws(', ', {key}), replace(%s, '{{rows}}', g.lines), %s"
        f" from ({groups}) g join staged s using (line) order by line",
        [", ".join(names), _("The same record stands in rows {rows}."), _("Keep one of the rows.")],
    )


def _refuse_new_without(resource: type[FileResource], present: list[Column]) -> None:
    """A file with some of the columns can change records; a new record needs all that have no default."""
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


def _find_changes(resource: type[FileResource], present: list[Column]) -> None:
    differences = ", ".join(
        f"case when {column.cell} <> ({column.written()}) collate \"C\" then '{column.name}' end" for column in present
    )
    execute(
        f"update outcome o set changed = d.changed from (select o.line, array_remove(array[{differences}], null) as changed"
        f" from outcome o join staged s using (line) join {_table(resource)} r on r.{_pk(resource)} = o.id"
        " where not o.is_new) d where d.line = o.line and d.changed <> '{}'"
    )


def check(resource: type[FileResource], present: list[Column], given: dict[str, Any], rules: list[Rule]) -> None:
    """Put down every reason for which a row that would be written cannot be."""
    for column in present:
        _refuse_unknown(column)
        for sql, remedy in column.refused():
            _refuse(Rule(column.name, sql, _("The cell breaks a rule."), remedy))
        if found := column.row_check():
            _refuse_by(column, *found)
    for rule in rules:
        _refuse(rule)
    draft(resource, present, given)
    _ask_checks(resource)
    _ask_unique_indexes(resource)


def _refuse(rule: Rule) -> None:
    """Put down the rows that a rule finds; a cell that was refused already is not refused once more."""
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select f.line, %s, left(f.value, {VALUE_LENGTH}), %s, %s from ({rule.sql}) f(line, value)"
        ' where not exists (select from problem p where p.line = f.line and p."column" = %s)',
        [rule.column, rule.problem, rule.remedy, rule.column],
    )


def _refuse_unknown(column: Column) -> None:
    sql = column.unknown()
    if not sql:
        return
    values = [row[0] for row in rows(f"select distinct value from ({sql}) u(line, value) limit {SUGGESTIONS}")]
    if not values:
        return
    known = column.known()
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select u.line, %s, left(u.value, {VALUE_LENGTH}), replace(%s, '{{value}}', left(u.value, 80)),"
        f" coalesce(n.remedy, %s) from ({sql}) u(line, value)"
        " left join unnest(%s::text[], %s::text[]) n(value, remedy) on n.value = u.value",
        [
            column.name,
            _("“{value}” is unknown."),
            _("Look it up in the vocabulary; an import adds no word to it."),
            values,
            [column.remedy(value, known) for value in values],
        ],
    )


def _refuse_by(column: Column, sql: str, judge: Callable[..., str]) -> None:
    """Ask a function of Python about each row, some thousands at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        found = ((line, value, judge(value, *others)) for line, value, *others in cursor)
        problems = ((line, value, remedy) for line, value, remedy in found if remedy)
        while batch := list(islice(problems, 1000)):
            lines, values, remedies = zip(*batch, strict=True)
            execute(
                "insert into problem select u.line, %s, left(u.value, 200), %s, u.remedy"
                " from unnest(%s::integer[], %s::text[], %s::text[]) u(line, value, remedy)",
                [column.name, _("The cell breaks a rule."), list(lines), list(values), list(remedies)],
            )


def draft(resource: type[FileResource], present: list[Column], given: dict[str, Any]) -> None:
    """Fill `drafted` with each row that would be written as it would stand in the table of the records."""
    table, model = _table(resource), resource.model()
    execute(f"create temp table drafted (like {table} including generated, line integer) on commit drop")
    for name in _generated(model) - {name for columns in _checks(table).values() for name in columns[1]}:
        execute(f"alter table drafted drop column {quoted(name)}")
    stored = dict(found for column in present if (found := column.stored()))
    for column in resource.columns():
        if column.field and not column.is_required and not column.is_composed and column.field.unique:
            execute(f"alter table drafted alter {quoted(column.db_column)} drop not null")
    values, params = [], []
    for field in _stored_fields(model):
        kept = f"r.{quoted(field.column)}"
        if field.column in stored:
            values.append(stored[field.column])
        elif field.primary_key:
            values.append("s.id")
        elif field.unique:  # no default fits two records; what is given later is null until then
            values.append(kept)
        elif getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            values.append(f"coalesce({kept}, now())")
        else:
            values.append(f"coalesce({kept}, %s)")
            params.append(given.get(field.name, field.get_db_prep_save(field.get_default(), connection)))
    columns = ", ".join(quoted(field.column) for field in _stored_fields(model))
    joins = " ".join(column.join() for column in present)
    execute(
        f"insert into drafted ({columns}, line) select {', '.join(values)}, s.line from sound s"
        f" left join {table} r on r.{_pk(resource)} = s.id {joins}",
        params,
    )
    execute("analyze drafted")


def _stored_fields(model: type[models.Model]) -> list[models.Field]:
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.GeneratedField)]


def _generated(model: type[models.Model]) -> set[str]:
    return {field.column for field in model._meta.concrete_fields if isinstance(field, models.GeneratedField)}


def _checks(table: str) -> dict[str, tuple[str, list[str]]]:
    """The check constraints of a table as the database has them: name -> expression, columns in order."""
    found = rows(
        "select c.conname, pg_get_expr(c.conbin, c.conrelid), array(select a.attname::text"
        " from unnest(c.conkey) with ordinality k(number, place)"
        " join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number order by k.place)"
        " from pg_constraint c where c.conrelid = %s::regclass and c.contype = 'c' order by c.conname",
        [table],
    )
    return {name: (_literal(expression), columns) for name, expression, columns in found}


def _literal(sql: str) -> str:
    """SQL of the database's own for a statement that has parameters."""
    return sql.replace("%", "%%")


def _messages(model: type[models.Model]) -> dict[str, str]:
    return {
        constraint.name: str(constraint.get_violation_error_message()) % {"name": constraint.name}
        for constraint in model._meta.constraints
    }


def _ask_checks(resource: type[FileResource]) -> None:
    checks = _checks(_table(resource))
    if not checks:
        return
    messages, by_db_column = _messages(resource.model()), _names_by_db_column(resource)
    broken = ", ".join(f"case when not ({expression}) then '{name}' end" for name, (expression, _c) in checks.items())
    columns = ["|".join(_by_name(rule, by_db_column, found)) for rule, (_e, found) in checks.items()]
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select b.line, c.name, left(to_jsonb(s) ->> c.name, {VALUE_LENGTH}), %s, m.remedy"
        f" from (select line, unnest(array_remove(array[{broken}], null)) as rule from drafted) b"
        " join unnest(%s::text[], %s::text[], %s::text[]) m(rule, names, remedy) using (rule)"
        " join staged s using (line) cross join lateral ("
        "select name from unnest(string_to_array(m.names, '|')) with ordinality n(name, place)"
        " order by coalesce(to_jsonb(s) ->> name, '') = '', place limit 1) c",
        [_("The row breaks a rule."), list(checks), columns, [messages.get(name, name) for name in checks]],
    )


def _by_name(rule: str, by_db_column: dict[str, str], columns: list[str]) -> list[str]:
    """The cells that a rule is about: those that its name names, else all; the first that is filled in is shown."""
    names = [by_db_column[column] for column in columns if column in by_db_column]
    named = sorted((name for name in names if name in rule), key=rule.find)
    return named or names or [""]


def _names_by_db_column(resource: type[FileResource]) -> dict[str, str]:
    return {found[0]: column.name for column in resource.imported() if (found := column.stored())}


def _ask_unique_indexes(resource: type[FileResource]) -> None:
    """Whether two rows, or a row and another record, would share what is unique."""
    table, pk = _table(resource), _pk(resource)
    messages, by_db_column = _messages(resource.model()), _names_by_db_column(resource)
    for name, expressions, nullable, columns, condition in _unique_indexes(table):
        keys = [f"{_literal(expression)} as k{place}" for place, expression in enumerate(expressions)]
        where = f" where {_literal(condition)}" if condition else ""
        same = " and ".join(
            f"(a.k{n} = b.k{n} or (a.k{n} is null and b.k{n} is null))" if may_be_null else f"a.k{n} = b.k{n}"
            for n, may_be_null in enumerate(nullable)
        )
        mine = f"(select line, {pk} as id, {', '.join(keys)} from drafted{where})"
        theirs = f"(select {pk} as id, {', '.join(keys)} from {table}{where})"
        twice = (
            f"select a.line, a.k0::text from {mine} a join {mine} b on {same} and b.line <> a.line union"
            f" select a.line, a.k0::text from {mine} a join {theirs} b on {same} and b.id <> a.id"
            f" where not exists (select from drafted d where d.{pk} = b.id)"
        )
        shown = next((by_db_column[column] for column in columns if column in by_db_column), "")
        remedy = messages.get(name) or _("This has to differ from record to record.")
        _refuse(Rule(shown, twice, _("Another record, or another row, has the same."), remedy))


def _unique_indexes(table: str) -> list[tuple]:
    """Of each unique index but the key's: name, expressions, which of them are equal when null, columns, condition."""
    return rows(
        "select c.relname::text, array_agg(pg_get_indexdef(i.indexrelid, n, true) order by n),"
        " array_agg(i.indnullsnotdistinct and a.attname is not null and not a.attnotnull order by n),"
        " array(select t.attname::text from pg_attribute t where t.attrelid = i.indrelid and t.attnum = any(i.indkey)),"
        " pg_get_expr(i.indpred, i.indrelid)"
        " from pg_index i join pg_class c on c.oid = i.indexrelid cross join generate_series(1, i.indnkeyatts) n"
        " left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[n - 1] and a.attnum > 0"
        " where i.indrelid = %s::regclass and i.indisunique and not i.indisprimary"
        " group by c.relname, i.indexrelid, i.indrelid, i.indkey::text, i.indkey, i.indpred order by 1",
        [table],
    )
