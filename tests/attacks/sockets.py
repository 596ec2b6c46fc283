"""Raw connections to a local server, for requests that no browser would send."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from observatory.management.commands.serve import OPTIONS

HOST = "127.0.0.1"
PATIENCE = 60


def free_port() -> int:
    """A port that is not in use."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """A single-process local server, and the connections to it."""

    port: int
    pid: int
    opened: ExitStack

    def connection(self, *, room: int | None = None) -> socket.socket:
        """A connection; `room` is the size of the receive buffer."""
        connection = self.opened.enter_context(socket.socket())
        if room:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.settimeout(PATIENCE)
        connection.connect((HOST, self.port))
        return connection

    def sent(self, request: str, *, room: int | None = None) -> socket.socket:
        """A connection on which something has been sent."""
        connection = self.connection(room=room)
        connection.sendall(request.encode())
        return connection

    def bytes_unread(self) -> int:
        """Bytes in the server's socket buffers that clients have not read."""
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(int(line[4].split(":")[0], 16) for line in lines if line[1].endswith(f":{self.port:04X}"))

    def answers(self, path: str) -> bool:
        """Whether another visitor gets a page; raise TimeoutError after a minute."""
        with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}", timeout=PATIENCE) as response:
            return bool(response.status == 200 and response.read())


@contextmanager
def served(application: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Granian with the site's options, in one process that uses the test database."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        *OPTIONS,
        f"--host={HOST}",
        f"--port={port}",
        "--workers=1",
        application,
    ]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=dict(environment), start_new_session=True)
    try:
        _await_listening(process, port)
        with ExitStack() as opened:
            yield Server(port, process.pid, opened)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        assert process.poll() is None, "the server has ended"
        assert time.monotonic() < deadline, "the server does not listen"
        time.sleep(0.1)


def received(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    pieces = []
    try:
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    except ConnectionError:
        pass
    return b"".join(pieces)


def status_of(answer: bytes) -> int:
    """The status of a response; 0 if there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0
