"""``manage.py postgres start|stop|status|url``: the embedded server by hand."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from observatory.embedded.postgres import PostgresError, ensure_server, find_server, stop_server


def _start(data_dir: Path) -> str:
    return f"The embedded PostgreSQL answers on port {ensure_server(data_dir).port}."


def _stop(data_dir: Path) -> str:
    return "Stopped." if stop_server(data_dir) else "It was not running."


def _status(data_dir: Path) -> str:
    address = find_server(data_dir)
    return f"Running on port {address.port}." if address else "Not running."


def _url(data_dir: Path) -> str:
    return ensure_server(data_dir).url()


ACTIONS = {"start": _start, "stop": _stop, "status": _status, "url": _url}


class Command(BaseCommand):
    help = "Start or stop the embedded PostgreSQL server, or print its address. It is not used if DATABASE_URL is set."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "action",
            choices=list(ACTIONS),
            help="url prints the address for psql and pg_dump, including the password",
        )

    def handle(self, *, action: str, **options: Any) -> str:
        try:
            return ACTIONS[action](settings.DATA_DIR)
        except PostgresError as error:
            raise CommandError(str(error)) from error
