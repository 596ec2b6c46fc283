"""``manage.py serve``: run the web server with the options for this site, which are defined only here."""

import os
import resource
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

OPTIONS = (
    "--interface=asginl",
    "--loop=uvloop",
    "--http=1",  # automatic detection would wait for the first bytes without a timeout
    "--no-ws",
    "--backlog=2048",
    "--backpressure=2048",  # connections of a worker; a slow one costs some kilobytes and no thread
    "--http1-header-read-timeout=10000",  # milliseconds, including the time between two requests on a connection
    "--workers-kill-timeout=10",
    "--respawn-failed-workers",
    "--respawn-interval=1",
    "--log-level=warning",
)
FILES = 65_536
"""Open files per process, if the system allows that many: each connection is one."""


class Command(BaseCommand):
    help = "Run the web server. Each worker answers WEB_THREADS requests at a time."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=2, help="number of processes; use one for each processor")

    def handle(self, *, host: str, port: int, workers: int, **options: Any) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        where = ("--host", host, "--port", str(port), "--workers", str(workers))
        os.environ["WEB_WORKERS"] = str(workers)  # each process enforces its share of the limits
        # Replace this process, so that a supervisor watches and stops the server directly
        command = [sys.executable, "-m", "granian", *OPTIONS, *where, "observatory.asgi:application"]
        os.execv(sys.executable, command)  # noqa: S606  there is no shell to fear
