"""A list as files of every format: the same cells, what they say of themselves, and parts of a file."""

import csv
import io
import json
import os
import time
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.test import Client

from foundation.days import today
from foundation.files import kept_files
from foundation.release import release
from measures.models import Measure
from tests import factories
from tests.clients import content_of
from tests.csv_files import cell_of

pytestmark = pytest.mark.django_db

QUERY = "?country=PER&kind=law&sort=oldest&labels=en"


@pytest.fixture(autouse=True)
def entries() -> None:
    """Two laws and a bill."""
    for kind, title in (("law", "Año | 1"), ("law", "Two"), ("bill", "Three")):
        factories.measure(kind=kind, title_en=title, topics=("asylum", "health.access"), checked_on="2020-05-01")


def _got(client: Client, path: str, **headers: str) -> tuple[Any, bytes]:
    response: Any = client.get(path, headers=headers)
    return response, content_of(response)


def test_every_format_has_the_cells_of_the_csv_file(client: Client) -> None:
    text = _got(client, f"/measures.csv{QUERY}")[1].decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["title_en"] for row in rows] == ["Año | 1", "Two"]
    assert json.loads(_got(client, f"/measures.json{QUERY}")[1]) == rows
    table = pq.read_table(io.BytesIO(_got(client, f"/measures.parquet{QUERY}")[1]))
    found = [{name: cell_of(value) for name, value in row.items()} for row in table.to_pylist()]
    assert found == rows
    for name in ("topics", "topics_label", "source_urls"):
        assert table.schema.field(name).type.value_type == "string"
    for name in ("checked_on", "date_first"):
        assert str(table.schema.field(name).type) == "date32[day]"


def test_file_says_what_it_is(client: Client) -> None:
    response, content = _got(client, "/measures.xlsx?country=PER")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["measures", "about"]
    told = dict(book["about"].iter_rows(values_only=True))
    assert (told["Filter"], told["Entries"], told["Date of this file"]) == ("Peru", "3", str(today()))
    assert told["Address"] == "http://testserver/measures/?country=PER"
    assert told["Citation"].endswith(f"Measures (Peru). Version of {told_day()}. {told['Address']}")
    assert f'filename="measures-country-PER-{today()}.xlsx"' in response["Content-Disposition"]
    footer = pq.read_metadata(io.BytesIO(_got(client, "/measures.parquet?country=PER")[1])).metadata
    assert (footer[b"Filter"], footer[b"Citation"].decode()) == (b"Peru", told["Citation"])


def told_day() -> str:
    day = today()
    return f"{day.day} {day:%B %Y}"


def test_csv_is_described_beside_it(client: Client) -> None:
    response, content = _got(client, f"/measures.csv{QUERY}")
    links = dict(reversed(link.split("; ")[:2]) for link in response["Link"].split(", "))
    assert set(links) == {'rel="license"', 'rel="cite-as"', 'rel="describedby"'}
    described = json.loads(_got(client, links['rel="describedby"'].strip("<>"))[1])
    columns = described["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == content.decode().splitlines()[0].split(",")
    assert [column["name"] for column in columns if column.get("separator")] == [
        *("issuing_body", "issuing_body_label", "topics", "topics_label", "target_groups", "target_groups_label"),
        *("origin_countries", "origin_countries_label", "status_history", "relations", "sources", "source_urls"),
        *("external_ids", "areas", "areas_label", "binds", "binds_label"),
    ]
    assert {column["name"] for column in columns if column["datatype"] == "date"} >= {"checked_on", "date_first"}
    assert described["url"].startswith("http://testserver/measures.csv?")
    assert described["dc:license"].startswith("https://creativecommons.org/")


def test_parts_of_a_file_make_the_whole(client: Client) -> None:
    whole, content = _got(client, "/measures.parquet")
    size = len(content)
    assert (whole["Accept-Ranges"], int(whole["Content-Length"])) == ("bytes", size)
    parts = [("bytes=0-99", content[:100]), (f"bytes=100-{size + 9}", content[100:]), ("bytes=-8", content[-8:])]
    for asked, part in parts:
        response, found = _got(client, "/measures.parquet", Range=asked, **{"Accept-Encoding": "gzip"})
        assert (response.status_code, found, response["ETag"]) == (206, part, whole["ETag"])
        assert response["Content-Range"].endswith(f"/{size}")
    beyond = client.get("/measures.parquet", headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{size}")
    for asked in ("bytes=9-1", "bytes=-", "bytes=0-1,4-5", "lines=1-2"):
        assert _got(client, "/measures.parquet", Range=asked)[1] == content
    assert _got(client, "/measures.parquet", Range="bytes=0-1", **{"If-Range": whole["ETag"]})[0].status_code == 200


def test_part_is_of_the_file_of_now(client: Client) -> None:
    before = _got(client, "/measures.parquet", Range="bytes=0-3")[0]
    measure = Measure.objects.get(title_en="Two")
    measure.title_en = "Another"
    measure.save()
    after = _got(client, "/measures.parquet", Range="bytes=0-3")[0]
    assert after["ETag"] != before["ETag"]
    titles = pq.read_table(io.BytesIO(_got(client, "/measures.parquet")[1]), columns=["title_en"])["title_en"]
    assert "Another" in titles.to_pylist()


def test_kept_files_make_room_for_the_newest(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    settings.TEMPORARY_DIR = tmp_path
    monkeypatch.setattr(kept_files, "MOST_BYTES", 25)
    for key in "abc":
        kept_files.kept_file(key, _write).close()
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["b", "c"]


def _write(path: Path) -> None:
    path.write_bytes(b"0123456789")


def test_new_release_makes_a_new_file(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.TEMPORARY_DIR = settings.BASE_DIR = settings.STATIC_ROOT = tmp_path
    (tmp_path / "requirements.lock").touch()
    try:
        for name in ("old", "old", "new"):
            (tmp_path / "staticfiles.json").write_text(name)
            release.cache_clear()  # as in a process that starts
            assert _got(client, "/measures.parquet")[0].status_code == 200
    finally:
        release.cache_clear()
    assert len(list((tmp_path / "kept").iterdir())) == 2


def test_file_that_is_made_or_sent_survives_those_that_make_room(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.TEMPORARY_DIR = tmp_path
    monkeypatch.setattr(kept_files, "MOST_BYTES", 5)
    sent = kept_files.kept_file("sent", _write)

    def make_slowly(path: Path) -> None:
        path.write_bytes(b"0123456789")
        kept_files.kept_file("same", _write).close()  # another makes the same meanwhile, and then room
        kept_files.kept_file("other", _write).close()

    with kept_files.kept_file("same", make_slowly) as made, sent:
        assert (made.read(), sent.read()) == (b"0123456789", b"0123456789")
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["same"]


def test_file_that_nobody_finishes_is_removed(settings: Any, tmp_path: Path) -> None:
    settings.TEMPORARY_DIR = tmp_path
    (tmp_path / "kept").mkdir()
    for name, age in (("left", 2 * kept_files.ABANDONED), ("new", 0)):
        path = tmp_path / "kept" / f"{kept_files.UNFINISHED}{name}"
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    kept_files.kept_file("a", _write).close()
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"a", f"{kept_files.UNFINISHED}new"}
