"""Compression of answers, where no proxy does it."""

import zlib
from collections.abc import Iterable, Iterator

from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers

IS_ARCHIVE = "application/vnd.openxmlformats-officedocument"
"""How the media types begin of files that are compressed in themselves."""
QUICKEST = 1
"""Level for what is streamed: Django's makes an export wait for its compression."""
GZIP = 16 + zlib.MAX_WBITS


class Compression(GZipMiddleware):
    """Django's middleware, but quick with files that are streamed, and without effect on archives."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The answer, compressed where that makes it smaller and the browser takes it."""
        if response.headers.get("Content-Type", "").startswith(IS_ARCHIVE):
            return response
        if not isinstance(response, StreamingHttpResponse) or response.has_header("Content-Encoding"):
            return super().process_response(request, response)
        patch_vary_headers(response, ["Accept-Encoding"])
        if re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")):
            response.streaming_content = compressed(iter(response))
            response.headers["Content-Encoding"] = "gzip"
            response.headers.pop("Content-Length", None)
        return response


def compressed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks as one file of gzip; what is compressed leaves as soon as there is some."""
    compressor = zlib.compressobj(QUICKEST, zlib.DEFLATED, GZIP)
    for block in blocks:
        if piece := compressor.compress(block):
            yield piece
    yield compressor.flush()
