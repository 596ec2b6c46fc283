"""Cells to country, period and value."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from countries.feeds.parsing import (
    LeftOut,
    Unknown,
    country_reader,
    period_reader,
    refuse_bad_aliases,
    understood,
    value_reader,
)
from countries.feeds.problems import Tally
from countries.models import IndicatorFeed


@pytest.mark.usefixtures("countries")
@pytest.mark.parametrize(
    ("code", "text"),
    [
        *(("iso3", "PER"), ("iso3", " per "), ("iso2", "PE"), ("m49", "604")),
        *(("name", "Peru"), ("name", "Perú"), ("name", "PERU"), ("name", " peru ")),
    ],
)
def test_country_by_any_code_or_name(code: str, text: str) -> None:
    assert country_reader(IndicatorFeed(country_code=code))(text) == "PER"


@pytest.mark.usefixtures("countries")
def test_m49_without_its_leading_zeros() -> None:
    from_file = country_reader(IndicatorFeed(country_code="m49"))
    assert from_file("840") == "USA"
    with pytest.raises(Unknown):
        from_file("32")  # Argentina is 032, and not among these countries


@pytest.mark.usefixtures("countries")
def test_alias_names_a_country_or_leaves_out() -> None:
    read = country_reader(IndicatorFeed(country_code="name", aliases="Pérou = PER\nVenezuela (RB) = ven\nWorld ="))
    assert (read("Pérou"), read("Venezuela (RB)")) == ("PER", "VEN")
    with pytest.raises(LeftOut):
        read("World")
    with pytest.raises(Unknown):
        read("Europe")
    with pytest.raises(LeftOut):
        country_reader(IndicatorFeed(country_code="name", leaves_out_unknown=True))("Europe")


@pytest.mark.usefixtures("countries")
@pytest.mark.parametrize("line", ["Bolivia", "= PER", "Narnia = NAR"])
def test_line_of_the_alias_table_that_says_nothing_is_refused(line: str) -> None:
    refuse_bad_aliases(IndicatorFeed(aliases="Pérou = PER\n\nWorld ="))
    with pytest.raises(ValidationError):
        refuse_bad_aliases(IndicatorFeed(aliases=line))


@pytest.mark.parametrize(
    ("order", "text", "period"),
    [
        *(("iso", "2020-05-29", "2020-05-29"), ("iso", "2020-05", "2020-05"), ("iso", "2020", "2020")),
        *(("iso", "20200529", "2020-05-29"), ("iso", "2020-05-29T00:00:00Z", "2020-05-29")),
        ("iso", "2020M05", "2020-05"),
        *(("iso", "2020Q2", "2020-04/2020-06"), ("iso", "1960 [YR1960]", "1960")),
        *(("day_first", "29/05/2020", "2020-05-29"), ("day_first", "3.4.2020", "2020-04-03")),
        *(("month_first", "5/29/20", "2020-05-29"), ("month_first", "3/4/2020", "2020-03-04")),
        ("month_first", "2020", "2020"),
    ],
)  # fmt: skip
def test_days_as_files_write_them(order: str, text: str, period: str) -> None:
    assert period_reader(IndicatorFeed(day_order=order))(text) == period


@pytest.mark.parametrize(
    ("order", "text"),
    [
        *(
            ("iso", "29/05/2020"),
            ("iso", "2020-02-30"),
            ("iso", "2020?"),
            ("iso", "2020?-05-29"),
            ("iso", "May 2020"),
            ("iso", "20201332"),
        ),
        *(("day_first", "5/29/2020"), ("month_first", "29/5/2020"), ("iso", "0202-05-29"), ("iso", "")),
        *(("iso", "2020-00-05"), ("iso", "2020-05-00"), ("iso", "20200005"), ("day_first", "5/0/2020")),
        *(("month_first", "0/5/2020"), ("iso", "0000-00-00"), ("iso", "2020-Q0"), ("iso", "2020M00")),
    ],
)
def test_day_that_is_none_is_refused(order: str, text: str) -> None:
    with pytest.raises(Unknown):
        period_reader(IndicatorFeed(day_order=order))(text)


@pytest.mark.parametrize(
    ("order", "text", "problem", "remedy"),
    [
        *(
            ("iso", text, "This date does not exist.", "Ask the source")
            for text in ("2026-02-31", "20260231", "2026-13")
        ),
        *(("iso", text, "This date does not exist.", "Ask the source") for text in ("2026-Q5", "2026M13")),
        *((order, "31/02/2026", "This date does not exist.", "Ask the source") for order in ("iso", "day_first")),
        ("month_first", "29/05/2020", "The date cannot be read.", "Choose the date format in the feed"),
        ("iso", "29/05/2020", "The date cannot be read.", "Choose the date format in the feed"),
        ("iso", "May 2020", "The date cannot be read.", "Write dates as 2020-05-29"),
    ],
)
def test_day_that_is_none_is_told_from_one_in_another_order(order: str, text: str, problem: str, remedy: str) -> None:
    with pytest.raises(Unknown) as told:
        period_reader(IndicatorFeed(day_order=order))(text)
    assert (told.value.problem, remedy in told.value.remedy) == (problem, True)


@pytest.mark.parametrize("text", ["9" * 26, "-" + "9" * 26, "9" * 15, "1e400", "9" * 26 + ".5", "9" + ",999" * 8])
def test_number_of_too_many_digits_is_a_number(text: str) -> None:
    with pytest.raises(Unknown, match=r"The value is too large."):
        value_reader(IndicatorFeed())(text)


@pytest.mark.parametrize(
    ("fields", "text", "value"),
    [
        *(({}, "7", "7"), ({}, " -3 ", "-3"), ({}, "20.25", "20.25"), ({}, "1e3", "1000.000000")),
        *(({"decimal_mark": "comma"}, "20,25", "20.25"), ({"multiplier": "1000"}, "1.5", "1500.000000")),
        ({"multiplier": "100"}, "0.2512345678", "25.123457"),
    ],
)
def test_values_in_the_unit_of_the_indicator(fields: dict[str, Any], text: str, value: str) -> None:
    assert value_reader(IndicatorFeed(**fields))(text) == value


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        *(({}, "1,000"), ({}, "12abc"), ({}, "inf"), ({}, "1e99"), ({}, "0x10")),
        *(({"decimal_mark": "comma"}, "1,000.5"), ({}, "999999999999999")),
    ],
)
def test_value_that_is_no_number_is_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(Unknown):
        value_reader(IndicatorFeed(**fields))(text)


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=6))
def test_every_number_that_the_database_keeps_is_read_exactly(number: Decimal) -> None:
    assert Decimal(value_reader(IndicatorFeed())(f"{number:f}")) == number


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with suppress(Unknown):
        assert Decimal(value_reader(IndicatorFeed())(text)).is_finite()


@pytest.mark.usefixtures("countries")
def test_tally_counts_each_row_once_by_what_became_of_it() -> None:
    cells = [
        *((2, "PER", "2020-01-01", "1"), (3, "PER", "2020-01-02", ""), (4, "PER", "2020-01-03", "NA")),
        *((5, "XXX", "2020-01-01", "1"), (6, "XXX", "2020-01-02", "1"), (7, "PER", "yesterday", "1")),
        *((8, "PER", "2020-01-04", "many"), (9, None, None, None)),
    ]
    tally = Tally()
    found = list(understood(cells, IndicatorFeed(), tally))
    assert found == [
        (2, "PER", "2020-01-01", "1"),
        (3, "PER", "2020-01-02", None),
        (4, "PER", "2020-01-03", None),
    ]
    assert (tally.read, tally.without_value, tally.skipped, tally.refused) == (8, 2, 0, 5)
    assert {(kind.problem, kind.count, kind.line, kind.cell) for kind in tally.kinds.values()} == {
        ("The country is unknown.", 2, 5, "XXX"),
        ("The date cannot be read.", 1, 7, "yesterday"),
        ("The value is not a number.", 1, 8, "many"),
        ("The row has fewer cells than the header.", 1, 9, ""),
    }
