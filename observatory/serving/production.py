"""A streamed answer, made as quickly as it can be, and read as somebody likes. What is long waits in a file."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from tempfile import TemporaryFile
from threading import Event
from typing import IO

from django.conf import settings
from django.http.response import HttpResponseBase

BLOCK = 64 * 1024
"""Bytes that are sent at once."""
IN_MEMORY = 512 * 1024
"""Bytes of each answer that stay in memory, so that a small one is answered on a full disk, too."""
RESERVE = 64 * 1024
"""Bytes of the disk that each answer takes before it begins, as a sign that there is room."""


class Production:
    """What a thread makes and the event loop sends. The thread learns nothing of the reader but that it has gone."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._fault: OSError | None = None
        """Why there is no file; what fits into the memory is made all the same."""
        try:
            self._file = _file_with_room()
        except OSError as error:
            self._fault = error
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
        elif self._fault:
            raise self._fault
        else:
            assert self._file
            self._file.write(piece)
            self._file.flush()

    def _read(self, offset: int) -> bytes:
        """The next block from there on, of what `_length` counts; make() may be further already."""
        end = min(offset + BLOCK, self._length)
        if offset < len(self._start):
            return bytes(self._start[offset:end])
        assert self._file
        return os.pread(self._file.fileno(), end - offset, offset - len(self._start))

    def _grow(self, size: int) -> None:
        self._length += size
        self._news.set()

    async def blocks(self, making: asyncio.Future[None]) -> AsyncGenerator[bytes]:
        """What is there, as it comes. Raises what went wrong in `making`, the call of make() in its thread.

        Without room on the disk nothing comes before all of it is there, so that a larger answer can still be refused.
        """
        making.add_done_callback(lambda _made: self._news.set())
        if self._file is None:
            await asyncio.wait([making])
            making.result()
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
            self._close()
        else:
            making.add_done_callback(self._unused)

    def _unused(self, making: asyncio.Future[None]) -> None:
        self._close()
        making.exception()  # there is nobody left to hear of it

    def _close(self) -> None:
        if self._file:
            _close(self._file)


def _file_with_room() -> IO[bytes]:
    """A file that has room for what is to come, as far as one can know; raise OSError where there is none."""
    file = TemporaryFile(dir=settings.TEMPORARY_DIR)  # noqa: SIM115  end() closes it
    try:
        file.write(bytes(RESERVE))
        file.flush()
    except OSError:
        _close(file)
        raise
    file.seek(0)
    return file


def _close(file: IO[bytes]) -> None:
    with suppress(OSError):  # on a full disk what is in the buffer cannot be written either
        file.close()
