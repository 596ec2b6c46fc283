"""Why rows are refused: every reason becomes a row of `problem`."""

from foundation.files.importing.staging import VALUE_LENGTH
from foundation.files.rules import Rule
from foundation.sql import execute


def refuse(rule: Rule) -> None:
    """Put down the rows that a rule finds; a cell that was refused already is not refused once more."""
    execute(
        'insert into problem (line, "column", value, problem, remedy)'
        f" select f.line, %s, left(f.value, {VALUE_LENGTH}), %s, %s from ({rule.sql}) f(line, value)"
        ' where not exists (select from problem p where p.line = f.line and p."column" = %s)',
        [rule.column, rule.problem, rule.remedy, rule.column],
    )
