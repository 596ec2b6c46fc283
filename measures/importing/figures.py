"""What a row of observations may not hold beyond its own cells: a value that its indicator's unit does not allow."""

from decimal import Decimal

from django.utils.translation import gettext as _

from countries.models import COUNT_UNITS, Unit
from measures.importing.problems import Rule

_VALUES = (
    "select s.line, s.value from checked s join countries_indicator i on i.key = s.indicator"
    " where s.value <> '' and i.unit"
)


def rules() -> list[Rule]:
    """The rule of `Unit.problem_with`, asked of all rows at once; the table holds it too, without naming the row."""
    counts = ", ".join(f"'{unit.value}'" for unit in COUNT_UNITS)
    whole = f"{_VALUES} in ({counts}) and (s.value::numeric < 0 or mod(s.value::numeric, 1) <> 0)"
    share = f"{_VALUES} = 'percent' and s.value::numeric not between 0 and 100"
    problem = _("The cell breaks a rule.")
    return [
        Rule("value", whole, problem, Unit.PERSONS.problem_with(Decimal(-1))),
        Rule("value", share, problem, Unit.PERCENT.problem_with(Decimal(-1))),
    ]
