"""``manage.py serve``: the web server with the options that this site needs, which stand here alone."""

import os
import resource
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

OPTIONS = (
    "--interface=asginl",
    "--loop=uvloop",
    "--http=1",  # told to find out by itself, it would wait for the first bytes without end
    "--no-ws",
    "--backlog=2048",
    "--backpressure=2048",  # connections of a worker; a slow one costs some kilobytes and no thread
    "--http1-header-read-timeout=10000",  # milliseconds, also between two requests of a connection
    "--workers-kill-timeout=10",
    "--respawn-failed-workers",
    "--respawn-interval=1",
    "--log-level=warning",
)
FILES = 65_536
"""Files that a process may have open, if it may ask for so many: each connection is one."""


class Command(BaseCommand):
    help = "Run the web server. WEB_THREADS says how many requests each of its workers answers at a time."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2, help="processes; one for each processor is right")

    def handle(self, *, host: str, port: int, workers: int, **options: Any) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        where = ("--host", host, "--port", str(port), "--workers", str(workers))
        os.environ["WEB_WORKERS"] = str(workers)  # each of them counts its share of the limits
        # In place of this process, so that who started it watches and ends the server itself
        command = [sys.executable, "-m", "granian", *OPTIONS, *where, "observatory.asgi:application"]
        os.execv(sys.executable, command)  # noqa: S606  there is no shell to fear
