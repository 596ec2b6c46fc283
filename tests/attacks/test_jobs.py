"""Workers are killed at any point of any job; the work is recovered, and nothing stays blocked."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from countries.feeds import tasks as feeds
from countries.models import FeedRun, RunState
from foundation.files.importing import jobs
from foundation.files.importing.pipeline import LOCK
from foundation.files.importing.tasks import ONE_AT_A_TIME
from foundation.files.models import FileImport, ImportState
from foundation.sql import lock_until_commit
from measures.models import Measure
from tests import factories
from tests.attacks.test_sockets import await_true
from tests.background_work import PATIENCE, work, work_off
from tests.clients import signed_in
from tests.csv_files import MEASURE, csv_text

WITH_A_WORKER = pytest.mark.django_db(transaction=True, serialized_rollback=True)
"""For tests in which another connection uses the test's data; flushing the database takes a while."""
TASKS = sorted(name for name in app.tasks if not name.startswith(("builtin:", "procrastinate.")))
PERIODIC = sorted(task for task, _number in app.periodic_registry.periodic_tasks)
TAKE_UP = next(name for name in TASKS if name.endswith(".take_up_interrupted"))
LETTER = {"origin": "https://observatory.example", "language": "en"}
ASKED = {"by": 0, "asked_at": "2026-01-01T00:00:00+00:00"}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "observatory.tasks.send_invitation": {"user": 0, **ASKED, **LETTER},
    "observatory.tasks.send_reset_letter": {"user": 0, **ASKED, **LETTER},
    "observatory.tasks.send_notice": {"user": 0, "act": "password", **LETTER},
    "observatory.tasks.send_reset_letters": {"email": "nobody@institute.example", **LETTER},
    "countries.feeds.tasks.update_feed": {"feed": 0, "by": None},
    "foundation.files.importing.tasks.check_file": {"file_import": 0, "language": "en"},
    "foundation.files.importing.tasks.import_file": {"file_import": 0, "language": "en"},
    "foundation.files.importing.tasks.undo_import": {"file_import": 0, "language": "en"},
}
"""Arguments of tasks that refer to objects, here missing ones. All other tasks are periodic."""
JOBS = "/admin/observatory/backgroundjob/"
ADD = "/admin/foundation/fileimport/add/"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the test; a worker's threads keep no connections."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    settings.FEEDS_DIR, settings.FEED_FILES_DIR = tmp_path / "feeds", tmp_path
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    return tmp_path


@pytest.fixture
def editor() -> Client:
    return signed_in(factories.editor())


def queue(task: str, **arguments: Any) -> int:
    """Queue a job of a task, with its locks; return its id."""
    known: dict[str, Any] = ARGUMENTS.get(task, {"timestamp": 0}) | arguments
    locks: dict[str, Any] = {"queueing_lock": f"feed {known['feed']}"} if "feed" in known else {}
    number: int = app.tasks[task].configure(**locks).defer(**known)
    return number


def interrupted(task: str, *, attempts: int = 0, worker: str = "dead", **arguments: Any) -> int:
    """A job as a kill -9 leaves it: running forever, by a worker without a heartbeat or that was deleted.

    Those of imports have no lock, as those of older releases, so that a test can have several.
    """
    number = queue(task, **arguments)
    beat = timezone.now() - timedelta(minutes=1 if worker == "dead" else 0)
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (%s) returning id", [beat])
        by = cursor.fetchone()[0] if worker != "forgotten" else None
        cursor.execute(
            "update procrastinate_jobs set status = 'doing', worker_id = %s, attempts = %s, lock = nullif(lock, %s)"
            " where id = %s",
            [by, attempts, ONE_AT_A_TIME, number],
        )
    return number


def state(number: int) -> str:
    status: str = ProcrastinateJob.objects.values_list("status", flat=True).get(pk=number)
    return status


def take_up() -> None:
    """What a worker does each minute."""
    app.tasks[TAKE_UP](timestamp=0)


def take_up_and_work() -> None:
    """The recovery and the work of the next two minutes after a crash, with real workers."""
    if not ProcrastinateJob.objects.filter(task_name=TAKE_UP, status="todo").exists():
        queue(TAKE_UP)
    work()
    work()  # what the first run has recovered


@pytest.mark.django_db
@pytest.mark.parametrize("worker", ["dead", "forgotten"])
@pytest.mark.parametrize("task", TASKS)
def test_work_of_any_kind_whose_worker_died_waits_for_the_next(task: str, worker: str) -> None:
    victim = interrupted(task, worker=worker)
    take_up()
    assert state(victim) == "todo"


