"""The PostgreSQL server of the benchmarks, and its databases, whose names all begin with `bench_`.

It is the server of DATABASE_URL, or else the embedded one of the working copy in its default configuration. The
benchmark itself needs no Django: what is measured runs in separate processes, with DATABASE_URL set to a database.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from observatory.embedded.postgres import Role, ensure_server, find_server, stop_server

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DATA_DIR") or ROOT / ".data").resolve()
UNLIMITED = dict.fromkeys(("DOWNLOADS_PER_MINUTE", "SEARCHES_PER_MINUTE", "PAGES_PER_MINUTE"), "0")
"""The benchmark is one client that exceeds the limits for people."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server by the address of one of its databases."""

    url: str
    superuser_url: str
    """The URL for the superuser, who alone may clear the buffers; the same as `url` for an external server."""

    def url_of(self, database: str) -> str:
        """The URL of another database on the server."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def superuser_url_of(self, database: str) -> str:
        """The URL of a database on the server for the superuser."""
        return urlunsplit(urlsplit(self.superuser_url)._replace(path=f"/{database}"))

    def connect(self, database: str | None = None) -> psycopg.Connection[Any]:
        """A connection in autocommit mode."""
        return psycopg.connect(self.url_of(database) if database else self.url, autocommit=True)

    def fingerprint(self, database: str) -> str | None:
        """The fingerprint of the database as stored by `note`; None if the database does not exist."""
        with self.connect() as connection:
            row = connection.execute(
                "select coalesce(shobj_description(oid, 'pg_database'), '') from pg_database where datname = %s",
                [database],
            ).fetchone()
        return row[0] if row else None

    def create(self, database: str, *, template: str = "template0") -> None:
        """Recreate a database as a copy of `template`."""
        self.drop(database)
        with self.connect() as connection:
            connection.execute(f"create database {database} template {template} strategy file_copy")

    def note(self, database: str, fingerprint: str) -> None:
        """Store the fingerprint of the database once it is complete."""
        with self.connect() as connection:
            connection.execute(f"comment on database {database} is '{fingerprint}'")

    def drop(self, database: str) -> None:
        """Drop a database and terminate its sessions."""
        with self.connect() as connection:
            connection.execute(f"drop database if exists {database} (force)")

    def bytes_of(self, database: str) -> int:
        """The size of the database on disk in bytes."""
        with self.connect() as connection:
            row = connection.execute("select pg_database_size(%s)", [database]).fetchone()
        assert row
        return int(row[0])

    def settle(self) -> None:
        """Run a checkpoint, so that pending writes do not disturb the next measurement."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute("checkpoint")

    def environment(self, database: str) -> dict[str, str]:
        """The environment of a process that uses the database."""
        return {**os.environ, **UNLIMITED, "DATABASE_URL": self.url_of(database), "DATA_DIR": str(DATA)}

    def manage(self, database: str, *arguments: str) -> None:
        """Run a `manage.py` command on the database. Raise CalledProcessError if it fails."""
        self.run(database, "manage.py", *arguments)

    def run(self, database: str, *arguments: str, **environment: str) -> str:
        """Run Python in a process that uses the database; return its output."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.environment(database), **environment},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout


def server() -> Server:
    """The server, started if necessary."""
    if given := os.environ.get("DATABASE_URL"):
        return Server(given, given)
    address = ensure_server(DATA)
    return Server(address.url(), address.url(role=Role.ADMIN))


def is_running() -> bool:
    """Whether the server is already running, and must not be stopped afterwards."""
    return bool(os.environ.get("DATABASE_URL")) or find_server(DATA) is not None


def stop() -> None:
    """Stop the embedded server."""
    stop_server(DATA)
