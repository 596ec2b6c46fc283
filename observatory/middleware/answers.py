"""What every answer carries: headers of policy, compression, and for a public page what anybody may share.

A page whose view is a `public_page` follows from its address, the public data, the release and the day, and from
nothing else. All of these go into its `ETag`; the address as `questions.py` has put it in normal form. Who sends the
tag back reads 304 before a session, a view or a template is looked at; who does not, and has no account, may get the
bytes that were made for another. Once one of them changes, the tag is another one: nothing is ever taken back, and what
is not asked for any more makes room.

`public_pages` stands inside of `policies`, so that headers of policy are the same on every answer, and outside of
`Compression`.
"""

import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from cachetools import LRUCache
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from foundation.days import today
from foundation.publication import public_version
from foundation.release import release, short_hash
from observatory.accounts.sessions import is_signed_in
from observatory.middleware.limits import OF_LIMITS
from observatory.middleware.questions import page_of
from observatory.refusals import BUSY, busy

# Policy


# No page of ours uses any of these; browsers deny them to a page that is tricked into asking
PERMISSIONS_POLICY = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=(), browsing-topics=()"
)


def policies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: set `Permissions-Policy` and `Content-Security-Policy` on every response.

    Django's debug pages, which contain inline scripts and styles, only get the first one.
    """
    content = _in_one_line(settings.CONTENT_SECURITY_POLICY)

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault("Content-Security-Policy", content)
        return response

    return middleware


def _in_one_line(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{directive} {source}" for directive, source in policy.items())


# Compression, where no proxy does it


COMPRESSED = (
    "application/vnd.openxmlformats-officedocument",
    "application/vnd.oasis.opendocument",
    "application/vnd.apache.parquet",
)
"""The prefixes of media types that are already compressed; of the last, ranges are asked for."""
QUICKEST = 1
"""Compression level of streams: with Django's, an export would wait for its compression."""
GZIP = 16 + zlib.MAX_WBITS


class Compression(GZipMiddleware):
    """Django's middleware, but fast for streamed files, and without effect on archives."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress the response if that makes it smaller and the client accepts it."""
        if response.headers.get("Content-Type", "").startswith(COMPRESSED):
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
    """Compress the blocks to a gzip stream; compressed data is sent as soon as there is some."""
    compressor = zlib.compressobj(QUICKEST, zlib.DEFLATED, GZIP)
    for block in blocks:
        if piece := compressor.compress(block):
            yield piece
    yield compressor.flush()


# What anybody may share


SHARED = "public, max-age=60, stale-while-revalidate=600"
PERSONAL = "private, no-store"
OVERHEAD = 1000
"""Approximate overhead in bytes of a cached page, beside its body."""
LARGEST = 1 / 20
"""Share of the room that one page may take."""
OPEN = 1 / 8
"""Share of the room for files, pictures and answers of the API: programs that walk through them displace no page."""

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match, Range",
    "Access-Control-Max-Age": "86400",
}
"""What a browser is told that asks whether a script may ask."""
EXPOSED = "Content-Disposition, Content-Range, ETag, Link, Retry-After, " + ", ".join(OF_LIMITS)
"""Headers that scripts of other sites may read."""

