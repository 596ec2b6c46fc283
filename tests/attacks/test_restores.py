"""After a restore, a failover or a change of server, ETags differ and no process keeps outdated data.

One process survives all of it, as a web server does: its index and its version of the public data stay in memory while
the database is replaced.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client

from foundation.publication import Follower, public_version
from measures.listing.index import public_index
from measures.models import Measure
from observatory.database.owner import as_owner
from observatory.embedded.postgres import Role, ensure_server, stop_server
from tests import factories
from tests.attacks.test_backup import programs

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def owner_url() -> str:
    with as_owner():
        connection.ensure_connection()
        given = connection.connection.info
        parts = {"host": given.host, "port": given.port, "user": given.user, "password": given.password}
        return psycopg.conninfo.make_conninfo("", **parts, dbname=given.dbname)


def run(program: str, url: str, *arguments: str) -> None:
    address = psycopg.conninfo.conninfo_to_dict(url)
    environment = {f"PG{name.upper()}": str(address[name]) for name in ("host", "port", "user", "password")}
    environment["PGDATABASE"] = str(address["dbname"])
    subprocess.run([program, *arguments], env={**os.environ, "PATH": programs(), **environment}, check=True)


def dump(path: Path) -> Path:
    run("pg_dump", owner_url(), "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")
    return path


@contextmanager
def restored(path: Path, url: str) -> Iterator[str]:
    """The name of a new database on the server of `url`, restored from a dump; dropped afterwards."""
    name = f"restored_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"create database {name} template template0")
        try:
            there = psycopg.conninfo.make_conninfo(url, dbname=name)
            run("pg_restore", there, "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={name}", str(path))
            yield name
        finally:
            owner.execute(f"drop database {name}")


@contextmanager
def pointed_at(**address: Any) -> Iterator[None]:
    """Connect this process to another database, as if the old address now led to the new one."""
    known = connection.settings_dict
    connection.close()
    connection.settings_dict = {**known, **address}
    try:
        call_command("grant_rights")
        yield
    finally:
        connection.close()
        connection.settings_dict = known


def asked(title: str, tag: str = "") -> tuple[int, bool, str]:
    """The status of the list, whether it has the title, and its ETag."""
    response = Client().get("/measures/", headers={"if-none-match": tag} if tag else {})
    return response.status_code, title in response.content.decode(), response["ETag"]


def shown(public_id: str) -> bool:
    """Whether the in-memory index has an entry."""
    ids = public_index().everything.ids().tolist()
    return Measure.objects.get(public_id=public_id).pk in ids


def test_no_page_passes_for_the_one_before_a_restore(tmp_path: Path) -> None:
    entry = factories.measure(title_en="At first")
    path = dump(tmp_path / "dump")
    Measure.objects.filter(pk=entry.pk).update(title_en="Lost by the restore")
    status, is_there, lost = asked("Lost by the restore")
    assert (status, is_there, asked("", lost)[0]) == (200, True, 304)

    with restored(path, owner_url()) as name, pointed_at(NAME=name):
        assert asked("At first", lost)[:2] == (200, True)
        Measure.objects.filter(pk=entry.pk).update(title_en="After the restore")  # the same number of changes as before
        status, is_there, now = asked("After the restore", lost)
        assert (status, is_there) == (200, True)
        assert asked("", now)[0] == 304
    assert asked("Lost by the restore", now)[:2] == (200, True)


def test_an_index_in_memory_begins_anew_in_a_restored_database(tmp_path: Path) -> None:
    kept = factories.measure(title_en="Kept")
    path = dump(tmp_path / "dump")
    factories.measure(title_en="Lost")
    assert len(public_index()) == 2
    with restored(path, owner_url()) as name, pointed_at(NAME=name):
        assert len(public_index()) == 1
        assert shown(kept.public_id)


def test_a_copy_of_the_database_on_the_same_server_is_another(tmp_path: Path) -> None:
    """As created by `createdb --template`: its tables have the same OIDs."""
    entry = factories.measure(title_en="At first")
    before, name = public_version(), f"copied_{os.getpid()}"
    source, url = str(connection.settings_dict["NAME"]), owner_url()
    connection.close()
    with psycopg.connect(psycopg.conninfo.make_conninfo(url, dbname="postgres"), autocommit=True) as owner:
        owner.execute(f"create database {name} template {source}")
        try:
            with pointed_at(NAME=name):
                Measure.objects.filter(pk=entry.pk).update(workflow="retired")
                assert len(public_index()) == 0
                copied = public_version()
        finally:
            owner.execute(f"drop database {name}")
    assert len(public_index()) == 1
    assert public_version() == before != copied


@pytest.fixture
def young(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A server with few transactions so far."""
    with ExitStack() as stack:
        stack.callback(stop_server, tmp_path / "young")
        address = ensure_server(tmp_path / "young")
        yield {"address": address, "data": tmp_path / "young"}


def test_a_server_that_counts_from_a_lower_number_is_followed(
    young: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction ids look as if this process had already seen them all."""
    entry = factories.measure(title_en="At first")
    path, address = dump(tmp_path / "dump"), young["address"]
    with psycopg.connect(owner_url(), autocommit=True) as owner:
        owner.execute("set synchronous_commit = off")
        owner.execute("do $$ begin for n in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$")
    Measure.objects.filter(pk=entry.pk).update(title_en="Lost with the old server")
    tag = asked("Lost with the old server")[2]
    assert len(public_index()) == 1

    with restored(path, address.url()) as name:
        there = {"USER": Role.APP, "PASSWORD": address.password(Role.APP), "HOST": address.host, "PORT": address.port}
        monkeypatch.setattr(settings, "DATA_DIR", young["data"])
        with pointed_at(NAME=name, **there):
            assert asked("At first", tag)[:2] == (200, True)
            old = asked("At first")[2]
            Measure.objects.filter(pk=entry.pk).update(title_en="On the new server")
            assert asked("On the new server", old)[:2] == (200, True)
            factories.measure(title_en="Second")
            assert len(public_index()) == 2
            assert not _has_news(), "what was restored is not told again and again"


def _has_news() -> bool:
    """Whether a process that has just read the version reads it again."""
    follower = Follower()
    follower.look()
    return bool(follower.look().has_any)