@pytest.mark.django_db
@pytest.mark.parametrize("worker", ["dead", "forgotten"])
@pytest.mark.parametrize("task", TASKS)
def test_work_of_any_kind_that_waits_anew_already_is_over_and_holds_up_no_other(task: str, worker: str) -> None:
    victim = interrupted(task, worker=worker)
    successor = queue(task)
    another = interrupted("foundation.files.importing.tasks.check_file", file_import=-1)
    take_up()
    assert state(victim) == (
        "aborted" if app.tasks[task].queueing_lock or "feed" in ARGUMENTS.get(task, {}) else "todo"
    )
    assert (state(successor), state(another)) == ("todo", "todo")


@WITH_A_WORKER
def test_everything_interrupted_at_once_is_done_by_the_next_worker(environment: object) -> None:
    victims = [interrupted(task) for task in TASKS]
    successors = [queue(task) for task in TASKS]
    take_up_and_work()
    assert {state(number) for number in victims} <= {"succeeded", "aborted"}
    assert {state(number) for number in successors} == {"succeeded"}


@pytest.mark.django_db
def test_work_of_a_worker_that_lives_is_left_to_it() -> None:
    job = interrupted("foundation.files.importing.tasks.check_file", worker="alive")
    take_up()
    assert state(job) == "doing"


@pytest.mark.django_db
def test_work_that_kills_each_worker_is_given_up() -> None:
    job = interrupted("foundation.files.importing.tasks.check_file", attempts=3)
    take_up()
    assert state(job) == "failed"


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["retry", "cancel"])
@pytest.mark.parametrize("status", ["todo", "dead", "succeeded", "failed", "cancelled", "aborted"])
@pytest.mark.parametrize("has_successor", [False, True], ids=["alone", "successor waits"])
def test_a_person_may_try_anything_with_any_job(editor: Client, action: str, status: str, has_successor: bool) -> None:
    if status == "todo" and has_successor:
        return  # the database refuses two waiting jobs
    job = interrupted("measures.tasks.visit_sources")
    if status != "dead":
        with connection.cursor() as cursor:
            cursor.execute("update procrastinate_jobs set status = %s, worker_id = null", [status])
    successor = queue("measures.tasks.visit_sources") if has_successor else None
    answer = editor.post(JOBS, {"action": action, "_selected_action": [job]}, follow=True)
    assert answer.status_code == 200
    wanted = {
        ("retry", "todo"): "todo",
        ("retry", "succeeded"): "succeeded",
        ("cancel", "todo"): "cancelled",
        ("cancel", "dead"): "aborted",
    }
    usual = status if action == "cancel" else "todo"
    if action == "retry" and has_successor and status != "succeeded":
        usual = "aborted" if status == "dead" else status
        told = [str(message) for message in answer.context["messages"]]
        assert "1 other job is not needed: a newer job does the same." in told
        assert state(job) == usual
    else:
        assert state(job) == wanted.get((action, status), usual)
    assert successor is None or state(successor) == "todo"


# Uploads


def upload(client: Client) -> FileImport:
    factories.country()
    factories.topic()
    file = SimpleUploadedFile("mine.csv", csv_text([MEASURE]).encode(), "text/csv")
    client.post(ADD, {"file_type": "measures", "file": file})
    return FileImport.objects.latest("pk")


@WITH_A_WORKER
def test_many_large_uploads_leave_places_in_the_worker(folder: Path, environment: object) -> None:
    """Regression: each of them waited for the others in a place of its own, and all other work for them."""
    for _number in range(4):
        file = SimpleUploadedFile("mine.csv", csv_text([MEASURE]).encode(), "text/csv")
        kept = FileImport.objects.create(
            file_type="measures", file=file, name="mine.csv", created_by=factories.editor(username=str(_number))
        )
        queue("foundation.files.importing.tasks.check_file", file_import=kept.pk)
    others = queue("measures.tasks.publish_scheduled")
    worker = threading.Thread(target=work_off, kwargs={"concurrency": 4})
    with transaction.atomic():
        lock_until_commit(LOCK)  # an import that takes long
        worker.start()
        await_true(lambda: state(others) == "succeeded")
    worker.join(PATIENCE)
    work()
    assert set(FileImport.objects.values_list("state", flat=True)) == {ImportState.READY}


