"""The columns of measures.csv that follow from the definition of time."""

import csv
import io
from typing import Any

import pytest

from measures.models import Measure, Validity
from measures.validity.store import settle
from tests import factories
from tests.csv_files import export

pytestmark = pytest.mark.django_db

COLUMNS = (
    *("state", "in_force_from", "in_force_until"),
    *("date_first", "date_last", "date_precision", "introduced", "enacted"),
)


def cells(measure: Measure) -> dict[str, str]:
    """The cells of a measure in these columns."""
    rows = csv.DictReader(io.StringIO(export(), newline=""))
    [row] = [row for row in rows if row["public_id"] == measure.public_id]
    return {name: row[name] for name in COLUMNS}


def test_columns_stand_together_and_are_left_out_of_files_to_keep() -> None:
    assert f",{','.join(COLUMNS)}," in f",{export().strip()},"
    assert not set(COLUMNS) & set(export(with_local=False).strip().split(","))


@pytest.mark.parametrize(
    ("fields", "state", "first", "last"),
    [
        ({"valid_from": "2020-03-16", "valid_until": "2020-03-30"}, "ended", "2020-03-16", "2020-03-30"),
        ({"valid_from": "2020-03", "valid_until": "2020"}, "ended", "", ""),
        ({"valid_from": "2020", "valid_until": "2021-06"}, "ended", "2020", "2021-06"),
        ({"valid_from": "2020-03-16", "end_kind": "indefinite"}, "in_force", "2020-03-16", ""),
        ({"valid_from": "2020-03-16"}, "possibly", "2020-03-16", ""),
        ({"events": (("enacted", "2020-03-16"),)}, "possibly", "", ""),
        ({"valid_from": "2040-03-16", "valid_until": "2041-03-16"}, "not_yet", "2040-03-16", "2041-03-16"),
        ({"kind": "bill", "events": (("introduced", "2020-03-16"),)}, "in_legislature", "", ""),
        ({"kind": "criticism", "events": (("issued", "2020-03-16"),)}, "statement", "", ""),
        ({}, "unknown", "", ""),
    ],
)
def test_state_and_days_in_force(fields: dict[str, Any], state: str, first: str, last: str) -> None:
    found = cells(factories.measure(**{"events": ()} | fields))
    assert (found["state"], found["in_force_from"], found["in_force_until"]) == (state, first, last)


def test_stale_row_says_what_holds_now() -> None:
    old = factories.measure(kind="law", events=(("in_force", "2010-01-01"),), end_kind="indefinite")
    new = factories.measure(kind="law", events=(("in_force", "2021-03-01"),), end_kind="indefinite")
    settle()
    assert cells(old)["state"] == "in_force"
    factories.relation(subject=new, object=old, type="repeals")
    assert Validity.objects.get(pk=old.pk).is_stale
    found = cells(old)
    assert (found["state"], found["in_force_until"]) == ("ended", "2021-02-28")
    settle()
    assert cells(old) == found


@pytest.mark.parametrize(
    ("date", "first", "last", "precision"),
    [
        ("2020-05-29", "2020-05-29", "2020-05-29", "day"),
        ("2020?-05-29", "2020-05-29", "2020-05-29", "day"),
        ("2020-02?", "2020-02-01", "2020-02-29", "month"),
        ("2020", "2020-01-01", "2020-12-31", "year"),
        ("", "", "", ""),
    ],
)
def test_date_as_days_and_precision(date: str, first: str, last: str, precision: str) -> None:
    found = cells(factories.measure(kind="bill", events=(("introduced", date),)))
    assert (found["date_first"], found["date_last"], found["date_precision"]) == (first, last, precision)


def test_first_dates_of_the_course() -> None:
    found = cells(
        factories.measure(
            kind="bill",
            events=(
                ("introduced", "2020-03"),
                ("archived", "2020-05-01"),
                ("introduced", "2021"),
                ("enacted", "2022?"),
            ),
        )
    )
    assert (found["introduced"], found["enacted"]) == ("2020-03", "2022?")


def test_act_with_several_periods_is_told_from_the_first_to_the_last_day() -> None:
    act = factories.measure(
        kind="law",
        valid_from="2020-01-01",
        valid_until="2020-12-31",
        events=(("in_force", "2020-01-01"), ("suspended", "2020-04-01"), ("in_force", "2020-07-01")),
    )
    found = cells(act)
    assert (found["in_force_from"], found["in_force_until"]) == ("2020-01-01", "2020-12-31")
