"""Values in words, in three languages."""

from decimal import Decimal

import pytest
from django.utils import translation

from countries.figures import in_unit, qualified, stated_value
from countries.models import Indicator, Observation, Qualifier


@pytest.mark.parametrize(
    ("language", "value", "unit", "decimals", "expected"),
    [
        ("en", "482500", "persons", 0, "482,500"),
        ("es", "482500", "persons", 0, "482\xa0500"),
        ("pt", "482500", "persons", 0, "482.500"),
        ("en", "1200", "persons", 0, "1,200"),
        ("es", "1200", "persons", 0, "1200"),
        ("pt", "1200", "persons", 0, "1.200"),
        ("en", "1700000", "persons", 0, "1.7 million"),
        ("es", "1700000", "persons", 0, "1,7 millones"),
        ("pt", "1700000", "persons", 0, "1,7 milhão"),
        ("en", "1712345", "persons", 0, "1,712,345"),
        ("en", "24.600000", "percent", 1, "24.6\u202f%"),
        ("es", "24.600000", "percent", 1, "24,6\u202f%"),
        ("en", "50.000000", "percent", 1, "50\u202f%"),
        ("en", "100", "percent", 1, "100\u202f%"),
        ("en", "1", "rank", 0, "1"),
        ("pt", "0.75", "index", 2, "0,75"),
        ("en", "0", "persons", 0, "0"),
    ],
)
def test_in_unit_writes_numbers_as_the_language_does(
    language: str, value: str, unit: str, decimals: int, expected: str
) -> None:
    with translation.override(language):
        assert in_unit(Decimal(value), unit, decimals) == expected


@pytest.mark.parametrize(
    ("qualifier", "expected"),
    [
        (Qualifier.EQ, "5"),
        (Qualifier.APPROX, "about 5"),
        (Qualifier.GT, "more than 5"),
        (Qualifier.GE, "at least 5"),
        (Qualifier.LT, "less than 5"),
        (Qualifier.LE, "at most 5"),
    ],
)
def test_qualified_says_how_exactly_a_number_is_known(qualifier: Qualifier, expected: str) -> None:
    assert qualified("5", qualifier) == expected


def test_stated_value_of_a_missing_value_is_words_and_no_number() -> None:
    missing = Observation(indicator=Indicator(unit="percent"), value=None, status="O")
    assert stated_value(missing) == "No value recorded"


def test_stated_value_of_a_majority_is_words_and_no_number() -> None:
    majority = Observation(indicator=Indicator(unit="percent"), value=None, qualifier="majority")
    assert stated_value(majority) == "the majority; number not stated"
