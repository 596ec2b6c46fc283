"""A streamed answer, made as quickly as it can be, and read as somebody likes. What is long waits in a file."""

import asyncio
import os
from collections.abc import AsyncGenerator
from tempfile import TemporaryFile
from threading import Event

from django.conf import settings
from django.http.response import HttpResponseBase

BLOCK = 64 * 1024
"""Bytes that are sent at once."""
IN_MEMORY = 512 * 1024
"""Bytes of each answer that stay in memory, so that a small one is answered on a full disk, too."""


class Production:
    """What a thread makes and the event loop sends. The thread learns nothing of the reader but that it has gone."""

    def __init__(self) -> None:
        self._file = TemporaryFile(dir=settings.TEMPORARY_DIR)  # noqa: SIM115  end() closes it
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._is_unwanted = Event()
        self._start = bytearray()
        self._length = 0

    def make(self, response: HttpResponseBase) -> None:
        """Write all of it; in a thread. What goes wrong is raised."""
        try:
            for piece in response:
                if self._is_unwanted.is_set():
                    return
                self._write(piece)
                self._loop.call_soon_threadsafe(self._grow, len(piece))
        finally:
            response.close()

    def _write(self, piece: bytes) -> None:
        if len(self._start) < IN_MEMORY:
            self._start += piece
        else:
            self._file.write(piece)
            self._file.flush()

    def _read(self, offset: int) -> bytes:
        """The next block from there on, of what `_length` counts; make() may be further already."""
        end = min(offset + BLOCK, self._length)
        if offset < len(self._start):
            return bytes(self._start[offset:end])
        return os.pread(self._file.fileno(), end - offset, offset - len(self._start))

    def _grow(self, size: int) -> None:
        self._length += size
        self._news.set()

    async def blocks(self, making: asyncio.Future[None]) -> AsyncGenerator[bytes]:
        """What is there, as it comes. Raises what went wrong in `making`, the call of make() in its thread."""
        making.add_done_callback(lambda _made: self._news.set())
        sent = 0
        while sent < self._length or not making.done():
            if sent == self._length:
                self._news.clear()
                await self._news.wait()
            else:
                block = self._read(sent)
                sent += len(block)
                yield block
        making.result()

    def end(self, making: asyncio.Future[None] | None = None) -> None:
        """Nobody reads it any more: make() returns with its next piece, and then the room on the disk is free."""
        self._is_unwanted.set()
        if making is None or making.done():
            self._file.close()
        else:
            making.add_done_callback(self._unused)

    def _unused(self, making: asyncio.Future[None]) -> None:
        self._file.close()
        making.exception()  # there is nobody left to hear of it
