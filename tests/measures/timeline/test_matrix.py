"""The table of counts: each number is that of the entries behind its link."""

import pytest
from django.http import QueryDict

from measures.listing.filters import MeasureFilter
from measures.timeline.matrix import Matrix, MatrixQuery, matrix
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
    assert [cell.shade for cell in found.rows[0].cells] == [2, 0, 1, 1, 1]
    assert [(shade.number, shade.label) for shade in found.shades] == [(1, "1"), (2, "2")]
    assert found.totals is not None
    assert [cell.count for cell in found.totals.cells] == [2, 0, 1, 1, 1]
    assert found.totals.total.count == 5
    assert [(year, len(columns)) for year, columns in found.years] == [("2020", 3), ("", 2)]


def test_each_shade_has_about_as_many_entries_as_any_other() -> None:
    for month, number in enumerate((1, 1, 1, 1, 2, 2, 3, 4, 5, 20), start=1):
        for _ in range(number):
            entry(f"2020-{month:02d}-02", "health")
    found = counted()
    assert [cell.shade for cell in found.rows[0].cells] == [1, 1, 1, 1, 1, 1, 2, 2, 2, 3]
    assert [shade.label for shade in found.shades] == ["1 to 2", "3 to 5", "6 to 20"]
    for _ in range(9):
        for month in range(1, 10):
            entry(f"2020-{month:02d}-02", "work")
    found = counted()
    assert [shade.label for shade in found.shades] == ["1 to 9", "10 to 20"]


def test_cells_tell_the_way_that_most_of_their_entries_go() -> None:
    ways = ("more_restrictive", "more_restrictive", "less_restrictive", "undetermined", "")
    for month, directions in (("03", ways), ("04", ways[1:3]), ("05", ways[2:])):
        for direction in directions:
            make.measure(topics=("health",), direction=direction, events=(("in_force", f"2020-{month}-02"),))
    found = counted()
    assert [cell.direction for cell in found.rows[0].cells] == ["more_restrictive", "", "less_restrictive"]
    assert [(b.more, b.less, b.up, b.down) for b in found.balances] == [
        (2, 1, "100%", "50%"),
        (1, 1, "50%", "50%"),
        (0, 1, "0%", "50%"),
    ]


def test_few_early_entries_share_a_column() -> None:
    entry("2001-02-01")
    for month in range(1, 11):
        entry(f"2020-{month:02d}-01")
    found = counted()
    assert [column.label for column in found.columns][:3] == ["Before Jan 2020", "Jan 2020", "Feb 2020"]
    assert rows(found)["Health"] == [1] * 11


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
    ("last", "query"),
    [
        ("2021-02-03", "precision=day&precision=year"),
        ("2021-02-03", "from=2020-03-15&to=2021"),
        ("2029-02-03", "from=2020-06&topic=work"),
        ("2029-02-03", "topic=work.permit"),
        ("2055", "kind=law"),
        ("2055", ""),
    ],
)
def test_every_number_is_what_its_link_gives(last: str, query: str) -> None:
    for date in ("2020-03-01", "2020-03-31", "2020-03", "2020-07-09?", "2020", "2021", "", last):
        entry(date, "health.access", "work.permit")
        entry(date, "work")
    topics = [pair for pair in TOPICS if f"topic={pair[0]}" in query.split("&")] or TOPICS[:2]
    found = counted(query, topics)
    assert (found.totals is None) == (not found.rows)
    for row in (*([found.totals] if found.totals else []), *found.rows):
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
