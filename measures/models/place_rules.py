"""The rules that tie areas, bound countries and further bodies to the measure that names them, as triggers.

What names a measure is checked once a statement; a measure that changes, at the end of the transaction, since a form or
an import writes it before what it names.
"""

import pgtrigger

from measures.choices import Level

_SUPRANATIONAL = Level.SUPRANATIONAL.value
_RULES = {
    "measures_measure_areas_of_country": (
        "measures_measure_areas",
        "join countries_countryarea a on a.id = n.countryarea_id",
        f"m.level = '{_SUPRANATIONAL}' or a.country_id is distinct from m.country_id",
        "an area is not of the country of its measure",
    ),
    "measures_measure_binds_of_supranational": (
        "measures_measure_binds",
        "",
        f"m.level <> '{_SUPRANATIONAL}' or n.country_id is not distinct from m.country_id",
        "only a supranational measure binds countries, and others than its own",
    ),
    "measures_furtherbody_beside_the_first": (
        "measures_furtherbody",
        "",
        "m.issuing_body_id is null or n.body_id = m.issuing_body_id",
        "a further body stands beside another one, the first",
    ),
}
"""By name of the rule: the table of what names a measure `m` as `n`, a join, when the rule is broken, and the error."""


def _refusal(rule: str, rows: str) -> str:
    _table, join, is_broken, message = _RULES[rule]
    return f"""
        if exists (select from {rows} {join} join measures_measure m on m.id = n.measure_id where {is_broken}) then
            raise exception '{message}' using errcode = 'check_violation', constraint = '{rule}';
        end if;
    """


def _of_rows(rule: str) -> tuple[pgtrigger.Trigger, ...]:
    """A trigger with transition tables takes one operation each."""
    return tuple(
        pgtrigger.Trigger(
            name=f"fits_{suffix}",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=pgtrigger.Referencing(new="new_values"),
            func=_refusal(rule, "new_values n") + "return null;",
        )
        for suffix, operation in (("insert", pgtrigger.Insert), ("update", pgtrigger.Update))
    )


AREAS_OF_COUNTRY, BINDS_OF_SUPRANATIONAL, BESIDE_THE_FIRST = map(_of_rows, _RULES)


def _of_measure(name: str, field: str, column: str, rules: list[str]) -> pgtrigger.Trigger:
    named = "(select * from {} where measure_id = new.id) n"
    refusals = (_refusal(rule, named.format(_RULES[rule][0])) for rule in rules)
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        operation=pgtrigger.UpdateOf(column),
        condition=pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")}),
        func="".join(refusals) + "return null;",
    )


PLACE_OF_MEASURE = (
    _of_measure("place_of_level", "level", "level", [*_RULES][:2]),
    _of_measure("place_of_country", "country", "country_id", [*_RULES][:2]),
    _of_measure("further_bodies_of_first", "issuing_body", "issuing_body_id", [*_RULES][2:]),
)
