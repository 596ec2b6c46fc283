"""The tables beside the code: whoever corrects them is told of a slip."""

from itertools import chain

import pytest

from measures.choices import Kind
from measures.references.series import form_of_kind, needs_of
from measures.references.tables import all_series, bodies, forms

NEEDS = {"number", "number year", "all"}


def test_forms_name_kinds_and_parents_that_exist() -> None:
    assert {kind for form in forms().values() for kind in form.kinds} - set(Kind.values) == set()
    assert {form.parent for form in forms().values()} - {""} <= set(forms())


def test_series_name_forms_and_kinds_that_exist() -> None:
    series = list(chain.from_iterable(all_series().values()))
    assert {form for row in series for form in (*row.forms, *row.one_series)} <= set(forms())
    assert {kind for row in series for kind in row.kinds} <= set(Kind.values)
    assert {row.needs for row in series} == NEEDS


@pytest.mark.parametrize(
    ("country", "form", "kind", "needs"),
    [
        ("PER", "law", "law", "number"),
        ("PER", "decree.supreme", "executive_decree", "all"),
        ("PER", "", "bill", "number year"),
        ("COL", "decree.legislative", "emergency_decree", "number year"),
        ("BRA", "provisional_measure", "emergency_decree", "number"),
        ("GTM", "decree", "law", "number year"),
        ("GTM", "decree.government", "emergency_declaration", "all"),
        ("CAN", "law", "law", "all"),
    ],
)
def test_what_a_number_needs(country: str, form: str, kind: str, needs: str) -> None:
    assert needs_of(country, form or form_of_kind(country, kind), kind) == needs


def test_acronym_means_a_body_in_its_country_alone() -> None:
    assert bodies("PER")["IN"] == bodies("PER")["MININTER"] == bodies("PER")["MINISTERIO INTERIOR"]
    assert bodies("PER")["IN"] != bodies("PER")["SA"]
    assert "IN" not in bodies("COL")
