"""A disk is full or read-only, that of the site or that of its database: whoever waits for something is told."""

import io
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import Settings

from countries.feeds.runs import run
from foundation.files.importing import undo_jobs
from foundation.files.models import FileImport, ImportState
from foundation.web.fetching import fetch
from measures.models import Measure
from observatory.database.owner import as_owner
from observatory.serving.production import BLOCK, SPARE, Production
from tests import factories
from tests.attacks.sockets import HOST, Server, received, served, status_of
from tests.attacks.test_places import run_apart
from tests.attacks.test_sockets import ENDING, LARGE, RECORDS
from tests.attacks.test_sockets import large_record as large_record
from tests.background_work import work
from tests.clients import signed_in
from tests.csv_files import MEASURE, csv_text
from tests.hostile_server import answer as answer_of
from tests.hostile_server import serving
from tests.small_disks import fill, make_read_only, small_disk

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def site(environment: dict[str, str], disk: Path) -> Iterator[Server]:
    ours = {"DATA_DIR": str(disk), "SECRET_KEY": settings.SECRET_KEY, "PAGE_CACHE_MB": "0"}
    with served("tests.attacks.sites:patient", {**environment, **ours}) as server:
        yield server


def _upload(site: Server, cookie: str) -> bytes:
    head = f"POST /es/admin/measures/source/add/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n"
    form = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3000000\r\n\r\n"
    connection = site.sent(head + form)
    with suppress(ConnectionError):  # the server responds before it has received everything
        connection.sendall(b"x" * 3_000_000)
    return received(connection)


def test_upload_is_told(site: Server, disk: Path) -> None:
    cookie = f"sessionid={signed_in(User.objects.create_superuser('owner')).cookies['sessionid'].value}"
    answer = _upload(site, cookie)
    assert status_of(answer) == 507
    assert b'lang="es"' in answer
    assert b"<h1>" in answer


@pytest.mark.usefixtures("large_record")
@pytest.mark.parametrize("is_full", [True, False])
def test_large_download_is_told_and_a_small_one_is_made(site: Server, disk: Path, is_full: bool) -> None:
    if is_full:
        fill(disk)
    else:
        make_read_only(disk)
    answer = received(site.sent(ENDING))
    assert status_of(answer) == 507
    assert b"so the file could not be made." in answer
    assert status_of(received(site.sent(ENDING.replace("measures.csv", "map.csv")))) == 200
    assert status_of(received(site.sent(ENDING.replace("measures.csv", "archive.csv")))) == 200
    ready = received(site.sent(ENDING.replace("/measures.csv", "/readyz")))
    assert status_of(ready) == 200
    assert b"ok\ncannot save files in tmp: " in ready


@pytest.mark.usefixtures("large_record")
def test_download_that_fills_the_disk_is_broken_off(site: Server) -> None:
    answer = received(site.sent(ENDING))
    assert status_of(answer) == 200
    assert answer.count(b"x") < RECORDS * LARGE
    assert not answer.endswith(b"0\r\n\r\n")


def test_downloads_leave_room_for_what_people_save(disk: Path, settings: Settings) -> None:
    settings.TEMPORARY_DIR = disk

    async def room_left() -> int:
        production = Production()
        with pytest.raises(OSError, match="No space left"):
            production.make(StreamingHttpResponse(bytes(BLOCK) for _number in range(100)))
        left = shutil.disk_usage(disk).free
        production.end()
        return left

    assert run_apart(room_left()) > shutil.disk_usage(disk).total * SPARE - BLOCK


# The disk of the database


def _execute_as_owner(sql: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def full_database(db: None) -> Iterator[None]:
    """Writing measures fails as on a full disk, in words and code of PostgreSQL."""
    _execute_as_owner("""
        create function no_room() returns trigger language plpgsql as $$ begin
            raise 'could not extend file "base/1/2": No space left on device' using errcode = '53100';
        end $$;
        create trigger no_room before insert or delete on measures_measure
            for each statement execute function no_room();
    """)
    try:
        yield
    finally:
        _execute_as_owner("drop trigger if exists no_room on measures_measure; drop function no_room();")


@pytest.fixture
def upload(tmp_path: Path, settings: Settings) -> tuple[Client, FileImport]:
    """An editor, and a checked file that waits for confirmation."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    factories.country()
    factories.topic()
    client = signed_in(factories.editor())
    file = SimpleUploadedFile("mine.csv", csv_text([MEASURE]).encode(), "text/csv")
    client.post("/admin/foundation/fileimport/add/", {"file_type": "measures", "file": file})
    return client, FileImport.objects.get()


def test_import_is_told_of_a_full_disk_and_can_be_done_again(
    upload: tuple[Client, FileImport], full_database: None, caplog: pytest.LogCaptureFixture
) -> None:
    client, kept = upload
    page = client.post(kept.get_absolute_url(), {"confirm": "on"}, follow=True).text
    for words in ("The disk of the server is full. Nothing was written.", "Tell the operator of this site"):
        assert words in page
    kept.refresh_from_db()
    assert (kept.state, Measure.objects.count()) == (ImportState.FAILED, 0)
    assert [record.exc_info for record in caplog.records if "full disk" in record.message] == [None]
    _execute_as_owner("drop trigger no_room on measures_measure")
    client.post(kept.get_absolute_url(), {"again": "1"})
    client.post(kept.get_absolute_url(), {"confirm": "on"})
    assert Measure.objects.count() == 1


# What is fetched from other servers


def test_run_of_a_feed_is_told_of_a_full_disk(disk: Path, settings: Settings, folder: Path) -> None:
    settings.FEEDS_DIR = disk
    (folder / "daily.csv").write_bytes(b"country,date,value\n" + b"PER,2020-01-01,1\n" * 200_000)
    done = run(factories.feed(url="file:daily.csv"))
    assert (done.state, done.problem) == ("failed", "The disk of the server is full. Nothing was written.")
    assert done.remedy.startswith("Tell the operator of this site")


@pytest.mark.parametrize("is_body", [True, False])
def test_full_disk_is_no_fault_of_the_other_server(disk: Path, settings: Settings, is_body: bool) -> None:
    """Regression: the link of the source was taken for a broken one."""
    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    with serving() as server, (disk / "kept").open("w+b", buffering=0) as kept:
        server.answers["/large"] = answer_of(b"x" * 5_000_000, media_type="text/plain")
        body, transfer = (kept, io.BytesIO()) if is_body else (io.BytesIO(), kept)
        with pytest.raises(OSError, match="No space left"):
            fetch(f"{server.url}/large", body, transfer=transfer)


@pytest.mark.parametrize("is_large", [False, True])
def test_undoing_is_told_of_a_full_disk_and_can_be_done_again(
    upload: tuple[Client, FileImport], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, is_large: bool
) -> None:
    client, kept = upload
    page = kept.get_absolute_url()
    client.post(page, {"confirm": "on"})
    request.getfixturevalue("full_database")
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)  # of the worker's thread
    monkeypatch.setattr(undo_jobs, "SMALL", 0 if is_large else 1)
    answer = client.post(page, {"undo": "1"}, follow=True)
    work()
    text = (client.get(page) if is_large else answer).text
    for words in ("The disk of the server is full. Nothing was written.", "Tell the operator of this site"):
        assert words in text
    assert Measure.objects.count() == 1
    _execute_as_owner("drop trigger no_room on measures_measure")
    client.post(page, {"undo": "1"})
    work()
    kept.refresh_from_db()
    assert (kept.undone_at is not None, Measure.objects.count()) == (True, 0)
