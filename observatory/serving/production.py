"""Generate a streamed response at full speed, whatever the client's speed; a long one is buffered in a file."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from tempfile import TemporaryFile
from threading import Event
from traceback import clear_frames
from typing import IO

from django.conf import settings
from django.http.response import HttpResponseBase

from observatory.serving.transactions import drop_open_transactions

BLOCK = 64 * 1024
"""Size of a block that is sent."""
IN_MEMORY = 512 * 1024
"""Bytes of each response buffered in memory, so that a small one works even on a full disk."""
RESERVE = 64 * 1024
"""Bytes reserved on disk for each response before it begins, to check that there is space."""
SPARE, MOST_SPARE = 1 / 20, 1_000_000_000
"""The share of the disk, and its maximum in bytes, that responses leave to what people save."""


class Production:
    """A response that a thread generates and the event loop sends; the thread only learns if the client disconnects."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._fault: OSError | None = None
        """Why there is no file; a response that fits into memory is still generated."""
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
        """Generate the whole response; runs in a thread. Errors are raised."""
        try:
            for piece in response:
                if self._is_unwanted.is_set():
                    return
                self._write(piece)
                self._loop.call_soon_threadsafe(self._grow, len(piece))
        except BaseException as error:
            # Ends suspended generators, such as one with a transaction, in the thread whose connection they use
            clear_frames(error.__traceback__)
            raise
        finally:
            response.close()
            drop_open_transactions()

    def _write(self, piece: bytes) -> None:
        if len(self._start) < IN_MEMORY:
            self._start += piece
        elif self._fault:
            raise self._fault
        else:
            assert self._file
            self._file.write(piece)
            self._file.flush()
            _leave_room(self._file)

    def _read(self, offset: int) -> bytes:
        """The next block from there, up to `_length`; make() may already be further."""
        end = min(offset + BLOCK, self._length)
        if offset < len(self._start):
            return bytes(self._start[offset:end])
        assert self._file
        return os.pread(self._file.fileno(), end - offset, offset - len(self._start))

    def _grow(self, size: int) -> None:
        self._length += size
        self._news.set()

    async def blocks(self, making: asyncio.Future[None]) -> AsyncGenerator[bytes]:
        """Yield data as it is generated. Raise the error of `making`, the call of make() in its thread.

        Without disk space nothing is sent before everything is generated, so that a larger response can still be
        refused.
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
        """Stop because the client is gone: make() returns at its next piece, and then the disk space is freed."""
        self._is_unwanted.set()
        if making is None or making.done():
            self._close()
        else:
            making.add_done_callback(self._unused)

    def _unused(self, making: asyncio.Future[None]) -> None:
        self._close()
        making.exception()  # nobody is left to be told

    def _close(self) -> None:
        if self._file:
            _close(self._file)


def _file_with_room() -> IO[bytes]:
    """A temporary file with space reserved, as far as possible; raise OSError if there is none."""
    file = TemporaryFile(dir=settings.TEMPORARY_DIR)  # noqa: SIM115  end() closes it
    try:
        file.write(bytes(RESERVE))
        file.flush()
        _leave_room(file)
    except OSError:
        _close(file)
        raise
    file.seek(0)
    return file


def _leave_room(file: IO[bytes]) -> None:
    """Raise OSError, as on a full disk, if there is only the room left that is not for responses."""
    disk = os.fstatvfs(file.fileno())
    if disk.f_bavail * disk.f_frsize < min(disk.f_blocks * disk.f_frsize * SPARE, MOST_SPARE):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _close(file: IO[bytes]) -> None:
    with suppress(OSError):  # on a full disk, flushing the buffer fails as well
        file.close()
