"""This process's connections to visitors, which the web server offers no way to look at or to end."""

import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import suppress

DESCRIPTORS = "/dev/fd"
Address = tuple[str, int]


def open_connections() -> Iterator[tuple[Address, socket.socket]]:
    """Each connection of this process with the address and the port of its other end. Costs some system calls each.

    The socket is a second handle, good until the next one comes; the server's own stays open.
    """
    for name in os.listdir(DESCRIPTORS):
        with suppress(OSError):  # files open and close meanwhile; a socket that listens has no peer
            number = int(name)
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as connection:
                    if connection.family in (socket.AF_INET, socket.AF_INET6):
                        yield connection.getpeername()[:2], connection


def end(connection: socket.socket) -> None:
    """Shut a connection down, and have the system forget what waits to be sent on it when the server closes it.

    Without the second, the system would keep megabytes for a reader who takes nothing, for minutes more.
    """
    with suppress(OSError):  # ended meanwhile
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)


def close_connection(peer: Address) -> None:
    """Shut down this process's connection to `peer`.

    The server then finds it ended, and forgets what it was to send: a reader who takes nothing would otherwise keep it
    for ever, and one whose file broke off would take it for whole.
    """
    for address, connection in open_connections():
        if address == peer:
            end(connection)
