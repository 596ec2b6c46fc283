"""Functions that read strangers' bytes, called in a process of their own that may crash, hang or grow without harm.

`call` names a module and a function of ours. A helper process, which knows neither database nor settings, imports the
module once and forks for each call: that takes a few milliseconds, a new interpreter with its parsers three hundred
(`confined_helper`). The bytes go in as a file, a plain value comes back as JSON; the kernel ends what passes
its bounds.

What is proved to take a time in proportion to a small bounded input may be done outside; its comment says so.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

PROGRAM = "foundation.confined_helper"
LONGEST_NAME = 100
"""Bytes of a module's name; a request is exactly as long."""
STARTED = b"+"
"""The first byte of every answer: the process was there, so that its end without another word is the fault of bytes."""
LONGEST_ANSWER = 80_000_000
PIECE = 1_048_576
AT_ONCE = 2
"""Calls of one process of the site that run at the same time, so that their memory is bounded together."""
_FOLDER = Path(__file__).resolve().parent.parent
_FROM_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR")
"""What a stranger's bytes may know of the environment; passwords are in the rest."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds of processor, seconds by the clock, and bytes of memory, the interpreter's own among them."""

    cpu: int = 25
    seconds: int = 60
    memory: int = 1_000_000_000


SMALL = Bounds(cpu=5, seconds=15, memory=500_000_000)
"""For a look at the beginning of a file or a file of some kilobytes."""


class Failed(Exception):
    """The function raised, or its process died or passed its bounds: these bytes cannot be read."""


class Unavailable(Exception):
    """No process could be had. That says nothing about the bytes: try again later."""


def call(module: str, function: str, file: BinaryIO, *, bounds: Bounds = Bounds(), **arguments: Any) -> Any:
    """What `module.function(file, **arguments)` returns, as JSON keeps it. Raise Failed or Unavailable."""
    request = {"function": function, "arguments": arguments, "bounds": asdict(bounds)}
    with _slot(bounds), _copied(file) as copy:
        for _attempt in range(2):  # the helper may have ended itself a moment ago
            answer = _answer(module, json.dumps(request).encode(), copy, bounds)
            if answer.startswith(STARTED):
                return _value(answer.removeprefix(STARTED))
            _helper.stop()
    raise Unavailable(f"No process for {module}.{function} could be started.")


@contextmanager
def _slot(bounds: Bounds) -> Iterator[None]:
    """One of the places of this process; Unavailable where all stay taken for as long as several calls may last."""
    slots = _helper.slots  # a fork in between has others
    if not slots.acquire(timeout=10 * bounds.seconds):
        raise Unavailable("Too many documents are being read at once.")
    try:
        yield
    finally:
        slots.release()


@contextmanager
def _copied(file: BinaryIO) -> Iterator[int]:
    """A descriptor of a copy to be read, since the caller's file may lie in memory or in a bucket."""
    with NamedTemporaryFile() as copy:
        file.seek(0)
        while piece := file.read(PIECE):
            copy.write(piece)
        copy.flush()
        file.seek(0)
        descriptor = os.open(copy.name, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _answer(module: str, request: bytes, file: int, bounds: Bounds) -> bytes:
    """Everything that the process says until it ends, b"" where there was none."""
    ours, theirs = socket.socketpair()
    until = time.monotonic() + bounds.seconds + 5  # the process ends itself before
    received = bytearray()
    with closing(ours):
        with closing(theirs):
            if not _helper.send(module, theirs.fileno(), file):
                return b""
        with suppress(OSError):  # what is missing then is missed by whoever reads the answer
            ours.settimeout(bounds.seconds + 5)
            ours.sendall(request)
            ours.shutdown(socket.SHUT_WR)
            while (left := until - time.monotonic()) > 0 and len(received) <= LONGEST_ANSWER:
                ours.settimeout(left)
                piece = ours.recv(PIECE)
                if not piece:
                    break
                received += piece
    return bytes(received)


def _value(answer: bytes) -> Any:
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise Failed("the process died or passed its bounds") from error
    if "error" in told:
        raise Failed(told["error"])
    return told["value"]


class _Helper:
    """The helper process of this one, started when it is needed; a fork of this process begins with none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self.slots = threading.BoundedSemaphore(AT_ONCE)

    def send(self, module: str, *descriptors: int) -> bool:
        """Have the helper fork a process with these files; False where there is no helper to do so."""
        with self._lock:
            if self._socket is None:
                self._socket, self._process = _start()
            try:
                socket.send_fds(self._socket, [module.encode().ljust(LONGEST_NAME)], descriptors)
            except OSError:
                return False
        return True

    def stop(self) -> None:
        """Let it end: it does when nobody can ask it any more."""
        with self._lock:
            if self._socket:
                self._socket.close()
            if self._process:
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(1)
                self._process.kill()
                self._process.wait()
            self._socket = self._process = None

    def forget(self) -> None:
        """In a fork: the helper belongs to the other process, and its threads hold the locks."""
        if self._socket:
            self._socket.close()
        if self._process:
            self._process.returncode = 0  # not ours to wait for
        self._socket = self._process = None
        self._lock = threading.Lock()
        self.slots = threading.BoundedSemaphore(AT_ONCE)


def _start() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    with closing(theirs):
        process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM],
            cwd=_FOLDER,
            env={name: os.environ[name] for name in _FROM_ENVIRONMENT if name in os.environ},
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return ours, process


_helper = _Helper()
os.register_at_fork(after_in_child=_helper.forget)
atexit.register(_helper.stop)
