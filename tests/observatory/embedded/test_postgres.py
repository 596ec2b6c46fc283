"""The embedded server, with real processes."""

import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

import psutil
import psycopg
import pytest

from observatory.embedded.postgres import PostgresError, Role, ensure_server, find_server, stop_server

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def empty_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder, not made yet, inside one that nobody else may enter, as in root's home."""
    tmp_path.chmod(0o700)
    folder = tmp_path / "data"
    yield folder
    stop_server(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose server has run, to be copied."""
    folder = tmp_path_factory.mktemp("made") / "data"
    ensure_server(folder)
    stop_server(folder)
    return folder


@pytest.fixture
def data_dir(empty_dir: Path, made: Path) -> Path:
    """A data folder whose server has run before, which takes a tenth of the time of a new one."""
    subprocess.run(["/bin/cp", "--archive", str(made), str(empty_dir)], check=True)
    return empty_dir


def server_process(data_dir: Path) -> psutil.Process:
    return psutil.Process(int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0]))


def ask(data_dir: Path, statement: str) -> object:
    with psycopg.connect(ensure_server(data_dir).url(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def kill(data_dir: Path) -> None:
    process = server_process(data_dir)
    process.kill()
    psutil.wait_procs([process], timeout=10)


def test_first_call_makes_a_server_with_the_project_database(empty_dir: Path) -> None:
    assert ask(empty_dir, "SELECT current_database() || ' ' || current_setting('fsync')") == "observatory on"
    assert (
        ask(empty_dir, "SELECT datcollate || ' ' || pg_encoding_to_char(encoding) FROM pg_database LIMIT 1")
        == "C.UTF-8 UTF8"
    )


def _refusal(data_dir: Path) -> str:
    with pytest.raises(PostgresError) as told:
        ensure_server(data_dir)
    return str(told.value)


def test_failed_start_quotes_its_own_lines_of_the_log_alone(data_dir: Path) -> None:
    cluster = data_dir / "postgres"
    with (cluster / "server.log").open("a") as log:
        log.write("FATAL: of last week\n")
    with (cluster / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_parameter = 1\n")
    said = _refusal(data_dir)
    assert "no_such_parameter" in said
    assert "of last week" not in said


def test_start_that_can_write_no_log_says_what_the_program_said(data_dir: Path) -> None:
    log = data_dir / "postgres" / "server.log"
    log.rename(log.with_suffix(".old"))
    log.mkdir()
    said = _refusal(data_dir)
    assert "does not start and writes no log. pg_ctl failed for" in said
    assert "server.log" in said


def test_server_never_runs_as_root(data_dir: Path) -> None:
    ensure_server(data_dir)
    assert server_process(data_dir).uids().effective != 0


def test_no_folder_is_opened_to_others(empty_dir: Path) -> None:
    ensure_server(empty_dir)
    modes = {path.name: path.stat().st_mode & 0o077 for path in (empty_dir.parent, empty_dir, empty_dir / "postgres")}
    assert modes == {empty_dir.parent.name: 0, "data": 0, "postgres": 0}
    assert (empty_dir / "postgres" / "password").stat().st_mode & 0o077 == 0


def test_wrong_password_is_refused(data_dir: Path) -> None:
    port = ensure_server(data_dir).port
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=port, user="observatory", password="guess", dbname="observatory")


def test_six_processes_at_once_share_one_server(empty_dir: Path) -> None:
    with SPAWN.Pool(6) as pool:
        addresses = pool.map(ensure_server, [empty_dir] * 6)
    assert len(set(addresses)) == 1
    assert find_server(empty_dir) == addresses[0]


def test_killed_server_is_started_again_with_its_data(data_dir: Path) -> None:
    ask(data_dir, "CREATE TABLE kept AS SELECT 42 AS number")
    kill(data_dir)
    assert find_server(data_dir) is None
    assert ask(data_dir, "SELECT number FROM kept") == 42


def test_six_processes_after_a_kill_share_one_server(data_dir: Path) -> None:
    ensure_server(data_dir)
    kill(data_dir)
    with SPAWN.Pool(6) as pool:
        assert len(set(pool.map(ensure_server, [data_dir] * 6))) == 1


def test_killed_client_leaves_neither_lock_nor_half_a_cluster(empty_dir: Path) -> None:
    client = SPAWN.Process(target=ensure_server, args=(empty_dir,))
    client.start()
    while not (empty_dir / "postgres.new").exists():
        time.sleep(0.01)
    os.kill(client.pid or 0, signal.SIGKILL)
    client.join()
    assert ask(empty_dir, "SELECT 1") == 1


def test_pid_of_another_process_does_not_pass_for_the_server(data_dir: Path) -> None:
    ensure_server(data_dir)
    kill(data_dir)
    note = data_dir / "postgres" / "postmaster.pid"
    lines = note.read_text().splitlines()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        note.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        assert find_server(data_dir) is None
        assert ask(data_dir, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_server_of_another_folder_does_not_pass_for_ours(data_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    try:
        theirs = ensure_server(other)
        ensure_server(data_dir)
        kill(data_dir)
        note = (other / "postgres" / "postmaster.pid").read_text()
        (data_dir / "postgres" / "postmaster.pid").write_text(note)
        assert find_server(data_dir) is None
        assert ensure_server(data_dir).port != theirs.port
        assert find_server(other) == theirs
    finally:
        stop_server(other)


def test_server_that_is_still_recovering_is_waited_for(data_dir: Path) -> None:
    """A live server that does not accept connections yet, as after a crash with a long log."""
    address = ensure_server(data_dir)
    process = server_process(data_dir)
    process.suspend()
    waker = SPAWN.Process(target=_resume_later, args=(process.pid,))
    waker.start()
    started = time.monotonic()
    assert ensure_server(data_dir) == address
    assert time.monotonic() - started > 11
    waker.join()


def test_who_has_little_patience_is_told_soon(data_dir: Path) -> None:
    """As a web request is, which would otherwise keep its thread from others: of a live server that lets nobody in."""
    ensure_server(data_dir)
    (data_dir / "postgres" / "pg_hba.conf").write_text("host all all 127.0.0.1/32 reject\n")
    server_process(data_dir).send_signal(signal.SIGHUP)
    while find_server(data_dir):
        time.sleep(0.05)
    _is_told(data_dir, "does not answer")
    supervisor = SPAWN.Process(target=ensure_server, args=(data_dir,))  # which has patience, and the lock
    supervisor.start()
    with closing((data_dir / "postgres.lock").open()) as lock:
        while _can_lock(lock):
            time.sleep(0.05)
    _is_told(data_dir, "by another process")
    supervisor.kill()
    supervisor.join()


def _is_told(data_dir: Path, reason: str) -> None:
    with pytest.raises(PostgresError, match=reason):  # and the test's end, instead of ten minutes later
        ensure_server(data_dir, patience=0.5)


def _can_lock(file: IO[str]) -> bool:
    """Whether nobody holds the lock; it is given back at once."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True


def _resume_later(pid: int) -> None:
    time.sleep(12)
    os.kill(pid, signal.SIGCONT)


def test_stop_ends_the_server_and_says_whether_there_was_one(data_dir: Path) -> None:
    ensure_server(data_dir)
    process = server_process(data_dir)
    assert stop_server(data_dir) is True
    with suppress(psutil.TimeoutExpired):  # it closes its files before it exits
        process.wait(10)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert stop_server(data_dir) is False
    assert find_server(data_dir) is None


def sign_in(data_dir: Path, role: Role, statement: str) -> object:
    with psycopg.connect(ensure_server(data_dir).url(role=role), autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
        return row[0] if row else None


def test_a_cluster_of_one_role_gets_the_others_and_keeps_what_it_holds(data_dir: Path) -> None:
    """A cluster from before the other roles existed, in which the superuser owned everything."""
    address = ensure_server(data_dir)
    with psycopg.connect(address.url("postgres", Role.ADMIN), autocommit=True) as admin:
        admin.execute(f"alter database observatory owner to {Role.ADMIN}")
        admin.execute(f"drop role {Role.OWNER}, {Role.APP}")
    with psycopg.connect(address.url(role=Role.ADMIN), autocommit=True) as admin:
        admin.execute("create extension unaccent")
        admin.execute("create table kept (id bigserial, number integer generated always as identity, kind text)")
        admin.execute("insert into kept (kind) values ('here')")
        admin.execute("create type kinds as enum ('a'); create type pair as (a integer, b text)")
        admin.execute("create view shown as select * from kept; create sequence alone")
        admin.execute("create function one() returns integer language sql return 1")
    cluster = data_dir / "postgres"
    (cluster / "pg_hba.conf").write_text("host all observatory 127.0.0.1/32 scram-sha-256\n")
    (cluster / "roles").unlink()
    stop_server(data_dir)

    assert sign_in(data_dir, Role.OWNER, "select kind from shown") == "here"
    strangers = "select string_agg({name}::text, ' ') from {catalogue} where {namespace} = 'public'::regnamespace and"
    for name, catalogue, namespace, owner in (
        ("relname", "pg_class", "relnamespace", "relowner"),
        ("typname", "pg_type", "typnamespace", "typowner"),
    ):
        found = strangers.format(name=name, catalogue=catalogue, namespace=namespace)
        assert sign_in(data_dir, Role.OWNER, f"{found} {owner} <> current_user::regrole") is None
    assert (
        sign_in(data_dir, Role.OWNER, "select proowner::regrole::text from pg_proc where proname = 'one'") == Role.OWNER
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sign_in(data_dir, Role.APP, "select kind from kept")


def test_neither_the_owner_nor_the_running_role_is_mighty(data_dir: Path) -> None:
    mighty = (
        "select rolsuper or rolcreaterole or rolreplication or rolbypassrls from pg_roles where rolname = current_user"
    )
    assert [sign_in(data_dir, role, mighty) for role in Role] == [True, False, False]
