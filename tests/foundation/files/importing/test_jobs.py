"""Background imports: states, the work of a worker, and recovery from its death."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from pytest_django import Settings

from foundation.files.importing import jobs, undo_jobs
from foundation.files.models import FileImport, FileImportRow, ImportState
from foundation.workers import has_worker
from measures.models import Measure
from tests import factories
from tests.background_work import work, work_off
from tests.clients import signed_in
from tests.csv_files import MEASURE, csv_text

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

UPLOAD = "/admin/foundation/fileimport/add/"
PATIENCE = 60
"""Timeout of a test in seconds."""
MANY = [MEASURE | {"title_en": f"Title {number}"} for number in range(1500)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder; every file counts as large; worker threads keep no connections."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    monkeypatch.setattr(jobs, "SMALL", 0)
    factories.country()
    factories.topic()
    return tmp_path


@pytest.fixture
def editor() -> Client:
    return signed_in(factories.editor())


def _upload(client: Client, rows: list[dict[str, str]], **data: str) -> FileImport:
    file = SimpleUploadedFile("mine.csv", csv_text(rows).encode(), "text/csv")
    client.post(UPLOAD, {"file_type": "measures", "file": file, **data})
    return FileImport.objects.latest("pk")


def _until(condition: Callable[[], Any]) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.05)


def _state(kept: FileImport) -> str:
    kept.refresh_from_db()
    return kept.state


def _told(client: Client, kept: FileImport) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/admin/foundation/fileimport/{kept.pk}/progress.json").json()
    return answer


def test_large_file_waits_for_a_worker_which_checks_and_imports_it(editor: Client, folder: Path) -> None:
    kept = _upload(editor, [MEASURE, MEASURE], publish="on")
    page = editor.get(kept.get_absolute_url()).content.decode()
    assert kept.state == ImportState.WAITING
    assert "No worker is running" in page
    assert "python manage.py procrastinate worker" in page
    work()
    assert (_state(kept), kept.new) == (ImportState.READY, 2)
    assert Measure.objects.count() == 0
    editor.post(kept.get_absolute_url(), {"confirm": "on"})
    assert _state(kept) == ImportState.WAITING
    work()
    assert (_state(kept), kept.applied_by) == (ImportState.DONE, kept.created_by)
    assert {measure.workflow for measure in Measure.objects.all()} == {"published"}
    assert not list((folder / "imports").rglob("*.csv"))


def test_double_click_imports_once(editor: Client) -> None:
    kept = _upload(editor, [MEASURE])
    work()
    for _click in range(2):
        editor.post(kept.get_absolute_url(), {"confirm": "on"})
    work()
    assert (_state(kept), Measure.objects.count()) == (ImportState.DONE, 1)


def test_small_file_is_imported_in_the_request(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SMALL", 10_000)
    kept = _upload(editor, [MEASURE])
    assert kept.state == ImportState.READY
    editor.post(kept.get_absolute_url(), {"confirm": "on"})
    assert (_state(kept), Measure.objects.count()) == (ImportState.DONE, 1)


def test_what_waits_is_cancelled_at_once_and_can_be_checked_again(editor: Client) -> None:
    kept = _upload(editor, [MEASURE])
    editor.post(kept.get_absolute_url(), {"cancel": "1"})
    assert _state(kept) == ImportState.CANCELLED
    work()
    assert _state(kept) == ImportState.CANCELLED
    assert "Nothing was written" in editor.get(kept.get_absolute_url()).content.decode()
    editor.post(kept.get_absolute_url(), {"again": "1"})
    work()
    assert _state(kept) == ImportState.READY


def test_import_is_cancelled_inside_a_long_statement(editor: Client) -> None:
    """Another import holds the lock that this one waits for: cancelling between statements would not suffice."""
    kept = _upload(editor, [MEASURE])
    work()
    editor.post(kept.get_absolute_url(), {"confirm": "on"})
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtextextended('import of files', 0))")
        worker = threading.Thread(target=work_off)
        worker.start()
        _until(lambda: _state(kept) == ImportState.IMPORTING)
        editor.post(kept.get_absolute_url(), {"cancel": "1"})
        _until(lambda: _state(kept) == ImportState.CANCELLED)
        cursor.execute("select pg_advisory_unlock(hashtextextended('import of files', 0))")
    worker.join(PATIENCE)
    assert Measure.objects.count() == 0


def test_file_that_cannot_be_saved_says_why(editor: Client) -> None:
    kept = _upload(editor, [MEASURE])
    Path(kept.file.path).write_text("Dear all,\nhere are the measures\n")
    work()
    assert _state(kept) == ImportState.FAILED
    assert "There is no header row" in editor.get(kept.get_absolute_url()).content.decode()


def test_changed_database_gives_a_new_preview(editor: Client) -> None:
    draft = factories.draft(title_en="Old")
    kept = _upload(editor, [{"public_id": draft.public_id, "title_en": "New"}])
    work()
    Measure.objects.update(title_en="New")
    editor.post(kept.get_absolute_url(), {"confirm": "on"})
    work()
    assert (_state(kept), kept.changed, kept.unchanged, kept.confirmed_by) == (ImportState.READY, 0, 1, None)


@pytest.fixture
def worker(folder: Path, environment: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts real workers on the test database, and kills them by process id."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, str(project.BASE_DIR / "manage.py"), "procrastinate", "worker"]
        started.append(subprocess.Popen(command, env={**environment, "DATA_DIR": str(folder)}, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_killed_worker_is_noticed_and_its_job_taken_up_by_the_next(
    editor: Client, worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    kept = _upload(editor, MANY)
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_lock(hashtextextended('import of files', 0))"
        )  # so that the kill meets the work
        first = worker()
        _until(lambda: _state(kept) == ImportState.CHECKING)
        assert _told(editor, kept)["state"] == "checking"
        assert "No worker is running" not in editor.get(kept.get_absolute_url()).content.decode()
        first.send_signal(signal.SIGKILL)
        first.wait()
        cursor.execute("select pg_advisory_unlock(hashtextextended('import of files', 0))")
    _until(lambda: jobs.is_interrupted(kept))
    assert "was stopped. Nothing was written." in editor.get(kept.get_absolute_url()).content.decode()
    assert FileImportRow.objects.count() == 0
    with connection.cursor() as cursor:  # instead of waiting half a minute
        cursor.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 minute'")
    assert not has_worker()
    with suppress(AlreadyEnqueued):  # by the first worker, which does so each minute
        app.configure_task("observatory.tasks.take_up_interrupted").defer(timestamp=0)
    worker()
    _until(lambda: _state(kept) == ImportState.READY)
    assert kept.new == len(MANY)


def test_progress_is_told_while_a_worker_imports(editor: Client, worker: Callable[[], subprocess.Popen[bytes]]) -> None:
    kept = _upload(editor, MANY * 4)
    worker()
    told = []

    def is_ready() -> bool:
        told.append(_told(editor, kept))
        return bool(told[-1]["state"] == "ready")

    _until(is_ready)
    assert all(answer["done"] <= answer["total"] for answer in told)
    assert told[-1]["state"] == "ready"


def test_refusals_are_counted_by_kind_and_shown_by_kind(editor: Client) -> None:
    rows = [MEASURE | {"kind": "decre", "topics": f"nothing-{number}"} for number in range(3)]
    rows += [MEASURE | {"kind": "decre"}, MEASURE]
    kept = _upload(editor, rows)
    work()
    assert _state(kept) == ImportState.READY
    assert [(column, count) for column, _problem, count in kept.categories] == [("kind", 4), ("topics", 3)]
    page = editor.get(f"{kept.get_absolute_url()}?state=refused&category=1").content.decode()
    assert page.count('<th scope="rowgroup"') == 3
    assert editor.get(f"{kept.get_absolute_url()}?category=2").status_code == 404


def test_worker_speaks_the_language_of_who_uploaded(editor: Client) -> None:
    file = SimpleUploadedFile("mine.csv", csv_text([MEASURE | {"topics": "nothing"}]).encode(), "text/csv")
    editor.post(f"/pt{UPLOAD}", {"file_type": "measures", "file": file})
    work()
    page = editor.get(f"/pt{FileImport.objects.latest('pk').get_absolute_url()}").content.decode()
    assert "“nothing” é desconhecido." in page


def test_page_of_progress_takes_the_same_number_of_queries(editor: Client, django_assert_num_queries: Any) -> None:
    for rows in (MANY[:1], MANY[:30]):
        kept = _upload(editor, rows)
        with django_assert_num_queries(6):
            _told(editor, kept)


def test_large_import_is_undone_by_a_worker(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = _upload(editor, [MEASURE, MEASURE])
    work()
    editor.post(kept.get_absolute_url(), {"confirm": "on"})
    work()
    monkeypatch.setattr(undo_jobs, "SMALL", 1)
    editor.post(kept.get_absolute_url(), {"undo": "1"})
    assert Measure.objects.count() == 2
    page = editor.get(kept.get_absolute_url()).text
    assert "Undoing" in page
    assert "No worker is running" in page
    editor.post(kept.get_absolute_url(), {"cancel": "1"})
    work()
    assert (Measure.objects.count(), "Undo this import…" in editor.get(kept.get_absolute_url()).text) == (2, True)
    editor.post(kept.get_absolute_url(), {"undo": "1"})
    work()
    kept.refresh_from_db()
    assert (Measure.objects.count(), kept.undone_by, kept.phase) == (0, kept.created_by, "")


def test_what_stands_against_a_worker_that_undoes_is_on_the_page(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = _upload(editor, [MEASURE])
    work()
    editor.post(kept.get_absolute_url(), {"confirm": "on"})
    work()
    monkeypatch.setattr(undo_jobs, "SMALL", 0)
    editor.post(kept.get_absolute_url(), {"undo": "1"})
    Measure.objects.update(title_en="Changed by hand")
    work()
    assert "These records were changed since" in editor.get(kept.get_absolute_url()).text
    assert Measure.objects.count() == 1
