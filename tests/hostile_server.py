"""A local web server that sends exactly the bytes that a test specifies, and records its requests."""

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Visit:
    """One request, and the way to answer it."""

    head: str
    path: str
    send: Callable[[bytes], None]
    is_closing: threading.Event

    def drip(self, data: bytes, *, seconds: float = 0.05) -> None:
        """Send byte by byte, until the client disconnects."""
        for byte in data:
            if self.is_closing.wait(seconds):
                return
            self.send(bytes([byte]))

    def forever(self, data: bytes) -> None:
        """Send the same data repeatedly, until the client disconnects."""
        while not self.is_closing.is_set():
            self.send(data)

    def header(self, name: str) -> str:
        """A header of the request, or ''."""
        lines = (line.partition(":") for line in self.head.splitlines()[1:])
        return next((value.strip() for key, _sign, value in lines if key.lower() == name.lower()), "")


Answer = Callable[[Visit], None]


@dataclass
class HostileServer:
    """`answers` by path; other paths are 404. `visits` are in order of arrival."""

    host: str
    port: int
    scheme: str = "http"
    answers: dict[str, Answer] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def paths(self) -> list[str]:
        """The requested paths, in order."""
        return [visit.path for visit in self.visits]


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", media_type: str = "text/html") -> Answer:
    """An ordinary response with Content-Length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *headers]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def redirect(to: str, *, status: str = "302 Found", body: bytes = b"") -> Answer:
    """A redirect response."""
    return answer(body, f"Location: {to}", status=status)


def raw(data: bytes) -> Answer:
    """An answer of exactly these bytes, after which the connection is closed."""
    return after(data, lambda visit: None)


def after(data: bytes, go_on: Answer) -> Answer:
    """A response that begins with these bytes."""

    def answer(visit: Visit) -> None:
        visit.send(data)
        go_on(visit)

    return answer


@contextmanager
def serving(*, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, name: str = "") -> Iterator[HostileServer]:
    """A server on a free port of `host`, a local address; `name` is the host name in its URL."""
    is_closing = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), _secured(self.request, tls) as connection:  # until the client disconnects
                _serve(connection, server, is_closing)
                connection.shutdown(socket.SHUT_RDWR)

    class Tcp(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 100

        def handle_error(self, request: Any, client_address: Any) -> None:
            raise  # show errors in tests

    with Tcp((host, 0), Handler) as tcp:
        port = tcp.server_address[1]
        server = HostileServer(name or host, port, "https" if tls else "http")
        thread = threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        is_closing.set()
        tcp.shutdown()
        thread.join()


def _secured(connection: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    return tls.wrap_socket(connection, server_side=True) if tls else connection


def _serve(connection: socket.socket, server: HostileServer, is_closing: threading.Event) -> None:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(65_536)
        if not received:
            return
        head += received
    text = head.decode("latin-1")
    visit = Visit(text, text.split(" ")[1], connection.sendall, is_closing)
    server.visits.append(visit)
    server.times.append(time.monotonic())
    server.answers.get(visit.path, answer(b"nothing here", status="404 Not Found"))(visit)
