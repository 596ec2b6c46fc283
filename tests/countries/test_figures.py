"""Values in words, in three languages."""

from decimal import Decimal

import pytest
from django.utils import translation

from countries.figures import in_unit, qualified, short_in_unit, stated_value
from countries.models import Indicator, Observation, Qualifier, Unit

PERSONS = Unit(is_whole=True)
PERCENT = Unit(base=100)
INDEX = Unit(may_be_negative=True)
PER_100_000 = Unit(base=100_000)
DOLLARS = Unit(currency="USD", may_be_negative=True)
DOLLARS_OF_2020 = Unit(currency="USD", price_year=2020)
SOLES = Unit(currency="PEN")
KILOMETRES = Unit(suffix_en="km", suffix_es="km", suffix_pt="km")
DAYS = Unit(suffix_en="days", suffix_es="días", suffix_pt="dias")
PER_1000_BIRTHS = Unit(base=1000, suffix_en="births")


@pytest.mark.parametrize(
    ("language", "value", "unit", "decimals", "expected"),
    [
        ("en", "482500", PERSONS, 0, "482,500"),
        ("es", "482500", PERSONS, 0, "482\xa0500"),
        ("pt", "482500", PERSONS, 0, "482.500"),
        ("en", "1200", PERSONS, 0, "1,200"),
        ("es", "1200", PERSONS, 0, "1200"),
        ("pt", "1200", PERSONS, 0, "1.200"),
        ("en", "1000000", PERSONS, 0, "1 million"),
        ("es", "1000000", PERSONS, 0, "1 millón"),
        ("en", "1700000", PERSONS, 0, "1.7 million"),
        ("es", "1700000", PERSONS, 0, "1,7 millones"),
        ("pt", "1700000", PERSONS, 0, "1,7 milhão"),
        ("en", "1712345", PERSONS, 0, "1,712,345"),
        ("en", "1412360000", PERSONS, 0, "1,412.36 million"),
        ("en", "24.600000", PERCENT, 1, "24.6\u202f%"),
        ("es", "24.600000", PERCENT, 1, "24,6\u202f%"),
        ("en", "50.000000", PERCENT, 1, "50\u202f%"),
        ("en", "100", PERCENT, 1, "100\u202f%"),
        ("en", "-3.2", Unit(base=100, may_be_negative=True), 1, "-3.2\u202f%"),
        ("en", "1", PERSONS, 0, "1"),
        ("pt", "0.75", INDEX, 2, "0,75"),
        ("en", "-4.000000", INDEX, 2, "-4"),
        ("en", "0", PERSONS, 0, "0"),
        ("en", "12.3", PER_100_000, 1, "12.3 per 100,000"),
        ("es", "12.3", PER_100_000, 1, "12,3 por cada 100\xa0000"),
        ("pt", "12.3", PER_100_000, 1, "12,3 por 100.000"),
        ("en", "8.25", PER_1000_BIRTHS, 1, "8.3 per 1,000 births"),
        ("en", "1234000000", DOLLARS_OF_2020, 0, "US$\xa01,234 million (2020 prices)"),
        ("es", "1234000000", DOLLARS_OF_2020, 0, "US$\xa01234 millones (precios de 2020)"),
        ("pt", "1234000000", DOLLARS_OF_2020, 0, "US$\xa01.234 milhões (preços de 2020)"),
        ("en", "12000", DOLLARS, 2, "US$\xa012,000"),
        ("en", "-1700000", DOLLARS, 2, "-US$\xa01.7 million"),
        ("es", "99.9", SOLES, 2, "PEN\xa099,9"),
        ("en", "5230", KILOMETRES, 0, "5,230 km"),
        ("es", "45", DAYS, 0, "45 días"),
    ],
)
def test_in_unit_writes_numbers_as_the_language_does(
    language: str, value: str, unit: Unit, decimals: int, expected: str
) -> None:
    with translation.override(language):
        assert in_unit(Decimal(value), Indicator(unit=unit, decimals=decimals)) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("24.6", PERCENT, "24.6\u202f%"),
        ("12.3", PER_100_000, "12.3"),
        ("5230", KILOMETRES, "5,230"),
        ("1234000000", DOLLARS_OF_2020, "US$\xa01,234 million"),
    ],
)
def test_short_in_unit_leaves_to_the_heading_what_it_says(value: str, unit: Unit, expected: str) -> None:
    assert short_in_unit(Decimal(value), unit, 1) == expected


@pytest.mark.parametrize(("decimals", "expected"), [(None, "0.25"), (1, "0.3"), (0, "0")])
def test_decimals_are_those_of_the_unit_unless_the_indicator_has_its_own(decimals: int | None, expected: str) -> None:
    assert (
        in_unit(Decimal("0.25"), Indicator(unit=Unit(decimals=2, may_be_negative=True), decimals=decimals)) == expected
    )


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
    missing = Observation(indicator=Indicator(unit=PERCENT), value=None, status="O")
    assert stated_value(missing) == "No value recorded"


def test_stated_value_of_a_majority_is_words_and_no_number() -> None:
    majority = Observation(indicator=Indicator(unit=PERCENT), value=None, qualifier="majority")
    assert stated_value(majority) == "the majority; number not stated"
