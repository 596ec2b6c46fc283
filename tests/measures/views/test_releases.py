"""The pages of releases, their files, and what differs between two, as visitors and programs ask for them."""

import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from foundation.files.kept_files import LOCK
from foundation.sql import second_connection
from measures.models import Measure, Release
from measures.releases.store import folder_of
from measures.views.releases import IMMUTABLE, release_file
from measures.workflow import retire
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def first(settings: Settings, tmp_path: Path) -> Release:
    settings.RELEASES_DIR, settings.DOWNLOADS_PER_MINUTE = tmp_path, 0
    for title in ("Closing of borders", "Opening of borders"):
        factories.measure(title_en=title)
    return factories.release()


def test_file_is_the_one_of_the_release_and_may_be_kept_for_ever(client: Client, first: Release) -> None:
    for name, file in first.files.items():
        response = client.get(f"/data/releases/2026.1/{name}")
        content = response.getvalue()
        assert content == (folder_of("2026.1") / name).read_bytes()
        assert response["Cache-Control"] == IMMUTABLE
        assert response["Access-Control-Allow-Origin"] == "*"
        assert (response["ETag"], len(content)) == (f'W/"{file["sha256"]}"', file["size"])
        again = client.get(f"/data/releases/2026.1/{name}", headers={"If-None-Match": response["ETag"]})
        assert (again.status_code, again.getvalue(), again["Cache-Control"]) == (304, b"", IMMUTABLE)


def test_file_is_sent_as_it_lies_on_the_disk(rf: RequestFactory, first: Release) -> None:
    """Regression: for each slow reader of a CSV file the server made a copy on its disk."""
    for name in first.files:
        answer: Any = release_file(rf.get(f"/data/releases/2026.1/{name}"), "2026.1", name)
        assert answer.file_to_stream
        answer.file_to_stream.close()


def test_parquet_is_read_in_parts(client: Client) -> None:
    path = folder_of("2026.1") / "measures.parquet"
    part = client.get("/data/releases/2026.1/measures.parquet", headers={"Range": "bytes=-8"})
    beyond = client.get("/data/releases/2026.1/measures.parquet", headers={"Range": "bytes=999999999-"})
    assert (beyond.status_code, beyond["Cache-Control"]) == (416, "no-store")
    failed = client.get("/data/releases/2026.1/measures.parquet", headers={"If-Match": '"x"'})
    assert (failed.status_code, failed["Cache-Control"]) == (412, "no-store")
    known = client.get("/data/releases/2026.1/measures.parquet", headers={"If-None-Match": "*"})
    assert (known.status_code, known["Cache-Control"]) == (304, IMMUTABLE)
    assert (part.status_code, part.getvalue()) == (206, path.read_bytes()[-8:])
    assert part["Content-Range"].endswith(f"/{path.stat().st_size}")
    assert b"Measures, sources and figures, release 2026.1" in pq.read_metadata(path).metadata[b"Citation"]


@pytest.mark.parametrize(
    "path", ["2026.2/", "2026.1x/", "latest/", "2026.1/nothing.csv", "2026.1/..%2F.lock", "2026.2/measures.csv", "%00/"]
)
def test_what_is_in_no_release_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/data/releases/{path}").status_code in (400, 404)


