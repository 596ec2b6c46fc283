"""An open file as an answer, whole or a part of it, as `Range` asks for (RFC 9110)."""

import os
import re
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

BLOCK = 1 << 18
"""Bytes read at once."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def whole(file: IO[bytes], media_type: str) -> HttpResponseBase:
    """The open file, which is closed with the response; the server reads it while it sends it, without a copy."""
    return _blocks(file, 0, os.fstat(file.fileno()).st_size, media_type)


def part_or_whole(request: HttpRequest, file: IO[bytes], media_type: str) -> HttpResponseBase:
    """The file, or the range of it that is asked for; it is closed with the response.

    Several ranges, one that cannot be read, and one that holds only for a certain version (`If-Range`) get the whole.
    """
    size = os.fstat(file.fileno()).st_size
    asked = "" if "If-Range" in request.headers else request.headers.get("Range", "")
    found = _bounds(asked, size)
    if found and found[0] >= found[1]:
        file.close()
        response: HttpResponseBase = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        first, end = found or (0, size)
        response = _blocks(file, first, end, media_type)
        if found:
            response.status_code = 206
            response["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
    response["Accept-Ranges"] = "bytes"
    return response


def _bounds(asked: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last; equal if the file has none of them; None for the whole file."""
    found = _RANGE.fullmatch(asked.replace(" ", ""))
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(size - int(found[2]), 0), size
    first = int(found[1])
    last = int(found[2] or max(first, size))
    if last < first:
        return None
    return min(first, size), min(last + 1, size)


def _blocks(file: IO[bytes], first: int, end: int, media_type: str) -> HttpResponseBase:
    file.seek(first)
    response = _Blocks(_Part(file, end - first), content_type=media_type)
    response["Content-Length"] = str(end - first)
    return response


class _Blocks(FileResponse):
    """Django's response, in larger blocks."""

    block_size = BLOCK


class _Part:
    """The next bytes of an open file, up to a number, as a file to read."""

    def __init__(self, file: IO[bytes], length: int) -> None:
        self._file, self._left = file, length
        self.close = file.close

    def read(self, size: int) -> bytes:
        """The next block."""
        block = self._file.read(min(size, self._left))
        self._left -= len(block)
        return block
