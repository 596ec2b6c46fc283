"""Write a capture as a WARC file: requests and responses as transmitted, each record gzipped separately."""

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from django.conf import settings
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser
from warcio.warcwriter import WARCWriter

from foundation.web.fetching import LONGEST_HEAD, Fetched, Hop

VERSION = "WARC/1.1"
PIECE = 65_536
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


def write_warc(fetched: Fetched, transfer: BinaryIO, out: BinaryIO) -> None:
    """Write every hop of a fetch; `transfer` holds the received bytes.

    The records are assembled here and not by warcio, which would reserialize the headers.
    """
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    about = {"software": settings.FETCH_USER_AGENT, "format": "WARC File Format 1.1"}
    writer.write_record(writer.create_warcinfo_record("", about))
    for hop in fetched.hops:
        answer_id = StatusAndHeadersParser.make_warc_id()
        with io.BytesIO(hop.request) as request:
            answer = _Part(transfer, hop.start, hop.end)
            writer.write_record(_record(hop, "response", answer, hop.end - hop.start, answer_id))
            writer.write_record(
                _record(hop, "request", request, len(hop.request), StatusAndHeadersParser.make_warc_id(), answer_id)
            )


class _Part(io.RawIOBase):
    """A file-like object for bytes `start` to `end` of a file."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._start, self._end, self._at = file, start, end, start

    def tell(self) -> int:
        return self._at - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = self._start + offset
        return offset

    def read(self, size: int = -1) -> bytes:
        left = self._end - self._at
        self._file.seek(self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data


def _record(
    hop: Hop, kind: str, block: BinaryIO | io.RawIOBase, length: int, record_id: str, concurrent_to: str = ""
) -> ArcWarcRecord:
    headers = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", record_id),
        ("WARC-Target-URI", hop.url),
        ("WARC-Date", f"{hop.at:%Y-%m-%dT%H:%M:%SZ}"),
        ("WARC-IP-Address", hop.address),
        ("WARC-Payload-Digest", _payload_digest(block)),
    ]
    if concurrent_to:
        headers.append(("WARC-Concurrent-To", concurrent_to))
    if not hop.is_whole and kind == "response":
        headers.append(("WARC-Truncated", "length"))
    warc_headers = StatusAndHeaders("", headers, protocol=VERSION)
    record = ArcWarcRecord("warc", kind, warc_headers, block, None, f"application/http; msgtype={kind}", length)
    record.payload_length = length
    return record


def _payload_digest(block: BinaryIO | io.RawIOBase) -> str:
    """The SHA-1 in Base32 of the body, as WARC readers expect it."""
    digest = hashlib.sha1(usedforsecurity=False)
    for piece in _after_head(block):
        digest.update(piece)
    block.seek(0)
    return f"sha1:{base64.b32encode(digest.digest()).decode()}"


def _after_head(block: BinaryIO | io.RawIOBase) -> Iterator[bytes]:
    """The bytes after the headers; some servers end lines without a carriage return."""
    block.seek(0)
    head = block.read(LONGEST_HEAD) or b""
    if end := _END_OF_HEAD.search(head):
        yield head[end.end() :]
        while piece := block.read(PIECE):
            yield piece