@pytest.mark.django_db
def test_slow_feeds_leave_places_in_the_worker(folder: Path) -> None:
    (folder / "daily.csv").write_text("country,date,value\nPER,2020-01-01,1\n")
    factories.country()
    feed = factories.feed(url="file:daily.csv")
    with feeds.AT_ONCE, feeds.AT_ONCE:
        feeds.update_feed(feed=feed.pk)
        assert not FeedRun.objects.exists()
    (job,) = ProcrastinateJob.objects.filter(task_name="countries.feeds.tasks.update_feed")
    assert (job.args["feed"], job.status) == (feed.pk, "todo")
    assert job.scheduled_at
    assert job.scheduled_at > timezone.now()
    feeds.update_feed(feed=feed.pk)
    assert FeedRun.objects.exists()


@WITH_A_WORKER
def test_confirmed_import_whose_process_died_in_the_request_is_resumed(editor: Client, environment: object) -> None:
    kept = upload(editor)
    FileImport.objects.update(state=ImportState.IMPORTING, confirmed_by=kept.created_by)
    take_up_and_work()
    kept.refresh_from_db()
    assert (kept.state, Measure.objects.count()) == (ImportState.DONE, 1)


def waiting_for(kept: FileImport) -> list[str]:
    """The queued tasks of an upload."""
    waiting = ProcrastinateJob.objects.filter(status="todo", args__file_import=kept.pk)
    return list(waiting.values_list("task_name", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("left", [ImportState.CHECKING, ImportState.WAITING])
def test_upload_whose_process_died_before_its_preview_is_checked(editor: Client, left: ImportState) -> None:
    kept = upload(editor)
    FileImport.objects.update(state=left, created_at=timezone.now() - timedelta(minutes=5))
    take_up()
    take_up()
    assert waiting_for(kept) == ["foundation.files.importing.tasks.check_file"]


@pytest.mark.django_db
def test_import_that_breaks_off_each_time_is_given_up_with_a_word(editor: Client) -> None:
    kept = upload(editor)
    FileImport.objects.update(state=ImportState.IMPORTING, confirmed_by=kept.created_by)
    for _time in range(3):
        interrupted("foundation.files.importing.tasks.import_file", file_import=kept.pk)
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'failed'")
    take_up()
    page = editor.get(kept.get_absolute_url()).content.decode()
    assert "The job was interrupted every time it started." in page
    assert waiting_for(kept) == []


@pytest.mark.django_db
def test_cancelled_job_of_an_import_cancels_the_import(editor: Client) -> None:
    kept = upload(editor)
    FileImport.objects.update(state=ImportState.IMPORTING, confirmed_by=kept.created_by)
    job = interrupted("foundation.files.importing.tasks.import_file", file_import=kept.pk)
    editor.post(JOBS, {"action": "cancel", "_selected_action": [job]})
    take_up()
    kept.refresh_from_db()
    assert (kept.state, waiting_for(kept)) == (ImportState.CANCELLED, [])


# Feeds


@pytest.mark.django_db
def test_run_of_a_feed_whose_process_died_is_ended_long_before_the_next() -> None:
    run = FeedRun.objects.create(feed=factories.feed(is_on=False))
    take_up()
    run.refresh_from_db()
    assert (run.state, run.problem) == (RunState.FAILED, "The worker was stopped during this run.")


# Stopping


def until(condition: Callable[[], Any]) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.05)


@pytest.fixture
def worker(folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker on the test database."""
    command = [sys.executable, str(project.BASE_DIR / "manage.py"), "procrastinate", "worker", "--concurrency=4"]
    with subprocess.Popen(command, env={**environment, "DATA_DIR": str(folder)}, start_new_session=True) as process:
        yield process
        process.kill()


@WITH_A_WORKER
def test_worker_that_is_asked_to_end_puts_off_a_long_import_and_the_next_one_does_it(
    editor: Client, worker: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SMALL", 0)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtextextended('import of files', 0))")  # for which the import waits
        kept = upload(editor)
        until(lambda: FileImport.objects.filter(state=ImportState.CHECKING).exists())
        asked_at = time.monotonic()
        worker.terminate()
        worker.wait(30)
        assert time.monotonic() - asked_at < 10
        cursor.execute("select pg_advisory_unlock(hashtextextended('import of files', 0))")
    kept.refresh_from_db()
    assert (
        kept.state,
        ProcrastinateJob.objects.get(task_name="foundation.files.importing.tasks.check_file").status,
    ) == (
        ImportState.WAITING,
        "todo",
    )
    work()
    kept.refresh_from_db()
    assert (kept.state, kept.new) == (ImportState.READY, 1)
