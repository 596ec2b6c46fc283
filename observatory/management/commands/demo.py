"""``manage.py demo``: from an empty folder to a site that answers; what ``make demo`` calls."""

import fcntl
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from countries.models import Country
from observatory.demo.database import Database
from observatory.demo.supervision import LAST_WORDS, Program, Supervisor, open_log
from observatory.embedded.data_folder import DataFolderError, check_data_folder, problem_in_words
from observatory.embedded.postgres import PostgresError, ensure_server, find_server, stop_server
from observatory.translations import compile_catalogues
from observatory.writable_folders import unwritable

HOST = "127.0.0.1"
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
WORKER = [*MANAGE, "procrastinate", "worker", "--concurrency=4"]
LAST_RUN = 30
"""Seconds that the remaining processes of a killed run may take to exit."""


class Command(BaseCommand):
    help = "Prepare the database, load the record of nine countries, and serve until Ctrl-C. Existing data are kept."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, port: int, **options: Any) -> None:
        try:
            check_data_folder(settings.DATA_DIR)
            with _alone(settings.DATA_DIR) as claim:
                self._run(port, claim)
        except (PostgresError, DataFolderError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            folder = Path(error.filename).parent if error.filename else settings.DATA_DIR
            raise CommandError(problem_in_words(folder, error)) from error

    def _run(self, port: int, claim: "Claim") -> None:
        _refuse_taken(port)
        is_embedded = settings.DATABASES["default"]["ENGINE"] == "observatory.embedded"
        stops_server = is_embedded and (claim.is_left_behind or find_server(settings.DATA_DIR) is None)
        claim.note(f"http://{HOST}:{port}", owns_server=stops_server)
        try:
            if is_embedded:
                ensure_server(settings.DATA_DIR)
            self._prepare()
            self._serve(port, is_embedded, claim)
        finally:
            if stops_server:
                stop_server(settings.DATA_DIR)
            claim.clear()

    def _prepare(self) -> None:
        compile_catalogues(settings.BASE_DIR)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("migrate", interactive=False, verbosity=0)
        if not Country.objects.exists():  # only once: loading again would overwrite later edits
            call_command("load_fixtures", demo=True)

    def _serve(self, port: int, is_embedded: bool, claim: "Claim") -> None:
        path = settings.DATA_DIR / "log" / "demo.log"
        log = open_log(path)
        web = Program("web server", [*MANAGE, "serve", "--port", str(port)], log, keeps_open=claim.kept_by_children)
        worker = Program("background worker", WORKER, log, keeps_open=claim.kept_by_children)
        database = [Database(settings.DATA_DIR, clients=[worker])] if is_embedded else []
        supervisor = Supervisor([web, worker, *database], say=self._say, log_name=path, faults=_faults)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: supervisor.stop())
        try:
            supervisor.start()
            self._await_listening(supervisor, web, port, path)
            supervisor.run()
        finally:
            supervisor.end(seconds=LAST_WORDS)

    def _await_listening(self, supervisor: Supervisor, web: Program, port: int, log: Path) -> None:
        while not supervisor.is_stopping:
            if how := web.death():
                words = f"The web server {how} before it was ready; the log is {log}. It ends: {web.last_words}"
                raise CommandError(words)
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    self._greet(port)
                    return
            time.sleep(0.1)

    def _greet(self, port: int) -> None:
        self.stdout.write(f"\nhttp://{HOST}:{port} is ready. Sign in at http://{HOST}:{port}/admin/ as")
        call_command("create_demo_accounts")
        self._say(f"Ctrl-C stops it; the data stay in {settings.DATA_DIR}.\n")

    def _say(self, words: str) -> None:
        """Print to the terminal, which may have been closed."""
        with suppress(OSError):
            self.stdout.write(words)
            self.stdout.flush()  # also if the output is redirected to a file or pipe


def _faults() -> list[str]:
    return [f"No files can be saved in {folder}. The pages are served; uploads are refused." for folder in unwritable()]


class Claim:
    """The lock on a data folder, with a note for a second process."""

    def __init__(self, note: IO[str], children: IO[str]) -> None:
        self._note, self.kept_by_children = note, children.fileno()
        self.is_left_behind = note.read().endswith("owns its server\n")
        """Whether the last run was killed and has left its database server running."""

    def note(self, address: str, *, owns_server: bool) -> None:
        """Record the address of the site."""
        self.clear()
        self._note.write(f"{address}\n{'owns its server' if owns_server else ''}\n")
        self._note.flush()

    def clear(self) -> None:
        """Delete the note."""
        self._note.seek(0)
        self._note.truncate()


@contextmanager
def _alone(data_dir: Path) -> Iterator[Claim]:
    """Ensure one site per data folder, by locks that the system releases when a process dies."""
    with (data_dir / "demo.lock").open("a+") as note, (data_dir / "demo.children.lock").open("w") as children:
        note.seek(0)
        if not _locked(note):
            where = note.readline().strip()
            raise CommandError(
                f"It runs already, at {where}. To start it anew, stop that one first."
                if where
                else "It is being started already, from another terminal. Look there for its address."
            )
        deadline = time.monotonic() + LAST_RUN
        while not _locked(children):
            if time.monotonic() > deadline:
                raise CommandError(
                    "The last run was killed and its processes have not ended. End them, then try again."
                )
            time.sleep(0.1)
        yield Claim(note, children)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken. Choose another: make demo PORT={port + 1}") from error
