"""A file on the disk as an answer, whole or a part of it, as `Range` asks for (RFC 9110)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

BLOCK = 1 << 18
"""Bytes read at once."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def part_or_whole(request: HttpRequest, path: Path, media_type: str) -> HttpResponseBase:
    """The file, or the range of it that is asked for.

    Several ranges, one that cannot be read, and one that holds only for a certain version (`If-Range`) get the whole.
    """
    file = path.open("rb")
    size = path.stat().st_size
    asked = "" if "If-Range" in request.headers else request.headers.get("Range", "")
    found = _bounds(asked, size)
    if found is None:
        response: HttpResponseBase = StreamingHttpResponse(_Part(file, 0, size), content_type=media_type)
        response["Content-Length"] = str(size)
    elif found[0] >= found[1]:
        file.close()
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        first, end = found
        response = StreamingHttpResponse(_Part(file, first, end - first), content_type=media_type, status=206)
        response["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
        response["Content-Length"] = str(end - first)
    response["Accept-Ranges"] = "bytes"
    return response


def _bounds(asked: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one after the last; equal if the file has none of them; None for the whole file."""
    found = _RANGE.fullmatch(asked.replace(" ", ""))
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(size - int(found[2]), 0), size
    first, last = int(found[1]), int(found[2] or size)
    if last < first:
        return None
    return min(first, size), min(last + 1, size)


class _Part:
    """Some bytes of an open file, in blocks; Django closes it with the response, even if nobody read it."""

    def __init__(self, file: IO[bytes], first: int, length: int) -> None:
        self._file, self._first, self._length = file, first, length

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(self._first)
        left = self._length
        while left and (block := self._file.read(min(BLOCK, left))):
            left -= len(block)
            yield block

    def close(self) -> None:
        self._file.close()