def test_lost_file_is_reported_to_the_operator(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    (folder_of("2026.1") / "measures.csv").unlink()
    assert client.get("/data/releases/2026.1/measures.csv").status_code == 404
    assert "measures.csv of the release 2026.1 cannot be read: " in caplog.text


def test_pages_tell_what_was_withdrawn_since_and_why(client: Client, first: Release) -> None:
    gone, stays = Measure.objects.order_by("pk")
    assert "withdrawn" not in client.get("/data/releases/2026.1/").text
    before = (folder_of("2026.1") / "measures.csv").read_bytes()
    retire(gone, by=factories.editor(), note="It was entered twice.")
    never = factories.measure(title_en="Not in the release")
    retire(never, by=factories.editor(username="other"), note="Never mind.")
    page, listed = client.get("/data/releases/2026.1/").text, client.get("/data/releases/").text
    assert "1 record of this release was withdrawn since." in page
    assert "1 record was withdrawn since." in listed
    assert f'<a href="/measures/{gone.public_id}/">{gone.public_id}</a>: It was entered twice.' in page
    assert never.public_id not in page + listed
    assert stays.public_id not in page
    assert client.get("/data/releases/2026.1/measures.csv").getvalue() == before


def test_list_has_the_newest_first_with_its_changes_in_numbers(client: Client) -> None:
    measure = Measure.objects.latest("pk")
    Measure.objects.filter(pk=measure.pk).update(title_en="Changed", title_es="Cambiado")
    factories.measure()
    factories.release(name="2026.2")
    page = client.get("/data/releases/").text
    assert page.index('id="release-2026.2"') < page.index('id="release-2026.1"')
    found = Release.objects.get(name="2026.2").changes
    assert found["measures"] == {"changed": 2, "added": 1}
    added = sum(numbers.get("added", 0) for numbers in found.values())
    assert f"Since 2026.1, in all tables: rows added {added}, cells changed 2, rows removed 0." in page
    assert "The first release." in page
    for prefix in ("/es", "/pt"):
        assert client.get(f"{prefix}/data/releases/2026.2/").status_code == 200
    assert "http://testserver/data/releases/2026.1/" in client.get("/sitemap-releases.xml").text
    assert 'href="/data/releases/"' in client.get("/data/").text


def test_list_of_more_releases_takes_no_more_queries(client: Client) -> None:
    retire(Measure.objects.latest("pk"), by=factories.editor(), note="It was entered twice.")
    numbers = []
    for name in ("2026.2", "2026.3"):
        factories.release(name=name)
        client.get("/data/")  # another version of the public data is read once
        with CaptureQueriesContext(connection) as made:
            client.get("/data/releases/")
        numbers.append(len(made))
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize("damage", ["lost", "cut off", "not readable"])
def test_lost_or_damaged_release_is_named_and_hides_no_other(client: Client, damage: str) -> None:
    retire(Measure.objects.latest("pk"), by=factories.editor(), note="It was entered twice.")
    factories.release(name="2026.2")
    path = folder_of("2026.1") / "measures.parquet"
    path.unlink()
    if damage == "cut off":
        path.write_bytes(b"PAR1")
    elif damage == "not readable":
        path.mkdir()
    page = client.get("/data/releases/").text
    assert page.count("Files of this release are missing or damaged.") == 1
    assert 'id="release-2026.2"' in page
    file = client.get("/data/releases/2026.1/measures.parquet")
    assert file.status_code == (200 if damage == "cut off" else 404)


def test_release_is_cited_in_every_form(client: Client, first: Release) -> None:
    address, title = "http://testserver/data/releases/2026.1/", "Measures, sources and figures, release 2026.1"
    page = client.get("/data/releases/2026.1/")
    assert f'<{address}>; rel="cite-as"' in page["Link"]
    for form in ("text", "bibtex", "ris", "csl"):
        cited = client.get(f"/cite/{form}?url=/data/releases/2026.1/").text
        assert address in cited
        assert title in cited
    (item,) = json.loads(cited)
    assert (item["type"], item["version"]) == ("dataset", f"{first.moment:%Y-%m-%d}")
    assert client.get("/cite/text?url=/data/releases/2026.7/").status_code == 404


def test_api_lists_releases_with_the_sums_of_their_files(client: Client, first: Release) -> None:
    (found,) = client.get("/api/v1/releases/").json()
    assert (found["name"], found["url"]) == ("2026.1", "http://testserver/data/releases/2026.1/")
    assert {file["name"]: file["sha256"] for file in found["files"]} == {
        name: file["sha256"] for name, file in first.files.items()
    }
    assert client.get("/api/v1/releases/?name=2026.1").status_code == 400


def test_changes_are_a_file_between_two_releases_and_until_now(client: Client, first: Release) -> None:
    header = "op,file,key,column,old,new,reason,source\n"
    assert client.get("/data/changes?since=2026.1").getvalue().decode() == header
    measure = Measure.objects.latest("pk")
    Measure.objects.filter(pk=measure.pk).update(title_en="Changed")
    response = client.get("/data/changes?since=2026.1")
    (line,) = response.getvalue().decode().splitlines()[1:]
    assert line.startswith(f"MOD,measures,{measure.public_id},title_en,Opening of borders,Changed,,https://")
    assert response["Content-Disposition"] == 'attachment; filename="changes-2026.1.csv"'
    factories.release(name="2026.2")
    factories.release(name="2026.3")
    answers = {
        query: client.get(f"/data/changes?{query}").getvalue().decode().splitlines()[1:]
        for query in ("since=2026.1&until=2026.2", "since=2026.1&until=2026.3", "since=2026.2&until=2026.3")
    }
    assert list(answers.values()) == [[line], [line], []]


def test_changes_are_compared_once_and_by_one_process(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.TEMPORARY_DIR = tmp_path / "temporary"
    first = client.get("/data/changes?since=2026.1").getvalue()
    (kept,) = (settings.TEMPORARY_DIR / "kept").iterdir()
    kept.write_bytes(b"kept")
    assert client.get("/data/changes?since=2026.1").getvalue() == b"kept"
    kept.unlink()
    number = zlib.crc32(kept.name.encode()) - 2**31
    with second_connection() as other:
        other.execute("select pg_advisory_lock(%s, %s)", [LOCK, number])
        busy = client.get("/data/changes?since=2026.1")
    assert (busy.status_code, busy["Retry-After"], busy["Cache-Control"]) == (503, "10", "no-store")
    assert client.get("/data/changes?since=2026.1").getvalue() == first


def test_changes_since_a_lost_release_are_an_error(client: Client) -> None:
    client.raise_request_exception = False
    factories.release(name="2026.2")
    shutil.rmtree(folder_of("2026.1"))
    shutil.rmtree(folder_of("2026.2"))
    for query in ("since=2026.1", "since=2026.1&until=2026.2"):
        response = client.get(f"/data/changes?{query}")
        assert (response.status_code, response.get("ETag")) == (500, None)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "since: Write the name of a release. There are: 2026.1."),
        ("?since=2026.7", "since: Write the name of a release. There are: 2026.1."),
        ("?since=2026.1&until=2026.1", "until: Write a later release than 2026.1."),
        ("?since=2026.1&to=2026.1", "to: This filter does not exist."),
        ("?since=2026.1&since=2026.1", "since: Write the name of a release. There are: 2026.1."),
    ],
)
def test_changes_of_what_is_no_release_are_refused(client: Client, query: str, words: str) -> None:
    response = client.get(f"/data/changes{query}")
    assert (response.status_code, response.text.strip()) == (400, words)
