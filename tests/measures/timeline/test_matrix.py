"""The table of counts: each number is that of the entries behind its link."""

import pytest
from django.http import QueryDict

from measures.listing.filters import MeasureFilter
from measures.timeline.matrix import SHADES, Matrix, MatrixQuery, matrix
from tests import factories as make

pytestmark = pytest.mark.django_db

TOPICS = [("health", "Health"), ("work", "Work"), ("work.permit", "Permit")]


def counted(query: str = "", topics: list[tuple[str, str]] = TOPICS[:2]) -> Matrix:
    filter = MeasureFilter(QueryDict(query))
    asked = MatrixQuery(filter.value("precision") or (), filter.value("from"), filter.value("to"), filter.query)
    return matrix(filter.selection, topics, asked)


def rows(found: Matrix) -> dict[str, list[int]]:
    return {row.label: [cell.count for cell in row.cells] for row in found.rows}


def entry(date: str, *topics: str) -> None:
    make.measure(topics=topics or ("health.access",), events=(("in_force", date),))


def test_few_months_are_columns_and_incomplete_dates_have_their_own() -> None:
    entry("2020-03-01", "health.access", "health.insurance", "work.permit")
    entry("2020-03")
    entry("2020-05-29")
    entry("2020")
    entry("")
    found = counted()
    assert [c.long_label for c in found.columns] == [
        "March 2020",
        "April 2020",
        "May 2020",
        "Year only",
        "Date not recorded",
    ]
    assert rows(found) == {"Health": [2, 0, 1, 1, 1], "Work": [1, 0, 0, 0, 0]}
    assert [row.total.count for row in found.rows] == [5, 1]
    assert [cell.shade for cell in found.rows[0].cells] == [SHADES, 0, 3, 3, 3]


@pytest.mark.parametrize(
    ("last", "labels"),
    [
        ("2022-06-01", ["Jan–Mar 2020", "Apr–Jun 2020"]),
        ("2031-06-01", ["2020", "2021"]),
        ("2060-06-01", ["2020–2024", "2025–2029"]),
    ],
)
def test_longer_times_have_coarser_columns(last: str, labels: list[str]) -> None:
    entry("2020-02-01")
    entry(last)
    assert [column.label for column in counted().columns][:2] == labels


def test_year_alone_fits_a_column_of_years() -> None:
    for date in ("2010-05-01", "2018-05-01", "2020"):
        entry(date)
    found = counted()
    assert found.columns[-1].label == "2020"
    assert sum(rows(found)["Health"]) == 3


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2020-03-15&to=2021",
        "precision=day&precision=year",
        "topic=work.permit",
        "from=2020-06&topic=work",
        "kind=law",
    ],
)
@pytest.mark.parametrize("last", ["2021-02-03", "2029-02-03", "2055"])
def test_every_number_is_what_its_link_gives(query: str, last: str) -> None:
    for date in ("2020-03-01", "2020-03-31", "2020-03", "2020-07-09?", "2020", "2021", "", last):
        entry(date, "health.access", "work.permit")
        entry(date, "work")
    topics = [pair for pair in TOPICS if f"topic={pair[0]}" in query.split("&")] or TOPICS[:2]
    found = counted(query, topics)
    for row in found.rows:
        for cell in (row.total, *row.cells):
            given = MeasureFilter(QueryDict(cell.query.removeprefix("?")))
            assert given.problems == []
            assert given.matching.count() == cell.count, cell.query


def test_nothing_gives_no_rows() -> None:
    assert counted().rows == ()


def test_a_topic_of_the_upper_level_counts_those_below_beside_their_own_row() -> None:
    entry("2020-03-01", "health")
    entry("2020-03-02", "health.access")
    found = counted(topics=[("health", "Health"), ("health.access", "Access")])
    assert rows(found) == {"Health": [2], "Access": [1]}
