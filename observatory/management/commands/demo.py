"""``manage.py demo``: from an empty folder to a site that answers; what ``make demo`` calls."""

import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from countries.models import Country
from observatory.postgres import PostgresError, find_server, stop_server
from observatory.translations import compile_catalogues

HOST = "127.0.0.1"
# Each thread keeps a connection to the database: two workers with four leave room among PostgreSQL's hundred
GRANIAN = [
    sys.executable,
    "-m",
    "granian",
    "--interface=wsgi",
    "--workers=2",
    "--blocking-threads=4",
    "--workers-kill-timeout=5",
]


WORKER = [sys.executable, str(settings.BASE_DIR / "manage.py"), "procrastinate", "worker", "--concurrency=4"]
LAST_WORDS = 5
"""Seconds that the worker may take to end; what it has not finished is done by the next one."""


class Command(BaseCommand):
    help = "Prepare the database, load countries and Peru, and serve until Ctrl-C. What is there already stays."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, port: int, **options: Any) -> None:
        _refuse_taken(port)
        is_embedded = settings.DATABASES["default"]["ENGINE"] == "observatory.embedded"
        stops_server = is_embedded and find_server(settings.DATA_DIR) is None
        try:
            self._prepare()
            self._serve(port)
        except PostgresError as error:
            raise CommandError(str(error)) from error
        finally:
            if stops_server:
                stop_server(settings.DATA_DIR)

    def _prepare(self) -> None:
        compile_catalogues(settings.BASE_DIR)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("migrate", interactive=False, verbosity=0)
        if not Country.objects.exists():  # once: loading again would undo what has been edited since
            call_command("load_fixtures")

    def _serve(self, port: int) -> None:
        command = [*GRANIAN, "--host", HOST, "--port", str(port), "--log-level=warning", "observatory.wsgi:application"]
        # In a session of its own: Ctrl-C and a closed terminal are for this process, which ends the server in order
        server = subprocess.Popen(command, start_new_session=True)
        worker = subprocess.Popen(WORKER, start_new_session=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda _number, _frame: server.terminate())
        try:
            self._wait(server, port)
        finally:
            _end(worker)

    def _wait(self, server: subprocess.Popen[bytes], port: int) -> None:
        _await_listening(server, port)
        self.stdout.write(f"\nhttp://{HOST}:{port} is ready. Sign in at http://{HOST}:{port}/admin/ as")
        call_command("create_demo_accounts")
        self.stdout.write("Ctrl-C stops it; the data stay in .data/.\n")
        self.stdout.flush()  # also where the output goes into a file or a pipe
        server.wait()


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(f"Port {port} is taken. Choose another: make demo PORT={port + 1}") from error


def _end(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(LAST_WORDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _await_listening(server: subprocess.Popen[bytes], port: int) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise CommandError("The web server ended before it was ready; its message stands above.")
