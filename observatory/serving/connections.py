"""Ends the connection of one visitor, which the web server offers no way to do."""

import os
import socket
import stat
from contextlib import suppress

DESCRIPTORS = "/dev/fd"


def close_connection(peer: tuple[str, int]) -> None:
    """Shut down this process's connection to `peer`, an address and a port. Costs some system calls a connection.

    The server then finds it ended, and forgets what it was to send: a reader who takes nothing would otherwise keep it
    for ever, and one whose file broke off would take it for whole.
    """
    for name in os.listdir(DESCRIPTORS):
        with suppress(OSError):  # files open and close meanwhile; a socket that listens has no peer
            number = int(name)
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as connection:
                    if connection.getpeername()[:2] == peer:
                        connection.shutdown(socket.SHUT_RDWR)
