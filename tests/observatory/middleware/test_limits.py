"""A full or read-only disk is reported in the site's design, and nothing is saved in part."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from psycopg.errors import DiskFull
from pytest_django import Settings

from foundation.files.models import FileImport
from measures.models import Capture, Source
from observatory.urls import urlpatterns as site
from observatory.writable_folders import unwritable
from tests import factories
from tests.archive_sources import page
from tests.clients import signed_in
from tests.csv_files import MEASURE, csv_text
from tests.small_disks import fill, make_read_only, small_disk

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/foundation/fileimport/add/"
SOURCE = "/admin/measures/source/add/"
FULL, LOCKED = (
    "Its disk is full, so nothing was saved.",
    "One of its folders cannot be written to, so nothing was saved.",
)


@pytest.fixture
def disk(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A disk of its own for the folders of the site."""
    with small_disk(tmp_path / "disk") as disk:
        settings.DATA_DIR, settings.TEMPORARY_DIR = disk, disk / "tmp"
        settings.IMPORTS_DIR, settings.ARCHIVE_DIR = disk / "imports", disk / "archive"
        settings.FEEDS_DIR, settings.MEDIA_ROOT = disk / "feeds", disk / "media"
        yield disk


@pytest.fixture
def analyst() -> Client:
    return signed_in(factories.analyst())


def _send_file(client: Client) -> Any:
    file = SimpleUploadedFile("mine.csv", csv_text([MEASURE]).encode() + b"\n" * 20_000, "text/csv")
    return client.post(UPLOAD, {"file_type": "measures", "file": file})


def _send_document(client: Client) -> Any:
    form = {"url": "", "title": "Gaceta", "kind": "official_gazette", "rights": "unknown"}
    return client.post(SOURCE, form | {"upload": SimpleUploadedFile("decree.html", page(), "text/html")})


def _saved() -> int:
    return FileImport.objects.count() + Source.objects.count() + Capture.objects.count()


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("send", [_send_file, _send_document])
def test_full_disk_is_said_and_nothing_stays(
    disk: Path, analyst: Client, send: Callable[[Client], Any], caplog: pytest.LogCaptureFixture
) -> None:
    for folder in (disk / "imports" / "2026", disk / "archive"):
        folder.mkdir(parents=True)
    ballast = fill(disk)
    answer = send(analyst)
    assert answer.status_code == 507
    assert "<h1>The server cannot save files</h1>" in answer.text
    assert FULL in answer.text
    assert "which still has what you wrote" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert _saved() == 0
    assert _files(disk) == [ballast]
    (record,) = [record for record in caplog.records if record.name == "observatory.refusals"]
    assert f"The folder {disk}" in record.getMessage()
    assert record.exc_info is None
    ballast.unlink()
    assert send(analyst).status_code == 302


@pytest.mark.parametrize("send", [_send_file, _send_document])
def test_read_only_disk_is_said(disk: Path, analyst: Client, send: Callable[[Client], Any]) -> None:
    make_read_only(disk)
    answer = send(analyst)
    assert (answer.status_code, LOCKED in answer.text) == (507, True)
    assert _saved() == 0


def test_download_that_finds_no_room_is_a_text(disk: Path, analyst: Client) -> None:
    fill(disk)
    answer = analyst.get("/admin/foundation/fileimport/export/topics.ods")
    assert (answer.status_code, answer.headers["Content-Type"]) == (507, "text/plain; charset=utf-8")
    assert answer.text.startswith("Its disk is full, so the file could not be made.")


def test_readyz_names_the_folders_and_goes_on(disk: Path) -> None:
    assert unwritable() == []
    ballast = fill(disk)
    assert unwritable() == [
        f"{name}: No space left on device" for name in ("tmp", "media", "archive", "imports", "feeds")
    ]
    ballast.unlink()
    make_read_only(disk)
    assert unwritable()[0] == "tmp: Read-only file system"


def _raise_full(_request: HttpRequest) -> HttpResponse:
    raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def _raise_full_database(_request: HttpRequest) -> HttpResponse:
    raise OperationalError("could not extend file") from DiskFull("could not extend file")


def _raise_foreign(_request: HttpRequest) -> HttpResponse:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/etc/shadow")


urlpatterns = [
    path("quota/", _raise_full),
    path("database/", _raise_full_database),
    path("foreign/", _raise_foreign),
    *site,
]


@pytest.mark.parametrize("address", ["/quota/", "/database/"])
def test_quota_and_disk_of_the_database_are_full_disks(settings: Settings, address: str) -> None:
    settings.ROOT_URLCONF = __name__
    answer = Client().post(address)
    assert (answer.status_code, FULL in answer.text) == (507, True)


def test_file_of_others_that_may_not_be_read_is_an_error_of_ours(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    assert Client(raise_request_exception=False).get("/foreign/").status_code == 500
    assert connection.is_usable()
