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
from django.db import OperationalError, connection, connections
from django.test import Client
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from psycopg.errors import QueryCanceled
from pytest_django import Settings

from foundation.files.importing import jobs, undo_jobs
from foundation.files.importing.staging import Step
from foundation.files.importing.watching import Watch
from foundation.files.models import FileImport, FileImportRow, ImportState, Phase
from foundation.sql import is_locked, second_connection, session_lock
from foundation.workers import has_worker, never
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


def test_progress_is_told_while_a_worker_is_at_work(editor: Client) -> None:
    kept = _upload(editor, [MEASURE])
    FileImport.objects.filter(pk=kept.pk).update(state=ImportState.CHECKING)
    watch = Watch(kept, never)
    watch.thread.start()
    watch.tell(Step(Phase.READING, 512, 2048))
    _until(lambda: _told(editor, kept)["done"])
    reading = _told(editor, kept)
    watch.tell(Step(Phase.CHECKING, 3, 40), "sources")
    _until(lambda: _told(editor, kept)["done"] != reading["done"])
    checking = _told(editor, kept)
    watch.stop()
    assert (reading["done"], reading["total"]) == (512, 2048)
    assert reading["text"].replace("\xa0", " ") == "Reading the file: 512 bytes of 2.0 KB"
    assert (checking["done"], checking["total"]) == (3, 40)
    assert checking["text"] == "sources.csv · Checking the rows: 3 of 40 rules"
    assert checking["page"] != reading["page"]


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


@pytest.fixture
def imported(editor: Client, monkeypatch: pytest.MonkeyPatch) -> FileImport:
    """An import of one record, which a worker is to undo."""
    kept = _upload(editor, [MEASURE])
    work()
    editor.post(kept.get_absolute_url(), {"confirm": "on"})
    work()
    monkeypatch.setattr(undo_jobs, "SMALL", 0)
    editor.post(kept.get_absolute_url(), {"undo": "1"})
    return kept


def test_undoing_that_begins_when_it_is_cancelled_undoes_nothing(editor: Client, imported: FileImport) -> None:
    page = imported.get_absolute_url()
    with second_connection() as worker:  # that has the lock, and has not asked yet whether it was cancelled
        worker.execute("select pg_advisory_lock(%s, %s)", [jobs.LOCK, imported.pk])
        editor.post(page, {"cancel": "1"})
        assert 'name="cancel" value="Cancel" disabled' in editor.get(page).text
    work()
    assert Measure.objects.count() == 1
    text = editor.get(page).text
    assert "Undoing was cancelled. Nothing was changed." in text
    assert "Undo this import…" in text


def test_undoing_is_cancelled_although_its_worker_was_killed_when_it_was_asked_to_cancel(
    editor: Client, imported: FileImport
) -> None:
    page = imported.get_absolute_url()
    FileImport.objects.filter(pk=imported.pk).update(is_cancel_asked=True)
    assert 'name="cancel" value="Cancel" >' in editor.get(page).text
    editor.post(page, {"cancel": "1"})
    assert "Undo this import…" in editor.get(page).text
    editor.post(page, {"undo": "1"})
    work()
    assert Measure.objects.count() == 0


@pytest.mark.parametrize("state", [ImportState.WAITING, ImportState.CHECKING])
def test_check_that_was_to_be_cancelled_when_its_worker_was_killed_is_not_resumed(
    editor: Client, state: ImportState
) -> None:
    kept = _upload(editor, [MEASURE])
    FileImport.objects.filter(pk=kept.pk).update(state=state, is_cancel_asked=True)
    work()
    assert (_state(kept), kept.is_cancel_asked) == (ImportState.CANCELLED, False)
    editor.post(kept.get_absolute_url(), {"again": "1"})
    work()
    assert _state(kept) == ImportState.READY


def test_cancelling_meets_a_check_that_begins_or_ends_at_the_same_time(editor: Client) -> None:
    """Whatever the state was that the page had: the row decides."""
    kept = _upload(editor, [MEASURE])
    for now, then in (
        (ImportState.CHECKING, ImportState.CANCELLED),  # of a worker that is gone
        (ImportState.WAITING, ImportState.CANCELLED),
        (ImportState.READY, ImportState.READY),
        (ImportState.FAILED, ImportState.FAILED),
    ):
        for seen in (ImportState.WAITING, ImportState.CHECKING):
            FileImport.objects.filter(pk=kept.pk).update(state=now)
            kept.state = seen
            jobs.cancel(kept)
            assert (kept.state, kept.is_cancel_asked) == (then, False)


def test_lock_of_the_work_is_released_where_cancelling_comes_late() -> None:
    late: list[str] = []

    def cancel_once(execute: Any, sql: str, *arguments: Any) -> Any:
        if "unlock" in sql and not late:
            late.append(sql)
            raise OperationalError from QueryCanceled()
        return execute(sql, *arguments)

    with connection.execute_wrapper(cancel_once), session_lock(jobs.LOCK, 1) as is_ours:
        assert is_ours
    assert (len(late), is_locked(jobs.LOCK, 1)) == (1, False)