Answer = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered page as it was sent, compressed if the client accepts that."""

    body: bytes
    headers: dict[str, str]

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.body) + OVERHEAD


class KeptPages:
    """An LRU cache of pages, up to `room` bytes, shared by the threads of a process; disabled if `room` is 0."""

    def __init__(self, room: float) -> None:
        self._largest = room * LARGEST
        self._pages: LRUCache[tuple[str, bool], Page] = LRUCache(room, getsizeof=lambda page: page.size)
        self._lock = threading.Lock()

    def get(self, key: tuple[str, bool]) -> Page | None:
        """The cached page, or None."""
        with self._lock:
            return self._pages.get(key)

    def put(self, key: tuple[str, bool], page: Page) -> None:
        """Keep a page, unless it is too large."""
        if page.size <= self._largest:
            with self._lock:
                self._pages[key] = page


def public_pages(get_response: Answer) -> Answer:
    """Middleware; disabled with DEBUG, where templates change while the process is running."""
    if settings.DEBUG:
        raise MiddlewareNotUsed
    room = settings.PAGE_CACHE_MB * 2**20
    kept_pages, kept_files = KeptPages(room * (1 - OPEN)), KeptPages(room * OPEN)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        page = page_of(request) if request.method in ("GET", "HEAD", "OPTIONS") else None
        if page is None:
            return get_response(request)
        if request.method == "OPTIONS":
            is_preflight = page.is_open and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
            return _opened(HttpResponse(status=204, headers=PREFLIGHT)) if is_preflight else get_response(request)
        response = answer(request, kept_files if page.is_open else kept_pages)
        if page.is_open:
            _opened(response)
        return _may_be_framed(response) if page.may_be_framed else response

    def answer(request: HttpRequest, kept: KeptPages) -> HttpResponseBase:
        if is_signed_in(request):
            return _as_personal(get_response(request))
        _forget_cookies(request)
        if "HTTP_AUTHORIZATION" in request.META:  # ignored by us; but a cache before us must not share the response
            return _as_personal(shared_answer(request, kept, []))
        return shared_answer(request, kept, _known(request))

    def shared_answer(request: HttpRequest, kept: KeptPages, known: list[str]) -> HttpResponseBase:
        try:
            tag = tag_of(request, on=today())
        except BUSY as error:
            return busy(request, error)
        if tag in known:
            return _shared(HttpResponseNotModified(), tag)
        key = (tag, bool(re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))))
        page = kept.get(key)
        response = HttpResponse(page.body, headers=page.headers) if page else get_response(request)
        if page is None and _may_be_shared(response):
            _shared(response, tag)
            if isinstance(response, HttpResponse):
                headers = {name: value for name, value in response.items() if name not in OF_LIMITS}
                kept.put(key, Page(response.content, headers))
        if "*" in known and response.status_code == 200 and response.has_header("ETag") and not response.streaming:
            return _shared(HttpResponseNotModified(), tag)
        return response

    return middleware


def _opened(response: HttpResponseBase) -> HttpResponseBase:
    """Let the scripts of other sites read the answer: nothing in it depends on who asks."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = EXPOSED
    return response


def _may_be_framed(response: HttpResponseBase) -> HttpResponseBase:
    """Let other sites show the page within theirs; for 304 too, whose headers replace those that a browser has."""
    policy = settings.CONTENT_SECURITY_POLICY | {"frame-ancestors": "*", "base-uri": "'self'", "form-action": "'none'"}
    response.headers["Content-Security-Policy"] = _in_one_line(policy)
    response.xframe_options_exempt = True  # type: ignore[attr-defined]  # read by Django's own middleware
    return response


def _forget_cookies(request: HttpRequest) -> None:
    """Hide cookies from a public page: Django would replace an invalid CSRF cookie, which prevents sharing."""
    if request.META.pop("HTTP_COOKIE", None):
        request.__dict__.pop("COOKIES", None)  # read anew from there


def _as_personal(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Cache-Control"] = PERSONAL
    response.headers.pop("ETag", None)
    return response


def _may_be_shared(response: HttpResponseBase) -> bool:
    """Not errors, redirects, responses that set or vary on cookies, or that have their own caching headers."""
    varies = {name.strip().lower() for name in response.get("Vary", "").split(",")} - {""}
    return (
        response.status_code in (200, 206)
        and not response.cookies
        and not response.has_header("Cache-Control")
        and varies <= {"accept-encoding"}
    )


def _shared(response: HttpResponseBase, tag: str) -> HttpResponseBase:
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = SHARED
    patch_vary_headers(response, ("Accept-Encoding",))
    return response


def _known(request: HttpRequest) -> list[str]:
    """The tags in If-None-Match, or `*`; all weak, since a page is the same whether compressed or not."""
    header = request.META.get("HTTP_IF_NONE_MATCH", "")
    return [tag if tag.startswith(("W/", "*")) else f"W/{tag}" for tag in parse_etags(header)] if header else []


def tag_of(request: HttpRequest, *, on: date) -> str:
    """The tag for everything that the page depends on, on a day. A foreign host is refused before any query."""
    address = (request.scheme or "", request.get_host(), request.path, request.META.get("QUERY_STRING", ""))
    parts = (*address, on.isoformat(), release(), public_version())
    return f'W/"{short_hash(part.encode() for part in parts)}"'
