"""Web servers to be measured, and an HTTP client.

We use our own client so that nothing has to be installed: one process with one or more connections, each of which sends
its next request when it has received a response. It costs some 30 microseconds per request, for pages and peers alike.
"""

import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle

from observatory.management.commands.serve import OPTIONS
from tests.bench.server import ROOT

HOST = "127.0.0.1"
PATIENCE = 60
GRANIAN = ("-m", "granian", *OPTIONS, f"--host={HOST}")
FEWEST_ANSWERS = 24
LONGEST_ANSWER = 600
"""Timeout of a response in seconds."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and its duration in seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float
    first_byte: float
    """Seconds until the first byte of the body."""


def free_port() -> int:
    """A port that is not in use."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(application: str, environment: Mapping[str, str], *, workers: int = 2, threads: int = 4) -> Iterator[int]:
    """Granian with the options of `manage.py serve`, while the block lasts; yields the port."""
    port = free_port()
    options = (f"--port={port}", f"--workers={workers}")
    threads_of = {"WEB_THREADS": str(threads)}
    with running([sys.executable, *GRANIAN, *options, application], {**environment, **threads_of}, port):
        yield port


@contextmanager
def running(command: list[str], environment: Mapping[str, str], port: int, *, is_quiet: bool = False) -> Iterator[None]:
    """A server while the block lasts, which begins when it listens."""
    output = subprocess.DEVNULL if is_quiet else None
    process = subprocess.Popen(
        command, cwd=ROOT, env=dict(environment), stdout=output, stderr=output, start_new_session=True
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} does not listen on port {port}.")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def request(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A GET request as bytes."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode()


def ask(port: int, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Send one request on a new connection. Raise RuntimeError for an error response."""
    with socket.create_connection((HOST, port), LONGEST_ANSWER) as connection:
        start = time.perf_counter()
        connection.sendall(request(path, {**(headers or {}), "Connection": "close"}))
        received, first_byte = bytearray(), 0.0
        while block := connection.recv(1 << 18):
            received += block
            if not first_byte and received.find(b"\r\n\r\n") not in (-1, len(received) - 4):
                first_byte = time.perf_counter() - start
        seconds = time.perf_counter() - start
    head, _blank, body = bytes(received).partition(b"\r\n\r\n")
    status, fields = _head(head)
    if status >= 400:
        raise RuntimeError(f"{path} answers {status}: {body[:500]!r}")
    whole = _unchunked(body) if fields.get("transfer-encoding") == "chunked" else body
    return Answer(status, fields, whole, seconds, first_byte)


def _unchunked(body: bytes) -> bytes:
    """Decode a chunked body."""
    pieces, at = [], 0
    while size := int(body[at : (line_end := body.index(b"\r\n", at))], 16):
        pieces.append(body[line_end + 2 : line_end + 2 + size])
        at = line_end + 2 + size + 2
    return b"".join(pieces)


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *others = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in others)
    return int(first.split()[1]), {name.strip().lower(): value.strip() for name, _colon, value in pairs}


def rate(
    port: int, paths: list[str], *, headers: Mapping[str, str] | None = None, seconds: float = 1.5, connections: int = 8
) -> float:
    """Requests per second over several connections that request the paths in turn, without a pause.

    It takes longer than `seconds` if `FEWEST_ANSWERS` are not reached. Raise RuntimeError for an error response.
    """
    requests = cycle([request(path, headers) for path in paths])
    answered = 0
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for client in [_Client(port) for _number in range(connections)]:
            stack.enter_context(client.connection)
            selector.register(client.connection, selectors.EVENT_READ, client)
            client.send(next(requests))
        start = time.perf_counter()
        while (now := time.perf_counter()) < start + seconds or answered < FEWEST_ANSWERS:
            for key, _events in selector.select(max(start + seconds - now, 0.1)):
                if key.data.receive():
                    answered += 1
                    key.data.send(next(requests))
        return answered / (time.perf_counter() - start)


class _Client:
    """A connection that waits for one answer at a time."""

    def __init__(self, port: int) -> None:
        self.connection = socket.create_connection((HOST, port), LONGEST_ANSWER)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()

    def send(self, request: bytes) -> None:
        self.received.clear()
        self.connection.sendall(request)

    def receive(self) -> bool:
        """Receive available data; return whether the response is complete."""
        block = self.connection.recv(1 << 18)
        if not block:
            raise RuntimeError("The server closed the connection before it had answered.")
        self.received += block
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        status, fields = _head(bytes(self.received[:end]))
        if status >= 400:
            raise RuntimeError(f"The server answers {status}.")
        if fields.get("transfer-encoding") == "chunked":
            return self.received.endswith(b"0\r\n\r\n")
        return len(self.received) >= end + 4 + int(fields.get("content-length", 0))


def ask_for_beginning(port: int, path: str, enough: int = 20_000) -> float:
    """Seconds until that many bytes of a streamed response have arrived, or all of it."""
    with socket.create_connection((HOST, port), LONGEST_ANSWER) as connection:
        start = time.perf_counter()
        connection.sendall(request(path, {"Connection": "close"}))
        received = 0
        while received < enough and (block := connection.recv(1 << 16)):
            received += len(block)
        return time.perf_counter() - start
