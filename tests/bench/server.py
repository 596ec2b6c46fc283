"""The PostgreSQL server that the bench works on, and its databases, whose names all begin with `bench_`.

It is the server of DATABASE_URL, else the embedded one of the working copy with the configuration that a newcomer has.
The bench itself needs no Django: what is measured runs in processes of its own, with DATABASE_URL set to a database.
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
"""The bench is one address that asks for more than a person."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server by the address of one of its databases."""

    url: str
    superuser_url: str
    """The same as the superuser, who alone may empty the buffers; for a server of our own, else `url` once more."""

    def url_of(self, database: str) -> str:
        """The address of another database of the server."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def connect(self, database: str | None = None) -> psycopg.Connection[Any]:
        """A connection in which each statement stands by itself."""
        return psycopg.connect(self.url_of(database) if database else self.url, autocommit=True)

    def fingerprint(self, database: str) -> str | None:
        """What the database was made from, as `create` noted it; None where there is no such database."""
        with self.connect() as connection:
            row = connection.execute(
                "select coalesce(shobj_description(oid, 'pg_database'), '') from pg_database where datname = %s",
                [database],
            ).fetchone()
        return row[0] if row else None

    def create(self, database: str, *, template: str = "template0") -> None:
        """Make a database anew, as a copy of `template`."""
        self.drop(database)
        with self.connect() as connection:
            connection.execute(f"create database {database} template {template} strategy file_copy")

    def note(self, database: str, fingerprint: str) -> None:
        """Note what the database was made from, once it is whole."""
        with self.connect() as connection:
            connection.execute(f"comment on database {database} is '{fingerprint}'")

    def drop(self, database: str) -> None:
        """Remove a database and break off whoever uses it."""
        with self.connect() as connection:
            connection.execute(f"drop database if exists {database} (force)")

    def bytes_of(self, database: str) -> int:
        """How much room the database takes on the disk."""
        with self.connect() as connection:
            row = connection.execute("select pg_database_size(%s)", [database]).fetchone()
        assert row
        return int(row[0])

    def settle(self) -> None:
        """Write what waits to be written, so that it does not fall into what is measured next."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            connection.execute("checkpoint")

    def environment(self, database: str) -> dict[str, str]:
        """For a process that is to work on the database."""
        return {**os.environ, **UNLIMITED, "DATABASE_URL": self.url_of(database), "DATA_DIR": str(DATA)}

    def manage(self, database: str, *arguments: str) -> None:
        """Run a command of `manage.py` on the database. Raise CalledProcessError where it fails."""
        self.run(database, "manage.py", *arguments)

    def run(self, database: str, *arguments: str, **environment: str) -> str:
        """Run Python in a process that works on the database; return what it printed."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**self.environment(database), **environment},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout


def server() -> Server:
    """The server to work on, started if need be."""
    if given := os.environ.get("DATABASE_URL"):
        return Server(given, given)
    address = ensure_server(DATA)
    return Server(address.url(), address.url(role=Role.ADMIN))


def is_running() -> bool:
    """Whether the server runs already, so that it must not be stopped afterwards."""
    return bool(os.environ.get("DATABASE_URL")) or find_server(DATA) is not None


def stop() -> None:
    """Stop the embedded server."""
    stop_server(DATA)
