"""A complete site as `make demo` starts it, with its own data folder and port."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

from observatory.embedded.postgres import ensure_server, server_number, stop_server
from tests.attacks.heavy.client import Client, Unreachable

ROOT = Path(__file__).resolve().parents[3]
STARTS_IN = 300
"""Seconds that a first start may take on a busy machine."""
ENDS_IN = 60
FIRST_SECRET, SECOND_SECRET = "zanahoria", "berenjena"
"""Words of a draft. A search for the first one may echo that word, but never show the second."""
MAKE_DRAFT = f"""
import json
from tests import factories
made = factories.draft(title_en="{FIRST_SECRET} {SECOND_SECRET}", topics=())
print(json.dumps(made.pk))
"""


def free_port() -> int:
    """A port of this machine that is not in use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Poll a condition and return its value; raise AssertionError on a timeout."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} seconds."
        time.sleep(0.1)
    return found


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of a running site; each list may be empty just after a crash."""

    demo: list[psutil.Process]
    web: list[psutil.Process]
    """The main process of the web server."""
    web_workers: list[psutil.Process]
    background: list[psutil.Process]
    database: list[psutil.Process]
    """The main process of PostgreSQL."""


@dataclass
class Site:
    """Has methods to start, attack and stop a site. `said` is its terminal output."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    said: list[str] = field(default_factory=list)
    demo: subprocess.Popen[str] | None = None
    draft: int = 0
    """The primary key of the draft with the secret words."""

    @property
    def url(self) -> str:
        """The URL of the site, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def copied(self, data_dir: Path) -> "Site":
        """Another site with a copy of this one's data; this one must be stopped."""
        subprocess.run(["/bin/cp", "-a", self.data_dir, data_dir], check=True)  # keeps the owner of the files
        return Site(data_dir, draft=self.draft)

    @property
    def environment(self) -> dict[str, str]:
        """For a process that works on the site's data."""
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "DATA_DIR": str(self.data_dir), "PYTHONUNBUFFERED": "1"}

    def command(self) -> subprocess.Popen[str]:
        """Start the site without waiting."""
        return subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(self.port)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def start(self) -> None:
        """Start the site, wait until it is ready, and create the draft with the secret words if necessary."""
        self.demo = self.command()
        threading.Thread(target=self._listen, args=[self.demo], daemon=True).start()
        until(self._is_ready, seconds=STARTS_IN, what="The site is ready")
        if not self.draft:
            self.draft = json.loads(self.manage("shell", "--verbosity=0", "-c", MAKE_DRAFT))

    def stop(self) -> None:
        """Stop it as Ctrl-C does, and kill what it leaves behind."""
        if self.demo:
            self.demo.send_signal(signal.SIGINT)
            try:
                self.demo.wait(ENDS_IN)
            except subprocess.TimeoutExpired:
                self.demo.kill()
                self.demo.wait()
        stop_server(self.data_dir)
        if self.data_dir.is_mount():
            subprocess.run(["/bin/umount", "--lazy", self.data_dir], check=True)

    def manage(self, *arguments: str) -> str:
        """Run a `manage.py` command on the site's data and return its output."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    def visitor(self, *, timeout: float = 10) -> Client:
        """An anonymous client."""
        return Client(self.url, timeout=timeout)

    def editor(self) -> Client:
        """A client signed in as an editor."""
        lines = (self.data_dir / "demo_accounts").read_text().splitlines()
        passwords = dict(line.split(" ", 1) for line in lines)
        client = Client(self.url, timeout=30)
        client.sign_in("editor", passwords["editor"])
        return client

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection to the site's database, which is started if necessary."""
        with psycopg.connect(ensure_server(self.data_dir).url(), autocommit=True) as connection:
            yield connection

    def processes(self) -> Processes:
        """The site's running processes."""
        ours = self._descendants()
        # The web server is known by its port, whatever program it is
        serving = {number: parent for number, parent, words in ours if str(self.port) in words}
        first = [number for number, parent in serving.items() if parent not in serving]
        background = [number for number, _parent, words in ours if "procrastinate" in words]
        return Processes(
            demo=_living([self.demo.pid] if self.demo and self.demo.poll() is None else []),
            web=_living(first),
            web_workers=_living(number for number in serving if number not in first),
            background=_living(background),
            database=_living([number] if (number := server_number(self.data_dir)) else []),
        )

    def answers(self) -> bool:
        """Whether the home page is currently served."""
        try:
            return self.visitor(timeout=5).get("/").status == 200
        except Unreachable:
            return False

    def _is_ready(self) -> bool:
        assert self.demo
        assert self.demo.poll() is None, "The site did not start:\n" + "".join(self.said)
        return any("Ctrl-C" in line for line in self.said)

    def _listen(self, demo: subprocess.Popen[str]) -> None:
        for line in demo.stdout or ():
            self.said.append(line)

    def _descendants(self) -> list[tuple[int, int, list[str]]]:
        """Number, parent and command line of each process below the demo, without the wardens."""
        if not self.demo or self.demo.poll() is not None:
            return []
        found = []
        for process in psutil.Process(self.demo.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                words = process.cmdline()  # empty for a zombie
                if words and not any(word.endswith("warden.py") for word in words):
                    found.append((process.pid, process.ppid(), words))
        return found


def _living(numbers: Iterable[int]) -> list[psutil.Process]:
    found = []
    for number in numbers:
        with suppress(psutil.NoSuchProcess):
            found.append(psutil.Process(number))
    return found
