"""Cells and files of feeds that cannot be what they seem: each is refused, held or read as declared."""

import datetime
from decimal import Decimal
from pathlib import Path

import pgtrigger
import pytest
from django.utils import timezone

from countries.feeds import dry_run, runs
from countries.feeds.state import due_feeds
from countries.models import FeedRun
from tests import factories
from tests.attacks.feeds import (
    DAYS,
    HEAD,
    NEXT,
    public,
    published,
    ran,
    table,
    text,
    written,
)

pytestmark = pytest.mark.django_db


# Cells


@pytest.mark.parametrize("cell", ["NA", "-", "..", "NaN", "nan", "null", "#N/A", ""])
def test_word_for_nothing_is_no_value(folder: Path, cell: str) -> None:
    run = ran(folder, factories.feed(), table() | {("PER", DAYS[0]): cell})
    assert (run.state, run.new, run.without_value, run.refused) == ("published", 119, 1, 0)


@pytest.mark.parametrize(
    "cell",
    [
        "<5",
        "1e9",
        "1E+06",
        "Infinity",
        "inf",
        "-inf",
        "0x10",
        "12abc",
        "12.000",
        "1.234",
        "5 (est.)",
        "1,2,3",
        "4,5",
        "12 %",
    ],
)
def test_cell_that_is_no_plain_count_is_refused_with_its_row(folder: Path, cell: str) -> None:
    quoted = f'"{cell}"' if "," in cell else cell
    run = ran(folder, factories.feed(), table() | {("PER", DAYS[2]): quoted})
    assert (run.state, run.new, run.refused) == ("published", 119, 1)
    assert (run.problems[0]["line"], run.problems[0]["cell"]) == (4, cell)
    assert run.problems[0]["remedy"]


READ = [
    ("comma", "percent", "4,5", "4.5"),
    ("point", "percent", "4.5", "4.5"),
    ("point", "persons", "1,234,567", "1234567"),
    ("comma", "persons", "1.234.567", "1234567"),
    ("comma", "index", "1.234,5", "1234.5"),
    ("point", "index", "1,234.5", "1234.5"),
    ("point", "persons", "1 700 000", "1700000"),
    ("point", "persons", "1\u202f700\u202f000", "1700000"),
    ("comma", "percent", "0,75", "0.75"),
    ("point", "percent", "12 %", "12"),
    ("point", "percent", "26.125", "26.125"),
    ("point", "persons", "١٢٣", "123"),
    ("point", "persons", "12.0", "12"),
]


@pytest.mark.parametrize(("mark", "unit", "cell", "value"), READ)
def test_number_is_read_as_the_feed_declares(folder: Path, mark: str, unit: str, cell: str, value: str) -> None:
    feed = factories.feed(decimal_mark=mark, indicator=factories.indicator(key=f"in_{unit}", unit=unit))
    run = ran(folder, feed, f'{HEAD}PER,2020-03-01,"{cell}"\n')
    assert (run.problem, public()) == ("", {("PER", "2020-03-01"): Decimal(value)})


@pytest.mark.parametrize(
    ("mark", "unit", "cell"),
    [
        *(("point", "persons", "12.000"), ("comma", "persons", "12,000"), ("point", "index", "12,000")),
        *(("comma", "percent", "12.000"), ("point", "percent", "4,5"), ("comma", "percent", "4.5")),
    ],
)
def test_number_with_two_readings_is_refused_and_both_are_named(folder: Path, mark: str, unit: str, cell: str) -> None:
    feed = factories.feed(decimal_mark=mark, indicator=factories.indicator(key=f"in_{unit}", unit=unit))
    run = ran(folder, feed, f'{HEAD}PER,2020-03-01,"{cell}"\n')
    assert (run.state, public()) == ("failed", {})
    assert f"“{cell}” in row 2" in run.problem
    if "000" in cell:
        assert "may mean 12000 or 12." in run.remedy


@pytest.mark.parametrize(
    ("unit", "cell"), [("percent", "100.1"), ("percent", "-1"), ("persons", "2.5"), ("cases", "-3")]
)
def test_value_that_does_not_fit_its_unit_is_held_alone(folder: Path, unit: str, cell: str) -> None:
    feed = factories.feed(indicator=factories.indicator(key=f"in_{unit}", unit=unit))
    run = ran(folder, feed, table() | {("PER", DAYS[0]): cell})
    assert (run.state, run.new, run.held) == ("partly_held", 119, 1)
    assert run.doubts[0]["examples"][0]["line"] == 2


