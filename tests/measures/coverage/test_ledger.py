"""What the ledger says of topics, quarters and questions, its rules, and its file."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import QueryDict

from foundation.partial_dates import Period
from measures.choices import Searched
from measures.coverage.ledger import CountryLedger, Run, added_up, extent_of_filter, public_ledger
from measures.coverage.quarters import Quarter, quarters_from, span_in_words
from measures.files.coverage import CoverageResource
from measures.listing.filters import MeasureFilter
from measures.listing.index import public_index
from measures.models import Coverage, Topic
from tests import factories as make
from tests.csv_files import counts, export, problems, run

NOT, NOTHING, PART, WHOLE = Searched.NOT_CHECKED, Searched.NOTHING_FOUND, Searched.PARTIAL, Searched.COMPLETE
FIRST, LAST = Quarter(2020, 1), Quarter(2020, 4)
database = pytest.mark.django_db


# Quarters


@pytest.mark.parametrize("text", ["2020-Q1", "2020-q1", "2020Q1", "2020 Q1", "2020-T1", "2020-01/2020-03"])
def test_quarter_is_read_as_statistics_and_as_we_write_it(text: str) -> None:
    assert str(Period.parse(text)) == "2020-01/2020-03"


@pytest.mark.parametrize("text", ["2020-Q5", "2020-Q0", "20-Q1", "Q1"])
def test_what_is_no_quarter_is_no_period(text: str) -> None:
    with pytest.raises(ValidationError):
        Period.parse(text)


def test_quarters_have_their_days_and_follow_each_other() -> None:
    quarters = quarters_from(Quarter(2019, 4), Quarter(2020, 2))
    assert [(str(q), q.first, q.last) for q in quarters] == [
        ("2019-Q4", date(2019, 10, 1), date(2019, 12, 31)),
        ("2020-Q1", date(2020, 1, 1), date(2020, 3, 31)),
        ("2020-Q2", date(2020, 4, 1), date(2020, 6, 30)),
    ]
    assert [Quarter.of_period(Period.parse(q.period)) for q in quarters] == quarters
    assert span_in_words(quarters[0], quarters[-1]) == "Q4 2019 to Q2 2020"
    assert [Quarter.parse(text) for text in ("2020-Q2", "2020-Q5", "2020", "²020-Q1")] == [
        Quarter(2020, 2),
        *[None] * 3,
    ]


# States


@pytest.mark.parametrize(
    ("states", "parts", "expected"),
    [
        ([], 3, NOT),
        ([NOT, NOT], 2, NOT),
        ([WHOLE], 2, PART),
        ([WHOLE, NOTHING], 2, WHOLE),
        ([NOTHING, NOTHING], 2, NOTHING),
        ([WHOLE, PART], 2, PART),
    ],
)
def test_parts_add_up(states: list[Searched], parts: int, expected: Searched) -> None:
    assert added_up(states, parts) == expected


def test_topic_follows_from_the_one_above_or_those_below() -> None:
    ledger = CountryLedger(
        {
            "health": {Quarter(2020, 1): WHOLE},
            "health.access": {Quarter(2020, 1): PART, Quarter(2020, 2): NOTHING},
            "health.care": {Quarter(2020, 2): WHOLE, Quarter(2020, 3): WHOLE},
        },
        {"health": ["health.access", "health.care"]},
    )
    told = {topic: [ledger.state(topic, q) for q in quarters_from(FIRST, LAST)] for topic in ("health", *ledger.rows)}
    assert told == {
        "health": [WHOLE, WHOLE, PART, NOT],
        "health.access": [PART, NOTHING, NOT, NOT],
        "health.care": [WHOLE, WHOLE, WHOLE, NOT],
    }
    assert ledger.over("health", FIRST, Quarter(2020, 2)) == WHOLE
    assert ledger.over("health", FIRST, LAST) == PART
    assert ledger.over("work", FIRST, LAST) == NOT
    assert ledger.runs("health", FIRST, LAST) == [
        Run(date(2020, 1, 1), date(2020, 7, 1), WHOLE),
        Run(date(2020, 7, 1), date(2020, 10, 1), PART),
        Run(date(2020, 10, 1), date(2021, 1, 1), NOT),
    ]


# Rules of the table


@database
@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"period": "2020"}, "period_is_a_quarter"),
        ({"period": "2020-02/2020-04"}, "period_is_a_quarter"),
        ({"state": "not_checked"}, "state_known"),
        ({"state": "half"}, "state_known"),
        ({"searched": ""}, "says_who_when_and_where"),
        ({"checked_by": ""}, "says_who_when_and_where"),
        ({"checked_on": None}, "says_who_when_and_where"),
        ({"checked_on": "2020-05", "state": "complete"}, "checked_after_its_end"),
        ({"checked_on": "2020-05", "state": "nothing_found"}, "checked_after_its_end"),
        ({"checked_on": "2020-03-31", "state": "partial"}, "checked_after_its_beginning"),
    ],
)
def test_row_that_says_too_much_is_refused(fields: dict[str, Any], rule: str) -> None:
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        make.coverage(**{"period": "2020-Q2", **fields})


@database
def test_row_of_a_running_quarter_is_partly_checked() -> None:
    assert make.coverage(period="2020-Q2", checked_on="2020-05", state="partial").pk
    assert make.coverage(period="2020-Q3", checked_on="2020?", state="nothing_found").pk


# What is public


@database
def test_public_ledger_has_covered_countries_and_no_proposals() -> None:
    make.coverage(period="2020-Q1")
    make.coverage(period="2020-Q2", is_proposed=True)
    make.coverage(country=make.country(iso3="VEN", is_covered=False), topic="work.permits")
    ledger = public_ledger(public_index())
    assert {iso3: dict(ledger.of(iso3).rows) for iso3 in ("PER", "VEN")} == {
        "PER": {"health.access": {Quarter(2020, 1): WHOLE}},
        "VEN": {},
    }
    assert set(Topic.objects.public().values_list("key", flat=True)) == {"health", "health.access"}


# Questions


def _asked(query: str) -> tuple[int, int, int, str] | None:
    extent = extent_of_filter(MeasureFilter(QueryDict(query)))
    return (extent.wholly, extent.partly, extent.never, extent.period) if extent else None


@database
def test_question_is_answered_by_country_topic_and_period() -> None:
    make.country(iso3="ECU")
    make.topic(key="work")
    make.measure(events=(("in_force", "2020-02-03"),))
    make.measure(events=(("in_force", "2020-11-03"),))
    for quarter in quarters_from(FIRST, LAST):
        make.coverage(topic="health", period=str(quarter), state="complete" if quarter < LAST else "partial")
    assert {query: _asked(query) for query in ("", "country=PER", "country=ECU", "topic=work", "to=2020-09")} == {
        "": (0, 1, 3, "Q1 2020 to Q4 2020"),
        "country=PER": (0, 1, 1, "Q1 2020 to Q4 2020"),
        "country=ECU": None,
        "topic=work": (0, 0, 2, "Q1 2020 to Q4 2020"),
        "to=2020-09": (1, 0, 3, "Q1 2020 to Q3 2020"),
    }
    assert _asked("country=PER&topic=health.access&from=2020-04&to=2020-06") == (1, 0, 0, "Q2 2020")
    assert _asked("country=PER&from=2025") == (0, 0, 2, "Q1 2025")
    assert _asked("country=INT") is None


# Its file


@database
def test_file_goes_out_and_comes_back(tmp_path: Path) -> None:
    make.coverage(period="2020-Q1", searched="A, “b”\nc")
    make.coverage(period="2020-Q1", is_proposed=True, state="not_checked", checked_on=None, checked_by="", searched="")
    written = export(CoverageResource)
    Coverage.objects.all().delete()
    assert counts(run(tmp_path, written, "coverage")) == (2, 0, 0, 0)
    assert export(CoverageResource) == written
    assert counts(run(tmp_path, written, "coverage")) == (0, 0, 2, 0)


ROW = {
    "country": "Peru",
    "topic": "health.access",
    "period": "2020-Q2",
    "state": "complete",
    "checked_on": "2021",
    "checked_by": "Andean team",
    "searched": "The gazette",
    "is_proposed": "",
}


@database
def test_file_says_what_is_wrong_with_a_row(tmp_path: Path) -> None:
    make.country()
    make.topic()
    rows = [
        ROW,
        ROW | {"period": "2020"},
        ROW | {"period": "2020-Q3", "topic": "none"},
        ROW | {"period": "2020-Q4", "state": "done"},
        ROW | {"period": "2022-Q1"},
    ]
    report = run(tmp_path, rows, "coverage")
    assert {(row, column) for row, column, _value in problems(report)} == {
        (3, "period"),
        (4, "topic"),
        (5, "state"),
        (6, "state"),
    }


@database
def test_file_changes_the_row_of_its_quarter(tmp_path: Path) -> None:
    row = make.coverage(period="2020-Q2", state="partial")
    assert counts(run(tmp_path, [ROW], "coverage")) == (0, 1, 0, 0)
    row.refresh_from_db()
    assert (row.state, str(row.checked_on)) == ("complete", "2021")
