"""Close connections of clients that keep sending requests without reading the responses.

The server hands a response to the system and goes on to the connection's next request, so nothing of ours waits: unread
responses fill the system's socket buffers instead, megabytes per connection.
"""

import asyncio
import fcntl
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass

from observatory.serving.connections import Address, end, limit_unread, open_connections
from observatory.serving.production import BLOCK

SIOCOUTQ = 0x5411
"""Linux: the number of bytes in the send queue, not yet acknowledged by the peer."""
BYTES_TAKEN = 120
"""The offset in Linux's `struct tcp_info` of the number of acknowledged bytes, an 8-byte integer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Since when data has been waiting, and how many bytes the client had read by then."""

    since: float
    taken: int


class SlowReaders:
    """Finds clients at `port` that read less than a block of 64 KB in `stalled` seconds although it is available."""

    def __init__(self, port: int, stalled: float) -> None:
        self._port, self._stalled = port, stalled
        self._waiting: dict[Address, Waiting] = {}

    async def cut_off(self) -> None:
        """Check periodically, until cancelled. Returns at once on systems other than Linux, which lack the data.

        The system itself drops clients that read nothing; this finds those that read by drops.
        """
        await asyncio.to_thread(limit_unread, self._port, self._stalled)
        while hasattr(socket, "TCP_INFO"):
            await asyncio.sleep(self._stalled / 6)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Compare with the last check, and close the connections of clients that have not read enough since."""
        before, self._waiting = self._waiting, {}
        for address, connection in open_connections():
            with suppress(OSError):  # closed in the meantime
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