def test_many_bad_cells_make_the_file_doubtful(folder: Path) -> None:
    feed = factories.feed()
    run = ran(folder, feed, table() | {("PER", day): "-1" for day in DAYS})
    assert (run.state, run.held, public()) == ("held", 20, {})
    assert run.reasons == [
        "20 values are negative or do not fit the unit “persons”.",
        "That is 17 % of the values that it would change, more than a tenth, so the whole file is held.",
    ]


# The file as a whole


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("iso3,when,value\nPER,2020-03-01,1\n", "The file has no column “date”."),
        ("iso3,date,value,value\nPER,2020-03-01,1,2\n", "The file has two columns named “value”."),
        ("<!doctype html><title>Sorry</title>", "The server sent a web page instead of data."),
        ("\n\n  <html>", "The server sent a web page instead of data."),
        ('{"error": "quota"}', "The file is JSON, not CSV."),
        ("Service unavailable", "The first row of the file is not a header"),
        ("", "The file is empty."),
        ("\n\n", "The file is empty."),
        (HEAD, "The file has no row with a value."),
        (text(table()).encode("utf-16"), "The file is not encoded in UTF-8."),
        ((text(table()) + "CÔT,2020-03-01,1\n").encode("latin-1"), "The file is not encoded in UTF-8."),
        ("date,iso3,value\n" + "".join(f"{c},{d},1\n" for c, d in table()), "No row of the file could be read"),
    ],
)
def test_file_that_is_no_table_changes_nothing(folder: Path, body: str | bytes, problem: str) -> None:
    feed = published(folder)
    before = public()
    run = ran(folder, feed, body)
    assert (run.state, run.problem[: len(problem)], public()) == ("failed", problem, before)


def test_columns_and_rows_in_another_order_are_nothing_new(folder: Path) -> None:
    cells = {place: str(number) for number, place in enumerate(table(), start=1)}
    feed = published(folder, cells)
    lines = text(cells).splitlines(keepends=True)[1:]
    assert ran(folder, feed, HEAD + "".join(reversed(lines))).state == "unchanged"
    swapped = ["value;iso3;date", *(f"{value};{iso3};{day}" for (iso3, day), value in cells.items())]
    run = ran(folder, feed, "\n".join(swapped) + "\n")
    assert (run.state, run.unchanged) == ("unchanged", 120)


def test_last_row_that_breaks_off_is_held(folder: Path) -> None:
    feed = published(folder, dict.fromkeys(table(), "1234"))
    before = public()
    whole = text(dict.fromkeys(table(), "1234") | {("USA", NEXT): "1234"})
    run = ran(folder, feed, whole[:-3])
    assert (run.state, public()) == ("held", before)
    assert run.reasons == ["The last row is incomplete: earlier files ended with a line break."]


def test_file_that_always_ended_without_a_line_break_is_whole(folder: Path) -> None:
    feed = factories.feed()
    assert ran(folder, feed, text(table()).rstrip()).state == "published"
    assert ran(folder, feed, text(table() | {("USA", NEXT): "100"}).rstrip()).state == "published"


@pytest.mark.owner  # an ended run is immutable
def test_clock_that_ran_ahead_blocks_no_feed(folder: Path) -> None:
    feed = published(folder)
    ahead = timezone.now() + datetime.timedelta(days=400)
    with pgtrigger.ignore("countries.FeedRun:facts_stay"):
        FeedRun.objects.filter(feed=feed).update(started_at=ahead, ended_at=ahead)
    assert due_feeds() == [feed]
    written(folder, text(table() | {("PER", NEXT): "100"}))
    assert runs.run(feed).state == "published"
    assert runs.run(feed).state == "unchanged"
    assert due_feeds() == []


def test_clock_that_went_back_makes_nothing_public(folder: Path) -> None:
    feed = published(folder)
    before = public()
    written(folder, text(table() | {("PER", NEXT): "7"}))
    early = datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)
    trial = dry_run.try_out(feed, at=early)
    assert trial.problem.startswith("No row of the file could be read: The date is in the future.")
    assert public() == before
