"""Ends the connections of those who ask and ask, and take no answer.

The server hands an answer to the system and goes on to the next request of the connection, so that nothing of ours
waits: what nobody takes fills the system's memory instead, megabytes a connection.
"""

import asyncio
import fcntl
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass

from observatory.serving.connections import Address, end, open_connections
from observatory.serving.production import BLOCK

SIOCOUTQ = 0x5411
"""Linux: bytes that have been handed to the system, and that the other end has not taken."""
BYTES_TAKEN = 120
"""Where Linux's `struct tcp_info` counts the bytes that the other end has taken, in eight bytes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Since when an answer has waited, and how many bytes the reader had taken by then."""

    since: float
    taken: int


class SlowReaders:
    """Who, among the readers at `port`, takes less than a block of 64 KB in `stalled` seconds though it is there."""

    def __init__(self, port: int, stalled: float) -> None:
        self._port, self._stalled = port, stalled
        self._waiting: dict[Address, Waiting] = {}

    async def cut_off(self) -> None:
        """Look again and again, until cancelled. Systems other than Linux do not tell; there it returns at once."""
        while hasattr(socket, "TCP_INFO"):
            await asyncio.sleep(self._stalled / 6)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Compare with the last look, and end the connections of those who have not taken enough since."""
        before, self._waiting = self._waiting, {}
        for address, connection in open_connections():
            with suppress(OSError):  # ended meanwhile
                if connection.getsockname()[1] == self._port and _bytes_waiting(connection):
                    self._judge(address, connection, before.get(address))

    def _judge(self, address: Address, connection: socket.socket, before: Waiting | None) -> None:
        now = Waiting(time.monotonic(), _bytes_taken(connection))
        if before is None or now.taken - before.taken >= BLOCK:
            self._waiting[address] = now
        elif now.since - before.since < self._stalled:
            self._waiting[address] = before
        else:
            end(connection)


def _bytes_waiting(connection: socket.socket) -> int:
    return int(struct.unpack("i", fcntl.ioctl(connection.fileno(), SIOCOUTQ, bytes(4)))[0])


def _bytes_taken(connection: socket.socket) -> int:
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_TAKEN + 8)
    return int(struct.unpack_from("Q", told, BYTES_TAKEN)[0])
