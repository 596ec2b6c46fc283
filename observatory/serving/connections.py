"""This process's client connections, which the web server gives no way to inspect or close."""

import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import suppress

DESCRIPTORS = "/dev/fd"
Address = tuple[str, int]


def open_connections() -> Iterator[tuple[Address, socket.socket]]:
    """Yield each client connection with its peer address and port. Costs some system calls each.

    The socket is a duplicate, valid until the next iteration; the server's own stays open.
    """
    for name in os.listdir(DESCRIPTORS):
        with suppress(OSError):  # files open and close concurrently; a listening socket has no peer
            number = int(name)
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as connection:
                    if connection.family in (socket.AF_INET, socket.AF_INET6):
                        yield connection.getpeername()[:2], connection


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
