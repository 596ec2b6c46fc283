"""Numbers in files: read as people write them, refused with the remedy, and written so that they are read again."""

from decimal import Decimal
from pathlib import Path

import pytest

from countries.models import Observation
from foundation.files.exporting import exported
from foundation.files.resources import resources
from tests import factories
from tests.csv_files import run

pytestmark = pytest.mark.django_db


def row(value: str, indicator: str = "score") -> dict[str, str]:
    key = {"indicator": indicator, "country": "PER", "counterpart": "", "period": "2020"}
    return key | {"value": value, "source_name": "A yearbook"}


@pytest.fixture(autouse=True)
def indicators() -> None:
    factories.country()
    factories.indicator(key="score", unit="index", decimals=3)
    factories.indicator(key="people")
    factories.indicator(key="share", unit="percent")


@pytest.mark.parametrize(
    ("typed", "value"),
    [("4,5", "4.5"), ("1.234,5", "1234.5"), ("1 700 000", "1700000"), ("1,7 millones", "1700000"), ("-3", "-3")],
)
def test_value_is_read_as_people_write_it(tmp_path: Path, typed: str, value: str) -> None:
    report = run(tmp_path, [row(typed)], "observations")
    assert report.problems == []
    assert Observation.objects.get().value == Decimal(value)


def test_percent_sign_is_read_in_an_indicator_in_percent(tmp_path: Path) -> None:
    run(tmp_path, [row("12 %", "share")], "observations")
    assert Observation.objects.get().value == 12
    assert run(tmp_path, [row("12,0%", "share")], "observations").unchanged == 1


@pytest.mark.parametrize(
    ("indicator", "typed", "problem", "remedy"),
    [
        ("score", "12.000", "“12.000” can be read as 12000 or as 12.", "Write 12000 or 12."),
        (
            "people",
            "12 %",
            "The cell breaks a rule.",
            "Only values of an indicator in percent have a percent sign. Write the number alone.",
        ),
        ("people", "-3", "The cell breaks a rule.", "A count must be a whole number that is not negative."),
        ("share", "101 %", "The cell breaks a rule.", "A percentage must be between 0 and 100."),
        ("score", "1e6", "“1e6” is not a number.", "Write it in full: 1000000."),
    ],
)
def test_value_is_refused_with_the_remedy(
    tmp_path: Path, indicator: str, typed: str, problem: str, remedy: str
) -> None:
    report = run(tmp_path, [row("7"), row(typed, indicator) | {"period": "2021"}], "observations")
    assert [(p.row, p.column, p.problem, p.remedy) for p in report.problems] == [(3, "value", problem, remedy)]
    assert not Observation.objects.exists()


def test_whole_number_column_refuses_decimals(tmp_path: Path) -> None:
    indicator = {"key": "rate", "name_en": "Rate", "unit": "index", "decimals": "1,5"}
    (problem,) = run(tmp_path, [indicator], "indicators").problems
    assert (problem.column, problem.value) == ("decimals", "1,5")


def test_number_with_three_decimals_is_exported_without_a_second_reading(tmp_path: Path) -> None:
    run(tmp_path, [row("12.3450")], "observations")
    file = b"".join(exported(resources()["observations"])).decode()
    assert ",12.3450," in file
    assert run(tmp_path, file, "observations").unchanged == 1
