"""Run functions that read untrusted bytes in a process of their own, which may crash, hang or grow without harm.

`call` names a module and a function of ours. A helper process, with no access to the database or the settings, imports
the module once and forks for each call. That takes a few milliseconds; starting an interpreter with its parsers takes
three hundred (`confined_helper`). The bytes are passed as a file and a plain value is returned as JSON; the kernel
kills a process that exceeds its limits.

Code whose run time is proved linear in a small, bounded input may run outside; a comment there says so.
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
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

PROGRAM = "foundation.confined_helper"
LONGEST_NAME = 100
"""Bytes of a module's name; the request is padded to this length."""
STARTED = b"+"
"""The first byte of every response: the process started, so if it then dies, the input is to blame."""
LONGEST_ANSWER = 80_000_000
PIECE = 1_048_576
AT_ONCE = 2
"""Calls that one site process runs concurrently; this bounds their total memory."""
PATIENCE = 3
"""Seconds that a web request waits for its turn; meanwhile it keeps a thread from others."""
_FOLDER = Path(__file__).resolve().parent.parent
_FROM_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR")
"""The environment variables that the process inherits; the others contain passwords."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits: CPU seconds, wall-clock seconds, and bytes of memory including the interpreter."""

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
    """Return the JSON-serialized result of `module.function(file, **arguments)`. Raise Failed or Unavailable."""
    request = {"function": function, "arguments": arguments, "bounds": asdict(bounds)}
    with _slot(bounds), _copied(file) as copy:
        for _attempt in range(2):  # the helper may have just ended
            answer = _answer(module, json.dumps(request).encode(), copy, bounds)
            if answer.startswith(STARTED):
                return _value(answer.removeprefix(STARTED))
            _helper.stop()
    raise Unavailable(f"No process for {module}.{function} could be started.")


def serve_requests() -> None:
    """Have the calls of this process, a web server, keep threads free for pages.

    Who finds no slot soon is told so, and calls that may take long hold one slot at a time.
    """
    _helper.serves_requests = True
    _helper.make_locks()


@contextmanager
def _slot(bounds: Bounds) -> Iterator[None]:
    """Hold a slot of this process; raise Unavailable if none becomes free within several calls' time."""
    patience = PATIENCE if _helper.serves_requests else 10 * bounds.seconds
    slots = [_helper.slots] if bounds == SMALL else [_helper.long_slots, _helper.slots]  # replaced after a fork
    with ExitStack() as held:
        for each in slots:
            if not each.acquire(timeout=patience):
                raise Unavailable("Too many documents are being read at once.")
            held.callback(each.release)
        yield


@contextmanager
def _copied(file: BinaryIO) -> Iterator[int]:
    """Yield a descriptor of a read-only copy, since the caller's file may be in memory or in object storage."""
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
    """Everything that the process sends until it ends; b"" if there was no process."""
    ours, theirs = socket.socketpair()
    until = time.monotonic() + bounds.seconds + 5  # the process should end before this
    received = bytearray()
    with closing(ours):
        with closing(theirs):
            if not _helper.send(module, theirs.fileno(), file):
                return b""
        with suppress(OSError):  # the caller notices an incomplete answer
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
    """The helper of this process, started on first use; a forked process starts without one."""

    serves_requests = False

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self.make_locks()

    def make_locks(self) -> None:
        """Make the locks anew: nobody holds them."""
        self._lock = threading.Lock()
        self.slots = threading.BoundedSemaphore(AT_ONCE)
        self.long_slots = threading.BoundedSemaphore(AT_ONCE - 1 if self.serves_requests else AT_ONCE)

    def send(self, module: str, *descriptors: int) -> bool:
        """Have the helper fork a process with these files; return False if there is no helper."""
        with self._lock:
            if self._socket is None:
                self._socket, self._process = _start()
            try:
                socket.send_fds(self._socket, [module.encode().ljust(LONGEST_NAME)], descriptors)
            except OSError:
                return False
        return True

    def stop(self) -> None:
        """Stop the helper: it ends when its socket is closed."""
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
        """After a fork: drop the parent's helper and replace locks that its threads may hold."""
        if self._socket:
            self._socket.close()
        if self._process:
            self._process.returncode = 0  # not our child, so do not wait for it
        self._socket = self._process = None
        self.make_locks()


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
