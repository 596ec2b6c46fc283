"""Processes are killed while they write files: what they leave does not fill the disk for good."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from countries.feeds.download import fetched
from foundation.files.importing.package import import_package
from foundation.files.package.writing import archive
from observatory.leftovers import remove_leftovers
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.TEMPORARY_DIR, settings.ARCHIVE_DIR = tmp_path / "tmp", tmp_path / "archive"
    settings.FEEDS_DIR, settings.FEED_FILES_DIR = tmp_path / "feeds", tmp_path
    return tmp_path


def _files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _left_behind(paths: set[Path], *, days: int = 2) -> None:
    """Write them anew as a process left them that was killed some days ago."""
    past = (timezone.now() - timedelta(days=days)).timestamp()
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        for each in (path, *path.parents[:3]):
            os.utime(each, (past, past))


def test_what_a_killed_import_of_a_package_unpacked_is_deleted(data: Path) -> None:
    factories.measure()
    package, found = data / "package.zip", set[Path]()
    package.write_bytes(b"".join(archive()))
    before = _files_below(data)
    import_package(package, by=factories.editor(), tell=lambda _file, _step: found.update(_files_below(data) - before))
    assert {path.suffix for path in found} == {".csv"}
    _left_behind(found)
    assert remove_leftovers(at=timezone.now()) == 1
    assert _files_below(data) == before


def test_what_a_killed_run_of_a_feed_downloaded_is_deleted(data: Path) -> None:
    (data / "daily.csv").write_text("country,date,value\n")
    with fetched(factories.feed(url="file:daily.csv")) as body:
        path = body.path
    _left_behind({path})
    assert remove_leftovers(at=timezone.now()) == 1
    assert not path.exists()


def test_half_of_a_capture_is_deleted_and_nothing_else(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.capture()
    halves = set[Path]()
    kept = _files_below(data)
    _left_behind(kept)
    monkeypatch.setattr(Path, "rename", lambda path, _to: halves.add(path))
    factories.capture()
    assert len(halves) == 1
    _left_behind(halves)
    assert remove_leftovers(at=timezone.now()) == 1
    assert _files_below(data) == kept


def test_what_is_being_written_is_left_alone(data: Path) -> None:
    today = {data / "tmp" / "unpacked" / "measures.csv", data / "feeds" / "fetching-1", data / "archive" / "1.part"}
    _left_behind(today, days=0)
    _left_behind({data / "tmp" / "kept" / "0123"})
    assert remove_leftovers(at=timezone.now()) == 0
