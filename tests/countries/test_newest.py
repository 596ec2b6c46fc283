"""The newest values are found by index: thousands of days of one country cost no more than one."""

import datetime
import json
from typing import Any

import pytest
from django.db import connection

from countries.models import Observation
from countries.newest import newest_observations
from countries.series import offered, series_of
from tests import factories

pytestmark = pytest.mark.django_db

FIRST, DAYS, INDICATORS = datetime.date(2020, 1, 1), 1100, 5
FEW = DAYS / 10
"""Rows: the planner may read all of four shares each time, but none of 1,100 days."""


def _daily() -> None:
    """Five indicators of 1,100 days for two countries, and shares of two years, as SQL would load them."""
    countries = [factories.country(), factories.country(iso3="ECU")]
    for number in range(INDICATORS):
        indicator = factories.indicator(key=f"daily_{number}", is_daily=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into countries_observation"
                " (indicator_id, country_id, period, value, qualifier, status, note, note_es, note_pt,"
                " source_name, source_name_es, source_name_pt, source_url)"
                " select %s, c, to_char(%s::date + n, 'YYYY-MM-DD'), n, 'eq', 'A', '', '', '', 'A feed', '', '', ''"
                " from generate_series(0, %s) n, unnest(%s::varchar[]) c",
                [indicator.pk, FIRST, DAYS - 1, [country.pk for country in countries]],
            )
    shares = factories.indicator(key="immigrant_share", unit="percent")
    for year in ("2018", "2019"):
        for iso3 in ("VEN", "USA"):
            factories.observation(indicator=shares, counterpart=factories.country(iso3=iso3), period=year, value=20)
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("analyze countries_observation, countries_indicator")


def _rows_read(queryset: Any) -> int:
    """Number of observations that the scans of a query return or discard."""
    plan = json.loads(queryset.explain(format="json", analyze=True))[0]["Plan"]
    return sum(_of_scan(node) for node in _nodes(plan) if node.get("Relation Name") == "countries_observation")


def _of_scan(node: dict[str, Any]) -> int:
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
    rows: float = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return round(rows)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in _nodes(part))]


@pytest.mark.owner
def test_newest_values_read_few_rows_for_each_answer() -> None:
    _daily()
    newest = newest_observations(factories.country())
    assert {(o.indicator.key, o.counterpart_id, str(o.period)) for o in newest} == {
        *((f"daily_{number}", None, "2023-01-04") for number in range(INDICATORS)),
        ("immigrant_share", "VEN", "2019"),
        ("immigrant_share", "USA", "2019"),
    }
    assert _rows_read(newest) < FEW


@pytest.mark.owner
def test_values_as_of_a_day_are_found_as_quickly() -> None:
    _daily()
    newest = newest_observations(factories.country(), datetime.date(2020, 8, 31))
    assert {str(o.period) for o in newest if o.counterpart_id is None} == {"2020-08-31"}
    assert _rows_read(newest) < FEW


@pytest.mark.owner
def test_series_reads_the_days_that_it_draws() -> None:
    _daily()
    country = factories.country()
    assert [indicator.key for indicator in offered(country)] == [f"daily_{number}" for number in range(INDICATORS)]
    first, last = datetime.date(2020, 3, 1), datetime.date(2020, 3, 31)
    drawn = series_of(country, offered(country)[0], first, last)
    assert [str(value.period) for value in drawn.values] == [f"2020-03-{day:02d}" for day in range(1, 32)]
    assert (drawn.first, drawn.last) == (FIRST, datetime.date(2023, 1, 4))


def test_undated_value_yields_to_a_dated_one_and_a_gap_to_both() -> None:
    indicator = factories.indicator()
    for period, value, status in (("", 1, "A"), ("2019", 2, "A"), ("2021", None, "O")):
        factories.observation(indicator=indicator, period=period, value=value, status=status)
    assert [o.value for o in newest_observations(factories.country())] == [2]
    Observation.objects.filter(value=2).delete()
    assert [o.value for o in newest_observations(factories.country())] == [1]
    Observation.objects.filter(value=1).delete()
    assert [o.status for o in newest_observations(factories.country())] == ["O"]


def test_value_of_another_country_is_none_of_ours() -> None:
    factories.observation(country=factories.country(iso3="ECU"))
    assert list(newest_observations(factories.country())) == []
