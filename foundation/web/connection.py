"""The connection beneath `fetching`: to addresses found before, noted byte by byte, and cut when the time is up.

urllib3 speaks HTTP and checks certificates against the name; here it only gets a socket of ours.
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
    """Seconds that a fetch may take in all; it runs only while a server is waited for.

    A timeout of a socket begins anew with each byte. So a thread closes the connection, whatever it is doing then: a
    handshake, headers, a body that drips.
    """

    def __init__(self, seconds: float) -> None:
        self._left, self._since = seconds, 0.0
        self._lock = threading.Lock()
        self._watched: socket.socket | None = None
        self.is_over = False

    @property
    def left(self) -> float:
        """Seconds left, never fewer than none."""
        return max(0.0, self._left - (time.monotonic() - self._since if self._since else 0))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time of what is done inside."""
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
        """Cut this connection when the time is up; by a handle of its own, since TLS takes over the first one."""
        with self._lock:
            if self._watched:
                self._watched.close()
            self._watched = sock.dup()
        self.check()

    def check(self) -> None:
        """Raise where the time is up: a connection that was cut looks like one that ended."""
        if self.is_over:
            raise TimeoutError("the time for all of it is up")

    def _end(self) -> None:
        with self._lock:
            self.is_over = True
            if self._watched:
                with suppress(OSError):
                    self._watched.shutdown(socket.SHUT_RDWR)


class TrafficRecorder:
    """What goes over the wire, both ways: requests in memory, answers in a file where one is wanted."""

    def __init__(self, file: BinaryIO | None, limit: int) -> None:
        self._file, self._limit, self._start = file, limit, 0
        self.end = 0
        self.sent = bytearray()

    def begin(self) -> int:
        """Begin with another request; the place in the file where its answer will stand."""
        self.sent.clear()
        self._start = self.end
        return self.end

    def receive(self, data: memoryview | bytes) -> None:
        """Note what arrived; TooMuch where it is more than one answer may have."""
        self.end += len(data)
        if self.end - self._start > self._limit:
            raise TooMuch(f"more than {self._limit} bytes received")
        if self._file:
            self._file.write(data)


class _Raw(io.RawIOBase):
    """What a socket receives, noted on the tape."""

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
        """Say where to connect, within how many seconds for each address, under which clock and onto which tape."""
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
        self.sock = _Taped(self.sock, self._tape)  # all of a socket that http.client uses


class PlainConnection(Connection):
    """Over http."""


class SecureConnection(Connection, HTTPSConnection):
    """Over https, with the certificate checked against the name and the system's authorities."""

    def __init__(self, host: str, port: int, *, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout, ssl_context=ssl.create_default_context())
