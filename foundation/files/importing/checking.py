"""New and changed rows -> every reason for which one of them cannot be written."""

from collections.abc import Callable
from itertools import islice
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from foundation.files.columns import Column
from foundation.files.importing.constraints import ask_checks, ask_unique_indexes, draft
from foundation.files.importing.problems import refuse
from foundation.files.importing.staging import VALUE_LENGTH, Step, Tell
from foundation.files.models import Phase
from foundation.files.resources import FileResource
from foundation.files.rules import Rule
from foundation.sql import execute, rows

SUGGESTIONS = 300
"""Unknown values of a column for which the nearest known one is looked up."""


def check(
    resource: type[FileResource],
    present: list[Column],
    given: dict[str, Any],
    rules: list[Rule],
    rules_of_candidates: list[Rule],
    tell: Tell,
) -> None:
    """Put down every reason for which a row that would be written cannot be."""
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
                f"insert into problem select u.line, %s, left(u.value, {VALUE_LENGTH}), %s, u.remedy"
                " from unnest(%s::integer[], %s::text[], %s::text[]) u(line, value, remedy)",
                [column.name, _("The cell breaks a rule."), list(lines), list(values), list(remedies)],
            )
