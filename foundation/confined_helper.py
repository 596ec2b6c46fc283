"""The helper of `confined`: forks a limited process per call. Run with a socket as standard input, never imported.

It is single-threaded and reads no untrusted bytes itself, so forking is safe and it survives whatever a call does.
"""

import gc
import importlib
import json
import os
import resource
import signal
import socket
import sys
import warnings
from contextlib import suppress
from typing import Any, NoReturn

from foundation.confined import LONGEST_NAME, STARTED

IDLE = 300
"""Seconds without a call after which the helper ends, and gives its memory back."""
DESCRIPTORS = 64
"""Maximum number of open files per call."""


def main() -> None:
    """Fork for each request until the socket is closed or idle."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    warnings.simplefilter("ignore")
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as requests:
        requests.settimeout(IDLE)
        with suppress(TimeoutError):
            while _serve(requests):
                pass


def _serve(requests: socket.socket) -> bool:
    """Handle one request; return False at end of file."""
    name, descriptors, _flags, _address = socket.recv_fds(requests, LONGEST_NAME, 2)
    if not name:
        return False
    module = importlib.import_module(name.decode().strip())
    gc.freeze()  # avoid copying shared memory pages
    with suppress(OSError):  # out of memory: the caller notices that no answer comes
        if os.fork() == 0:
            requests.close()
            _work(module, *descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    return True


def _work(module: Any, answer: int, file: int) -> NoReturn:
    """Run the call and exit, whatever happens."""
    try:
        with socket.socket(fileno=answer) as connection:
            connection.sendall(STARTED)
            request = json.loads(_received(connection))
            _bound(**request["bounds"])
            connection.sendall(json.dumps(_outcome(module, file, request)).encode())
    finally:
        os._exit(0)


def _received(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def _bound(cpu: int, seconds: int, memory: int) -> None:
    """Limit this process: the kernel ends it if it exceeds a limit or writes a file."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)
    for kind, most in (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(5)


def _outcome(module: Any, file: int, request: dict[str, Any]) -> dict[str, Any]:
    try:
        with open(file, "rb") as opened:
            return {"value": getattr(module, request["function"])(opened, **request["arguments"])}
    except Exception as error:  # parsers of untrusted files can fail in any way
        return {"error": f"{type(error).__name__}: {error}"[:300]}


if __name__ == "__main__":
    main()
