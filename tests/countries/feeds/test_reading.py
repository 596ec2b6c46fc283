"""Reading files of each format, and reporting errors in them."""

import csv
import gzip
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countries.feeds.problems import FeedProblem
from countries.feeds.reading import cells_of, sample_of
from countries.models import IndicatorFeed

LONG = {"country_column": "iso3", "day_column": "date", "value_column": "value"}


def read(tmp_path: Path, body: str | bytes, **fields: Any) -> list[tuple]:
    path = tmp_path / "body"
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return list(cells_of(path, IndicatorFeed(**LONG | fields)))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_with_any_delimiter(tmp_path: Path, delimiter: str) -> None:
    body = "date,iso3,value\n2020-03-01,PER,7\n".replace(",", delimiter)
    assert read(tmp_path, body) == [(2, "PER", "2020-03-01", "7")]


def test_gzipped_csv_with_a_byte_order_mark_and_a_quoted_line_break(tmp_path: Path) -> None:
    body = '\ufeffnote,iso3,date,value\r\n"two\r\nlines",PER,2020,1\r\n\r\n'
    assert read(tmp_path, gzip.compress(body.encode())) == [(2, "PER", "2020", "1")]


def test_lines_before_the_header_are_passed_over(tmp_path: Path) -> None:
    body = "Data Source,World Bank\n\niso3,date,value\nPER,2020,1\n"
    assert read(tmp_path, body, skip_rows=2) == [(4, "PER", "2020", "1")]


def test_filter_takes_the_rows_of_one_series(tmp_path: Path) -> None:
    body = "iso3,date,indicator,value\nPER,2020,cases,1\nPER,2020,deaths,2\n"
    found = read(tmp_path, body, filter_column="indicator", filter_value="deaths")
    assert found == [(3, "PER", "2020", "2")]


def test_row_with_fewer_cells_is_told(tmp_path: Path) -> None:
    assert read(tmp_path, "iso3,date,value\nPER,2020\n") == [(2, None, None, None)]


def test_wide_csv_gives_a_value_for_each_column_that_is_a_day(tmp_path: Path) -> None:
    body = "Country,Region 2,1960,1961 [YR1961],5/29/20,Notes\nPER,South,1,2,3,x\nECU,South,4,,6,y\n"
    found = read(tmp_path, body, format="csv_wide", country_column="Country")
    assert found == [
        (2, "PER", "1960", "1"),
        (2, "PER", "1961 [YR1961]", "2"),
        (2, "PER", "5/29/20", "3"),
        (3, "ECU", "1960", "4"),
        (3, "ECU", "1961 [YR1961]", ""),
        (3, "ECU", "5/29/20", "6"),
    ]


def test_json_records_at_a_path_keep_their_numbers_as_written(tmp_path: Path) -> None:
    body = json.dumps({"page": 1, "items": [{"place": {"iso": "PER"}, "year": 2020, "n": 1.10}]}).replace("1.1", "1.10")
    fields = {"country_column": "place.iso", "day_column": "year", "value_column": "n"}
    assert read(tmp_path, body, format="json", records_path="items", **fields) == [(1, "PER", "2020", "1.10")]


def test_world_bank_pages_behind_each_other(tmp_path: Path) -> None:
    def page(number: int, iso3: str, value: float | None) -> str:
        record = {"country": {"id": "x", "value": "x"}, "countryiso3code": iso3, "date": "2020", "value": value}
        return json.dumps([{"page": number, "pages": 2, "per_page": 1, "total": 2}, [record]])

    found = read(tmp_path, page(1, "PER", 20.2) + "\n" + page(2, "ECU", None) + "\n", format="world_bank")
    assert found == [(1, "PER", "2020", "20.2"), (2, "ECU", "2020", "")]


