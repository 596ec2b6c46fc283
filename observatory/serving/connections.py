"""This process's client connections, which the web server gives no way to inspect or close."""

import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import suppress

DESCRIPTORS = "/dev/fd"
Address = tuple[str, int]


def _sockets() -> Iterator[socket.socket]:
    """Yield each internet socket of this process. Costs some system calls each.

    The socket is a duplicate, valid until the next iteration; the server's own stays open.
    """
    for name in os.listdir(DESCRIPTORS):
        with suppress(OSError):  # files open and close concurrently
            number = int(name)
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as found:
                    if found.family in (socket.AF_INET, socket.AF_INET6):
                        yield found


def open_connections() -> Iterator[tuple[Address, socket.socket]]:
    """Yield each connection with its peer address and port; the socket is valid until the next iteration."""
    for connection in _sockets():
        with suppress(OSError):  # a listening socket has no peer
            yield connection.getpeername()[:2], connection


def limit_unread(port: int, seconds: float) -> None:
    """Have the system drop connections at `port`, now and from now on, whose client takes nothing for so long.

    This includes connections that the server has closed: unread responses would stay in the system's memory for many
    minutes. Connections inherit the limit from the listening socket. Only Linux has it.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        for found in _sockets():
            with suppress(OSError):  # closed in the meantime
                if found.getsockname()[1] == port:
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1000))


def end(connection: socket.socket) -> None:
    """Shut a connection down, and discard unsent data when the server closes it.

    Otherwise the system would keep megabytes for a client that reads nothing, for minutes more.
    """
    with suppress(OSError):  # closed in the meantime
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)


def close_connection(peer: Address) -> None:
    """Shut down this process's connection to `peer`.

    The server then discards what it was to send: otherwise it would hold a connection that reads nothing forever, and a
    truncated file would look complete.
    """
    for address, connection in open_connections():
        if address == peer:
            end(connection)
