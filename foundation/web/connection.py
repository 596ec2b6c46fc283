"""The connection used by `fetching`: to addresses resolved before, recorded byte by byte, closed at the deadline.

urllib3 implements HTTP and checks certificates against the host name; we only supply the socket.
"""

import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from urllib3.connection import HTTPConnection, HTTPSConnection


class TooMuch(Exception):
    """More was received than the limit allows."""


class Clock:
    """The time limit of a whole fetch; it runs only while waiting for a server.

    A socket timeout starts anew with each byte. So a thread closes the connection at the deadline, whatever it is
    doing: a handshake, headers, a trickling body.
    """

    def __init__(self, seconds: float) -> None:
        self._left, self._since = seconds, 0.0
        self._lock = threading.Lock()
        self._watched: socket.socket | None = None
        self.is_over = False

    @property
    def left(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self._left - (time.monotonic() - self._since if self._since else 0))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time spent inside the block."""
        self._since = time.monotonic()
        timer = threading.Timer(self._left, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._left, self._since = self.left, 0.0
            with self._lock:
                if self._watched:
                    self._watched.close()
                    self._watched = None

    def watch(self, sock: socket.socket) -> None:
        """Close this connection at the deadline, by a duplicate descriptor, since TLS takes over the original one."""
        with self._lock:
            if self._watched:
                self._watched.close()
            self._watched = sock.dup()
        self.check()

    def check(self) -> None:
        """Raise if time is up: a connection closed by the clock looks like one that ended."""
        if self.is_over:
            raise TimeoutError("the time for all of it is up")

    def _end(self) -> None:
        with self._lock:
            self.is_over = True
            if self._watched:
                with suppress(OSError):
                    self._watched.shutdown(socket.SHUT_RDWR)


class TrafficRecorder:
    """Records all traffic: requests in memory, responses in a file if one is given."""

    def __init__(self, file: BinaryIO | None, limit: int) -> None:
        self._file, self._limit, self._start = file, limit, 0
        self.end = 0
        self.sent = bytearray()

    def begin(self) -> int:
        """Start another request; return the position in the file at which its response will begin."""
        self.sent.clear()
        self._start = self.end
        return self.end

    def receive(self, data: memoryview | bytes) -> None:
        """Record received bytes; raise TooMuch if they exceed the limit of one response."""
        self.end += len(data)
        if self.end - self._start > self._limit:
            raise TooMuch(f"more than {self._limit} bytes received")
        if self._file:
            self._file.write(data)


class _Raw(io.RawIOBase):
    """The receiving side of a socket, recorded."""

    def __init__(self, raw: Any, tape: TrafficRecorder) -> None:
        self._raw, self._tape = raw, tape

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._raw.readinto(buffer)
        if count:
            self._tape.receive(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
            super().close()


class _Taped:
    """A socket as http.client uses it, with a tape beside it."""

    def __init__(self, sock: socket.socket | ssl.SSLSocket, tape: TrafficRecorder) -> None:
        self._sock, self._tape = sock, tape

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        self._tape.sent += data
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Raw(self._sock.makefile(mode, buffering=0), self._tape))  # type: ignore[call-overload]  # always "rb"


class Connection(HTTPConnection):
    """A connection to one of the given addresses, whatever the name may lead to by now."""

    connected_to = ""

    def prepare(self, addresses: list[str], within: float, clock: Clock, tape: TrafficRecorder) -> None:
        """Set the addresses, the timeout in seconds for each, the clock and the recorder."""
        self._addresses, self._within, self._clock, self._tape = addresses, within, clock, tape

    def _new_conn(self) -> socket.socket:
        fault: OSError = OSError("no address")
        for address in self._addresses:
            self._clock.check()
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            try:
                sock.settimeout(self._within)
                sock.connect((address, self.port or self.default_port))
            except OSError as error:
                sock.close()
                fault = error
                continue
            sock.settimeout(self.timeout)
            self._clock.watch(sock)
            self.connected_to = address
            return sock
        raise fault

    def connect(self) -> None:
        super().connect()
        self.sock = _Taped(self.sock, self._tape)  # the methods that http.client uses


class PlainConnection(Connection):
    """An HTTP connection."""


class SecureConnection(Connection, HTTPSConnection):
    """An HTTPS connection, verified against the host name and the system's certificate authorities."""

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout, ssl_context=ssl.create_default_context())