PROBLEMS = [
    (b"", {}, "The file is empty."),
    (b"<!DOCTYPE html><html><body>Down for maintenance", {}, "The server sent a web page instead of data."),
    (b"\xef\xbb\xbf\n <html>", {}, "The server sent a web page instead of data."),
    (gzip.compress(b"<html>", mtime=0), {}, "The server sent a web page instead of data."),
    (
        gzip.compress(b"iso3,date,value\nPER,2020,1\n", mtime=0)[:-6],
        {},
        "The compressed file is incomplete or damaged.",
    ),
    (b"\x1f\x8bnonsense", {}, "The compressed file is incomplete or damaged."),
    ("iso3,date,value\nCôte,2020,1\n".encode("latin-1"), {}, "The file is not encoded in UTF-8."),
    (b'iso3,date,value\nPER,"2020,1\n', {}, "The file cannot be read as CSV (unexpected end of data)."),
    (b"iso3,day,value\nPER,2020,1\n", {}, "The file has no column “date”."),
    (b"Statistics of 2020\niso3,date,value\n", {}, "The first row of the file is not a header: “Statistics of 2020”."),
    (b'[{"iso3": "PER"}]', {}, "The file is JSON, not CSV."),
    (b"iso3,a,b\nPER,1,2\n", {"format": "csv_wide"}, "No column of the file has a day or year as its name."),
    (b"iso3,date\n", {"format": "json"}, "The response cannot be read as JSON."),
    (b'{"rows": []}', {"format": "json", "records_path": "items"}, "The response has no list of records at “items”."),
    (b'[{"iso3": "PER", "day": "2020", "value": 1}]', {"format": "json"}, "The records have no key “date”."),
    (
        b'[{"message":[{"id":"120","key":"Invalid value","value":"The provided parameter value is not valid"}]}]',
        {"format": "world_bank"},
        "The World Bank says: The provided parameter value is not valid",
    ),
]


@pytest.mark.parametrize(("body", "fields", "problem"), PROBLEMS)
def test_file_that_cannot_be_read_says_what_is_wrong(
    tmp_path: Path, body: bytes, fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(FeedProblem) as raised:
        read(tmp_path, body, **fields)
    assert raised.value.problem == problem
    assert raised.value.remedy


def test_changed_header_names_the_columns_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(FeedProblem) as raised:
        read(tmp_path, "iso_code,date,value\nPER,2020,1\n")
    assert "Its columns are “iso_code”, “date”, “value”." in raised.value.remedy


def test_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countries.feeds.reading.MOST_BYTES", 1_000_000)
    bomb = gzip.compress(b"iso3,date,value\n" + b"PER,2020,1\n" * 1_000_000)
    assert len(bomb) < 50_000
    with pytest.raises(FeedProblem, match="larger than 1 MB when unpacked"):
        read(tmp_path, bomb)


def test_sample_shows_columns_of_a_file_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_text('{"items": [{"a": {"b": 1}, "c": null}, {"d": 2}]}', encoding="utf-8")
    found = sample_of(path, IndicatorFeed(format="json", records_path="items"))
    assert (found.columns, found.rows) == (["a.b", "c", "d"], [["1", "", ""], ["", "", "2"]])


cell = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(rows=st.lists(st.tuples(cell, cell, cell), max_size=8), is_packed=st.booleans())
def test_whatever_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], is_packed: bool
) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["iso3", "date", "value"])
    writer.writerows(rows)
    body = text.getvalue().encode()
    path = tmp_path_factory.mktemp("made") / "body"
    path.write_bytes(gzip.compress(body) if is_packed else body)
    found = [row[1:] for row in cells_of(path, IndicatorFeed(**LONG))]
    assert found == rows


@given(body=st.binary(max_size=300), packed=st.booleans(), form=st.sampled_from(["csv_long", "csv_wide", "json"]))
def test_no_bytes_whatever_raise_anything_but_a_problem_in_words(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, packed: bool, form: str
) -> None:
    path = tmp_path_factory.mktemp("made") / "body"
    path.write_bytes(b"\x1f\x8b\x08" + body if packed else body)
    with suppress(FeedProblem):
        list(cells_of(path, IndicatorFeed(**LONG, format=form)))
