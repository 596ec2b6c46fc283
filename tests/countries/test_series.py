"""Values over time as lines and as a table: gaps, lengths of periods, inexact values."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from countries.models import Indicator
from countries.series import COLUMNS, Drawing, MonthRow, Series, drawing_of, month_rows, offered, series_of, value_rows
from tests import factories

pytestmark = pytest.mark.django_db

FIRST, LAST = datetime.date(2020, 1, 1), datetime.date(2020, 4, 9)
"""A hundred days, so that a day is a hundredth of the width."""


def at(day: datetime.date) -> float:
    return (day - FIRST).days


def days(*values: Any, indicator: Indicator | None = None, **fields: Any) -> Indicator:
    """Values of the days from 1 January 2020 on; None leaves a day out."""
    indicator = indicator or factories.indicator(key="cases", is_daily=True)
    for number, value in enumerate(values):
        if value is not None:
            day = (FIRST + datetime.timedelta(days=number)).isoformat()
            factories.observation(indicator=indicator, period=day, value=value, **fields)
    return indicator


def series(indicator: Indicator) -> Series:
    return series_of(factories.country(), indicator, FIRST, LAST)


def drawing(indicator: Indicator) -> Drawing:
    return drawing_of(series(indicator), at)


def test_only_what_has_two_dated_numbers_is_offered() -> None:
    days(1, 2)
    twice = factories.indicator(key="twice")
    for period in ("2018", "2019"):
        factories.observation(indicator=twice, period=period)
    once, open_ended, gap, abroad = (factories.indicator(key=key) for key in ("once", "open", "gap", "abroad"))
    factories.observation(indicator=once, period="2018")
    factories.observation(indicator=once)
    factories.observation(indicator=open_ended, period="2018")
    factories.observation(indicator=open_ended, period="2019/")
    factories.observation(indicator=gap, period="2018")
    factories.observation(indicator=gap, period="2019", value=None, status="O")
    for period in ("2018", "2019"):
        factories.observation(indicator=abroad, period=period, counterpart=factories.country(iso3="VEN"))
    assert [indicator.key for indicator in offered(factories.country())] == ["cases", "twice"]
    assert offered(factories.country(iso3="ECU")) == []


def test_day_is_drawn_as_long_as_a_day_and_a_gap_is_not_bridged() -> None:
    drawn = drawing(days(0, 30, None, 15))
    assert drawn.exact == "M0.0,100.0H10.0V0.0H20.0M30.0,50.0H40.0"
    assert (drawn.inexact, drawn.breaks) == ("", ())
    assert [level.label for level in drawn.levels] == ["0", "10", "20", "30"]


def test_year_is_drawn_as_long_as_it_is() -> None:
    indicator = factories.indicator(key="yearly")
    factories.observation(indicator=indicator, period="2019", value=1)
    factories.observation(indicator=indicator, period="2020", value=2)
    drawn = drawing_of(series(indicator), lambda day: max(0.0, min(100.0, at(day))))
    assert drawn.exact == "M0.0,0.0H1000.0"


def test_inexact_values_have_a_line_of_their_own_that_joins() -> None:
    indicator = days(10, 20)
    for day, fields in (("03", {"status": "E"}), ("04", {"status": "P"}), ("05", {"qualifier": "gt"})):
        factories.observation(indicator=indicator, period=f"2020-01-{day}", value=20, **fields)
    drawn = drawing(indicator)
    assert drawn.exact == "M0.0,50.0H10.0V0.0H20.0"
    assert drawn.inexact == "M20.0,0.0H20.0H30.0H30.0H40.0H40.0H50.0"


def test_break_of_the_series_is_marked_and_parts_the_line() -> None:
    indicator = days(10, 20)
    factories.observation(indicator=indicator, period="2020-01-03", value=20, status="B")
    drawn = drawing(indicator)
    assert drawn.exact == "M0.0,50.0H10.0V0.0H20.0M20.0,0.0H30.0"
    assert drawn.breaks == ("2.00%",)


def test_missing_value_is_never_drawn_as_zero() -> None:
    indicator = days(6, None, 6)
    factories.observation(indicator=indicator, period="2020-01-02", value=None, status="O")
    assert drawing(indicator).exact == "M0.0,0.0H10.0M20.0,0.0H30.0"


def test_line_of_many_days_keeps_every_peak_within_its_columns() -> None:
    indicator = factories.indicator(key="cases", is_daily=True)
    days(*(1000 if number == 77 else number % 7 for number in range(100)), indicator=indicator)
    whole = series(indicator)
    squeezed = drawing_of(whole, lambda day: at(day) / 50)  # fifty days in one percent: ten columns
    assert ",0.0" in squeezed.exact
    assert squeezed.exact.count(",") + squeezed.exact.count("H") + squeezed.exact.count("V") <= 4 * COLUMNS / 50 + 8


@pytest.mark.parametrize(
    ("values", "unit", "labels"),
    [
        ((0, 0), "persons", ["0", "1"]),
        ((1, 3), "persons", ["0", "1", "2", "3"]),
        ((12, 1_400_000), "persons", ["0", "500,000", "1 million", "1.5 million"]),
        ((Decimal("0.2"), Decimal("0.5")), "percent", ["0\u202f%", "0.2\u202f%", "0.4\u202f%", "0.6\u202f%"]),
        ((-4, 2), "index", ["-4", "-2", "0", "2"]),
    ],
)
def test_levels_are_round_and_hold_zero(values: tuple[Any, ...], unit: str, labels: list[str]) -> None:
    indicator = factories.indicator(key="figure", unit=unit, is_daily=True)
    assert [level.label for level in drawing(days(*values, indicator=indicator)).levels] == labels


def test_table_has_every_value_as_it_is_stated() -> None:
    indicator = factories.indicator(key="yearly")
    factories.observation(indicator=indicator, period="2019", value=1000, qualifier="gt")
    factories.observation(indicator=indicator, period="2020?", value=900, status="P")
    rows = value_rows(series_of(factories.country(), indicator, datetime.date(2019, 6, 1), LAST))
    assert [(row.period, row.value, row.remark, str(row.source.name)) for row in rows] == [
        ("2019", "more than 1,000", "", "A yearbook"),
        ("2020 (date inferred)", "900", "provisional", "A yearbook"),
    ]


def test_days_are_told_month_by_month_with_their_gaps() -> None:
    indicator = days(*range(1, 32), *[None] * 29, *range(100, 131))
    shown = series(indicator)
    assert shown.is_by_day
    assert month_rows(shown) == (
        MonthRow("January 2020", 31, 31, "1", "31", "31"),
        MonthRow("February 2020", 0, 29, "", "", ""),
        MonthRow("March 2020", 31, 31, "100", "130", "130"),
    )


def test_few_days_are_told_one_by_one() -> None:
    assert not series(days(1, 2, 3)).is_by_day


def test_values_outside_are_not_drawn_and_known_to_be_there() -> None:
    indicator = days(*range(100))
    part = series_of(factories.country(), indicator, FIRST, datetime.date(2020, 1, 5))
    assert [value.value for value in part.values] == [0, 1, 2, 3, 4]
    assert (part.first, part.last) == (FIRST, LAST)
