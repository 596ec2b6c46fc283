"""New and changed rows -> every reason for which one of them cannot be written.

The rules of a table are not written down a second time: the database tells its own checks and unique indexes, and
`candidate_rows` has the columns of the table.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext as _

from foundation.files.columns import Column, quoted
from foundation.files.importing.staging import VALUE_LENGTH, Step, Tell, refuse
from foundation.files.models import Phase
from foundation.files.resources import FileResource, FromRow, Rule
from foundation.sql import execute, rows

SUGGESTIONS = 300
"""Maximum number of unknown values per column for which the nearest known value is looked up."""


def check(
    resource: type[FileResource],
    present: list[Column],
    given: dict[str, Any],
    rules: list[Rule],
    rules_of_candidates: list[Rule],
    tell: Tell,
) -> None:
    """Record every reason why a row to be written is refused."""
    total = len(present) + len(rules)
    for done, column in enumerate(present):
        tell(Step(Phase.CHECKING, done, total))
        _refuse_unknown(column)
        for sql, remedy in column.refused():
            refuse(Rule(column.name, sql, _("The cell breaks a rule."), remedy))
        if found := column.row_check():
            _refuse_by(column, *found)
    for done, rule in enumerate(rules, len(present)):
        tell(Step(Phase.CHECKING, done, total))
        refuse(rule)
    tell(Step(Phase.CHECKING, total, total))
    draft(resource, present, given)
    for rule in rules_of_candidates:
        refuse(rule)
    ask_checks(resource)
    ask_unique_indexes(resource)


def drop_refused(present: list[Column]) -> None:
    """Leave the refused rows out, and those that name a record that only a refused row would create."""
    while any(_hold_back(column) for column in present):
        pass
    for table in ("candidate_rows", "outcome"):
        execute(f"delete from {table} t where exists (select from problem p where p.line = t.line)")


def _hold_back(column: Column) -> int:
    sql = column.named_rows()
    if not sql:
        return 0
    return execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select n.line, %s, left(min(n.value), {VALUE_LENGTH}), replace(%s, '{{row}}', min(n.other)::text), %s"
        f" from ({sql}) n(line, value, other) where exists (select from problem p where p.line = n.other)"
        " and not exists (select from problem p where p.line = n.line) group by n.line",
        [
            column.name,
            _("It names the record of row {row}, which is refused."),
            _("Correct that row, and import the two together."),
        ],
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
            _("Look it up in the vocabulary. An import adds no terms to it."),
            values,
            [column.remedy(value, known) for value in values],
        ],
    )


def _refuse_by(column: Column, sql: str, judge: Callable[..., str]) -> None:
    """Call a Python function for each row, some thousand at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        found = ((line, value, judge(value, *others)) for line, value, *others in cursor)
        problems = ((line, value, remedy) for line, value, remedy in found if remedy)
        while batch := list(islice(problems, 1000)):
            lines, values, remedies = zip(*batch, strict=True)
            execute(
                f"insert into problem select u.line, %s, left(u.value, {VALUE_LENGTH}), %s, u.remedy"
                " from unnest(%s::integer[], %s::text[], %s::text[]) u(line, value, remedy)",
                [column.name, _("The cell breaks a rule."), list(lines), list(values), list(remedies)],
            )


# The rules of the table


def draft(resource: type[FileResource], present: list[Column], given: dict[str, Any]) -> None:
    """Fill `candidate_rows` with each row as it would be stored."""
    _create_drafted(resource)
    stored = dict(found for column in present if (found := column.stored()))
    fields = resource.stored_fields()
    values: list[str] = []
    params: list[Any] = []
    for name, field in fields.items():
        kept = f"r.{quoted(name)}"
        if name in stored:
            values.append(stored[name])
        elif field.primary_key:
            values.append("s.id")
        elif field.unique:  # a default cannot be unique; values assigned later are null until then
            values.append(kept)
        elif getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            values.append(f"coalesce({kept}, now())")
        else:
            value = given.get(field.name, field.get_db_prep_save(field.get_default(), connection))
            of_new = value if isinstance(value, FromRow) else FromRow("%s", (value,))
            values.append(f"case when s.is_new then {of_new.sql} else {kept} end")
            params += of_new.params
    joins = " ".join(column.join() for column in present)
    execute(
        f"insert into candidate_rows ({', '.join(map(quoted, fields))}, line) select {', '.join(values)}, s.line"
        f" from valid_rows s left join {resource.table()} r on r.{resource.pk()} = s.id {joins}",
        params,
    )
    execute("analyze candidate_rows")


