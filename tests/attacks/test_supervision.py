"""The supervised programs of the demo are killed, the demo is killed or started twice, its disk is full or locked.

Small programs stand in for the servers; `make attack` does the same to a complete site.
"""

import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings

from observatory.demo import warden
from observatory.demo.database import Database
from observatory.demo.supervision import LOG_BYTES, LOG_FILES, CannotStart, Program, Supervisor, open_log
from observatory.embedded.data_folder import DataFolderError, check_data_folder
from observatory.embedded.postgres import ensure_server, server_number, stop_server
from tests.small_disks import make_read_only, small_disk

PATIENCE = 30
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
"""A program that starts a child, like a web server with workers."""
STARTER = f"""
import subprocess, sys, time
subprocess.Popen(
    [sys.executable, "-I", "-S", {warden.__file__!r}, sys.executable, "-c", {PARENT!r}],
    stdin=subprocess.PIPE, start_new_session=True,
)
time.sleep(600)
"""


def until(condition: Callable[[], Any]) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.02)


def lives(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def log(tmp_path: Path) -> Iterator[logging.Logger]:
    log = open_log(tmp_path / "log" / "demo.log")
    yield log
    for handler in log.handlers:
        handler.close()


@pytest.fixture
def keeps_open(tmp_path: Path) -> Iterator[int]:
    with (tmp_path / "children.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


@pytest.fixture
def parent(log: logging.Logger, keeps_open: int) -> Iterator[Program]:
    program = Program("parent", [sys.executable, "-c", PARENT], log, keeps_open=keeps_open)
    yield program
    program.end(0)


def started(program: Program) -> int:
    """Start the parent; the number of its child."""
    program.last_words = ""
    program.start()
    until(lambda: program.last_words)
    return int(program.last_words)


# Ending with the parent


def test_kill_of_the_starter_ends_what_it_started_and_what_that_started() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        grandchild = int(starter.stdout.readline())
        child = psutil.Process(grandchild).ppid()
        assert lives(grandchild)
        starter.kill()
        until(lambda: not lives(grandchild) and not lives(child))


def test_what_a_killed_program_leaves_behind_is_ended(parent: Program) -> None:
    grandchild = started(parent)
    psutil.Process(grandchild).parent().kill()  # type: ignore[union-attr]  # it lives
    until(parent.death)
    until(lambda: not lives(grandchild))


def test_kill_of_the_warden_ends_its_program_and_counts_as_its_death(parent: Program) -> None:
    grandchild = started(parent)
    assert parent.process
    parent.process.kill()
    until(lambda: parent.death() == "was killed by signal 9")
    until(lambda: not lives(grandchild))


def test_program_that_does_not_end_when_asked_is_killed(log: logging.Logger, keeps_open: int) -> None:
    stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{PARENT}"
    program = Program("stubborn", [sys.executable, "-c", stubborn], log, keeps_open=keeps_open)
    grandchild = started(program)
    program.ask_to_end()
    program.end(0.5)
    until(lambda: not lives(grandchild))


# Restarting


def test_what_dies_is_started_again_and_said_in_a_line(parent: Program, tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor([parent], say=said.append, log_name=tmp_path / "log" / "demo.log")
    first = started(parent)
    parent.last_words = ""
    runs = threading.Thread(target=supervisor.run)
    runs.start()
    try:
        psutil.Process(first).parent().kill()  # type: ignore[union-attr]  # it lives
        until(lambda: parent.last_words)
        assert lives(int(parent.last_words))
        (line,) = said
        assert line == f"The parent was killed by signal 9. It is started again now; the log is {supervisor.log_name}."
    finally:
        supervisor.stop()
        runs.join()
        supervisor.end(seconds=5)
    until(lambda: not lives(int(parent.last_words)))


def test_what_dies_at_once_each_time_is_started_ever_more_seldom() -> None:
    said: list[str] = []

    class Doomed:
        name = "doomed"

        def start(self) -> None:
            raise CannotStart("it is broken.")

        def death(self) -> str:
            return ""

        def ask_to_end(self) -> None: ...

        def end(self, seconds: float) -> None: ...

    doomed = Doomed()
    supervisor = Supervisor([doomed], say=said.append, log_name=Path("demo.log"))
    for _time in range(9):
        supervisor.starts_at.clear()
        supervisor.start()
    pauses = [line.partition("started again ")[2].partition(";")[0] for line in said]
    assert pauses == ["now", "in 1 s", "in 2 s", "in 5 s", "in 10 s", "in 30 s", "in 60 s", "in 60 s", "in 60 s"]
    assert said[0] == "The doomed cannot be started: it is broken. It is started again now; the log is demo.log."
    assert "for the 9th time" in said[-1]


def test_what_is_amiss_is_said_once_and_that_it_is_over() -> None:
    said: list[str] = []
    found = iter([[], ["imports is full"], ["imports is full"], ["imports is full", "tmp is full"], [], []])

    def faults() -> list[str]:
        try:
            return next(found)
        except StopIteration:
            supervisor.stop()
            return []

    supervisor = Supervisor([], say=said.append, log_name=Path("demo.log"), faults=faults)
    supervisor.run()
    assert said == ["imports is full", "tmp is full", "Files can be saved again."]


# The log


def test_log_stays_small(log: logging.Logger, tmp_path: Path) -> None:
    for _line in range(3 * LOG_FILES):
        for _part in range(10):
            log.info("x" * (LOG_BYTES // 10))
    files = list((tmp_path / "log").iterdir())
    assert len(files) == LOG_FILES + 1
    assert sum(file.stat().st_size for file in files) < (LOG_FILES + 2) * LOG_BYTES


def test_log_that_cannot_be_written_harms_nobody(log: logging.Logger, capfd: pytest.CaptureFixture[str]) -> None:
    (handler,) = log.handlers
    assert isinstance(handler, logging.StreamHandler)
    usual = handler.setStream(Path("/dev/full").open("w"))  # noqa: SIM115  (closed below)
    log.info("lost")
    with suppress(OSError):
        handler.stream.close()
    handler.stream = usual
    assert capfd.readouterr() == ("", "")


# Starting twice


def demo(data_dir: Path) -> tuple[int, str]:
    """Run a demo that must exit by itself; return its exit status and output."""
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--port", "1"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_second_start_says_where_it_runs_already(tmp_path: Path) -> None:
    with (tmp_path / "demo.lock").open("w+") as claimed:
        claimed.write("http://127.0.0.1:8000\n")
        claimed.flush()
        fcntl.flock(claimed, fcntl.LOCK_EX)
        code, said = demo(tmp_path)
    words = "It runs already, at http://127.0.0.1:8000. To start it anew, stop that one first."
    assert (code, said.strip().splitlines()) == (1, [f"CommandError: {words}"])
    assert not (tmp_path / "postgres").exists()


# The disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def test_full_disk_is_named_with_a_remedy(disk: Path) -> None:
    (disk / "ballast").write_bytes(bytes(2_000_000))
    with pytest.raises(DataFolderError) as told:
        check_data_folder(disk)
    remedy = "Make room on its disk, or choose another folder with DATA_DIR=/path/to/a/folder"
    assert str(told.value) == f"The folder {disk} is full. {remedy}"


def test_small_disk_is_refused_before_a_database_is_begun(disk: Path) -> None:
    with pytest.raises(DataFolderError, match=r"has room for 2 MB only; a first start takes 200 MB\."):
        check_data_folder(disk)
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("has_secret", [False, True])
def test_start_on_a_folder_that_cannot_be_written_says_so_in_a_line(disk: Path, has_secret: bool) -> None:
    if has_secret:
        (disk / "secret_key").write_text("secret" * 10)
    make_read_only(disk)
    code, said = demo(disk)
    assert code == 1
    (line,) = said.strip().splitlines()
    assert line.removeprefix("CommandError: ") == (
        f"The folder {disk} cannot be written to: Read-only file system."
        " Let this account write there, or choose another folder with DATA_DIR=/path/to/a/folder"
    )


# The database


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    stop_server(folder)


def kill_database(data_dir: Path) -> None:
    number = server_number(data_dir)
    assert number
    process = psutil.Process(number)
    process.kill()
    psutil.wait_procs([process], timeout=10)


def test_database_that_was_killed_is_noticed_and_back_where_its_clients_look(data_dir: Path, parent: Program) -> None:
    address = ensure_server(data_dir)
    child = started(parent)
    database = Database(data_dir, clients=[parent])
    database.start()
    assert database.death() == ""
    kill_database(data_dir)
    assert database.death() == "was killed or has crashed"
    database.start()
    assert ensure_server(data_dir) == address
    assert database.death() == ""
    until(parent.death)  # restarted, since its connections are broken
    until(lambda: not lives(child))


def test_running_database_is_found_where_nothing_can_be_written(data_dir: Path) -> None:
    address = ensure_server(data_dir)
    (data_dir / "postgres.lock").unlink()
    (data_dir / "postgres.lock").mkdir()  # even root cannot open it
    assert ensure_server(data_dir) == address
    (data_dir / "postgres.lock").rmdir()


def test_log_of_the_database_begins_anew_when_it_is_long(data_dir: Path) -> None:
    ensure_server(data_dir)
    stop_server(data_dir)
    log = data_dir / "postgres" / "server.log"
    with log.open("ab") as file:
        file.write(b"x" * 2_000_000)
    ensure_server(data_dir)
    assert log.stat().st_size < 100_000