def _create_drafted(resource: type[FileResource]) -> None:
    """A table like that of the records, without the generated columns that no check reads: they take time."""
    table = resource.table()
    execute(f"create temp table candidate_rows (like {table} including generated, line integer) on commit drop")
    read = {name for _expression, names in _checks(table).values() for name in names}
    generated = {f.column for f in resource.model()._meta.concrete_fields if isinstance(f, models.GeneratedField)}
    for name in generated - read:
        execute(f"alter table candidate_rows drop column {quoted(str(name))}")
    for name, field in resource.stored_fields().items():
        if field.unique and not field.primary_key:
            execute(f"alter table candidate_rows alter {quoted(name)} drop not null")


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
    """Escape SQL read from the database for use in a statement with parameters."""
    return sql.replace("%", "%%")


def _messages(model: type[models.Model]) -> dict[str, str]:
    return {
        constraint.name: str(constraint.get_violation_error_message()) % {"name": constraint.name}
        for constraint in model._meta.constraints
    }


def ask_checks(resource: type[FileResource]) -> None:
    checks = _checks(resource.table())
    if not checks:
        return
    messages, by_db_column = _messages(resource.model()), _names_by_db_column(resource)
    broken = ", ".join(f"case when not ({expression}) then '{name}' end" for name, (expression, _c) in checks.items())
    columns = ["|".join(_by_name(rule, by_db_column, found)) for rule, (_e, found) in checks.items()]
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select b.line, c.name, left(to_jsonb(s) ->> c.name, {VALUE_LENGTH}), %s, m.remedy"
        f" from (select line, unnest(array_remove(array[{broken}], null)) as rule from candidate_rows) b"
        " join unnest(%s::text[], %s::text[], %s::text[]) m(rule, names, remedy) using (rule)"
        " join staged s using (line) cross join lateral ("
        "select name from unnest(string_to_array(m.names, '|')) with ordinality n(name, place)"
        " order by coalesce(to_jsonb(s) ->> name, '') = '', place limit 1) c",
        [_("The row breaks a rule."), list(checks), columns, [messages.get(name, name) for name in checks]],
    )


def _by_name(rule: str, by_db_column: dict[str, str], columns: list[str]) -> list[str]:
    """The cells that a rule concerns: those in its name, else all; the first that is not empty is displayed."""
    names = [by_db_column[column] for column in columns if column in by_db_column]
    named = sorted((name for name in names if name in rule), key=rule.find)
    return named or names or [""]


def _names_by_db_column(resource: type[FileResource]) -> dict[str, str]:
    return {found[0]: column.name for column in resource.imported() if (found := column.stored())}


def ask_unique_indexes(resource: type[FileResource]) -> None:
    """Refuse rows that would violate a unique index, among themselves or with other records."""
    table, pk = resource.table(), resource.pk()
    messages, by_db_column = _messages(resource.model()), _names_by_db_column(resource)
    for name, expressions, nullable, columns, condition in _unique_indexes(table):
        keys = [f"{_literal(expression)} as k{place}" for place, expression in enumerate(expressions)]
        where = f" where {_literal(condition)}" if condition else ""
        same = " and ".join(
            f"(a.k{n} = b.k{n} or (a.k{n} is null and b.k{n} is null))" if may_be_null else f"a.k{n} = b.k{n}"
            for n, may_be_null in enumerate(nullable)
        )
        mine = f"(select line, {pk} as id, {', '.join(keys)} from candidate_rows{where})"
        theirs = f"(select {pk} as id, {', '.join(keys)} from {table}{where})"
        twice = (
            f"select a.line, a.k0::text from {mine} a join {mine} b on {same} and b.line <> a.line union"
            f" select a.line, a.k0::text from {mine} a join {theirs} b on {same} and b.id <> a.id"
            f" where not exists (select from candidate_rows d where d.{pk} = b.id)"
        )
        shown = next((by_db_column[column] for column in columns if column in by_db_column), "")
        remedy = messages.get(name) or _("This value must be unique.")
        refuse(Rule(shown, twice, _("Another record or row has the same value."), remedy))


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
