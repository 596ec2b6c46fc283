"""Fetch one URL without trusting the server in any way.

Only http and https, and only public addresses (`networks`), which are resolved once and connected to exactly; the same
again after each redirect. Time, bytes received and bytes unpacked are limited; a thread closes the connection at the
deadline, whatever the server does. A body shorter than announced, or truncated compressed data, is an error.

Allowed ports are 80, 443 and those above 1023: some gazettes do use 8080, while a request to a lower port could be read
by another service, such as mail.
"""

import hashlib
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from http.client import HTTPException
from typing import IO, BinaryIO
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from foundation.disks import full_disk_behind
from foundation.web.connection import Clock, Connection, PlainConnection, SecureConnection, TooMuch, TrafficRecorder
from foundation.web.networks import addresses_of, is_allowed, is_disguised

PORTS = {"http": 80, "https": 443}
LOWEST_FREE_PORT = 1024
REDIRECTS = (301, 302, 303, 307, 308)
PERMANENT = (301, 308)
PIECE = 65_536
"""Bytes read at a time."""
LONGEST_HEAD = 262_144
"""Bytes of response headers that do not count toward the body's limits; a redirect's body is cut off here too."""
FOR_FIRST_HOST = ("authorization", "cookie")
"""Headers that are not sent to another host after a redirect."""
LONGEST_ADDRESS = 2048
LONGEST_CONTENT_TYPE = 200
"""Characters of the Content-Type header; parsing a longer one takes quadratic time."""
MOST_MEMBERS = 1000
"""Members of a gzip; each of a million empty ones would want an unpacker of its own."""
_GZIP = 16 + zlib.MAX_WBITS
_SAFE = "!#$%&'()*+,/:;=?@[]~"
"""Characters that are not quoted in a URL; `%` is one, since it introduces what is already quoted."""


class Reason(TextChoices):
    """Why a fetch failed."""

    BAD_ADDRESS = "bad_address", _("This is not the address of a public web page.")
    INSIDE = "inside", _("The address is in a private network.")
    NO_SUCH_HOST = "no_such_host", _("The host does not exist.")
    UNREACHABLE = "unreachable", _("The server cannot be reached.")
    BAD_CERTIFICATE = "bad_certificate", _("The server's certificate is not valid.")
    TIMED_OUT = "timed_out", _("The server took too long.")
    TOO_LARGE = "too_large", _("The document is too large.")
    TOO_MANY_REDIRECTS = "too_many_redirects", _("Too many redirects.")
    BROKEN = "broken", _("The response is incomplete or cannot be read.")

    @property
    def is_transient(self) -> bool:
        """Whether it makes sense to retry later."""
        return self in (
            Reason.NO_SUCH_HOST,
            Reason.UNREACHABLE,
            Reason.BAD_CERTIFICATE,
            Reason.TIMED_OUT,
            Reason.BROKEN,
        )


class FetchError(Exception):
    """The fetch failed; what was written so far is useless.

    `reason` explains it to people, `detail` is for the log, and `url` is the URL that failed, possibly of a redirect.
    """

    def __init__(self, reason: Reason, detail: object = "", url: str = "") -> None:
        super().__init__(reason, str(detail), url)
        self.reason, self.detail, self.url = reason, str(detail), url

    def __str__(self) -> str:
        return str(self.reason.label)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits: seconds in total and for connecting, bytes received and unpacked, and the number of redirects."""

    seconds: float = 60
    connecting: float = 10
    received: int = 50_000_000
    unpacked: int = 100_000_000
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Hop:
    """One request and its response: bytes `start` to `end` of the recorded traffic, headers and body as received."""

    url: str
    address: str
    at: datetime
    request: bytes
    status: int
    start: int
    end: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response of any status; `size` and `sha256` are those of the unpacked body, which is in the caller's file."""

    asked: str
    url: str
    hops: tuple[Hop, ...]
    status: int
    headers: tuple[tuple[str, str], ...]
    media_type: str
    charset: str
    size: int
    received: int
    sha256: str

    def header(self, name: str) -> str:
        """The first header of that name, or ''."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def moved_to(self) -> str:
        """The new URL of the document, or '': the target of redirects if all of them are permanent."""
        steps = self.hops[:-1]
        return self.url if steps and all(hop.status in PERMANENT for hop in steps) else ""


def fetch(
    url: str,
    into: IO[bytes],
    *,
    limits: Limits | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    transfer: BinaryIO | None = None,
    before: Callable[[str], None] | None = None,
) -> Fetched:
    """Write the unpacked response body of `url` to `into`, and everything received to `transfer`.

    `before` is called with each URL before it is requested, including those of redirects: it may wait, or raise to
    refuse; its time does not count. Raise FetchError; a response of any status is not an error.
    """
    limits = limits or Limits()
    clock = Clock(limits.seconds)
    tape = TrafficRecorder(transfer, limits.received + LONGEST_HEAD)
    hops: list[Hop] = []
    asked = target = _tidy(url)
    while True:
        place = _place(target)
        if before:
            before(target)
        own = tuple((n, v) for n, v in headers if not hops or n.lower() not in FOR_FIRST_HOST)
        with _faults_told(target, clock), clock.running(), _asking(place, own, limits, clock, tape) as (hop, response):
            location = response.headers.get("Location") if response.status in REDIRECTS else None
            if location is None:
                size, sha256 = _keep(response, into, limits)
                clock.check()
                hops.append(hop(is_whole=True))
                return _fetched(asked, hops, response, size, sha256)
            hops.append(hop(is_whole=_drain(response)))
        if len(hops) > limits.redirects:
            raise FetchError(Reason.TOO_MANY_REDIRECTS, url=target)
        target = _tidy(_joined(target, location))


# The destination


@dataclass(frozen=True, slots=True)
class _Place:
    """A parsed URL, with the parts that a request needs."""

    url: str
    scheme: str
    host: str
    port: int
    path: str


def _tidy(url: str) -> str:
    """`url` in ASCII, without fragment and surrounding spaces."""
    address = url.strip().partition("#")[0]
    if len(address) > LONGEST_ADDRESS:
        raise FetchError(Reason.BAD_ADDRESS, "too long", url[:LONGEST_ADDRESS])
    if any(sign.isspace() or not sign.isprintable() or sign == "\\" for sign in address.replace(" ", "")):
        raise FetchError(Reason.BAD_ADDRESS, "control characters", url)
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError as error:  # UnicodeError is a subclass
        raise FetchError(Reason.BAD_ADDRESS, error, url) from error
    if "@" in parts.netloc:
        raise FetchError(Reason.BAD_ADDRESS, "user and password in the address", url)
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{port}" if port and port != PORTS.get(parts.scheme) else ""
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    return f"{parts.scheme}://{netloc}{quote(parts.path, safe=_SAFE) or '/'}{query}"


def _place(url: str) -> _Place:
    """Parse a tidy URL; raise FetchError if it may not be requested."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise FetchError(Reason.BAD_ADDRESS, "neither http nor https", url)
    port = parts.port or PORTS[parts.scheme]
    if port not in PORTS.values() and port < LOWEST_FREE_PORT:
        raise FetchError(Reason.BAD_ADDRESS, f"port {port}", url)
    if is_disguised(parts.hostname):
        raise FetchError(Reason.INSIDE, "a number as host", url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return _Place(url, parts.scheme, parts.hostname, port, path)


def _joined(url: str, location: str) -> str:
    """Resolve a redirect of `url`; the header is decoded as UTF-8 if possible, where http.client assumes Latin-1."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise FetchError(Reason.BAD_ADDRESS, error, location[:LONGEST_ADDRESS]) from error


def _public_addresses(place: _Place, clock: Clock) -> list[str]:
    """The allowed addresses of `place`; internal ones are dropped, and refused if there are no others."""
    found = addresses_of(place.host, place.port, within=clock.left)
    allowed = [str(address) for address in found if is_allowed(address)]
    if not allowed:
        raise FetchError(Reason.INSIDE, ", ".join(map(str, found)), place.url)
    return allowed


# The request and its answer


@contextmanager
def _asking(
    place: _Place, headers: tuple[tuple[str, str], ...], limits: Limits, clock: Clock, tape: TrafficRecorder
) -> Iterator[tuple[Callable[..., Hop], BaseHTTPResponse]]:
    """Send the request; yield the response with an unread body, and a function that records the hop afterwards."""
    at, start = datetime.now(UTC), tape.begin()
    sent = {"User-Agent": settings.FETCH_USER_AGENT, "Accept-Encoding": "gzip", "Connection": "close"}
    with (
        closing(_connection(place, limits, clock, tape)) as connection,
        closing(_answer(connection, place.path, {**sent, **dict(headers)})) as response,
    ):

        def hop(*, is_whole: bool) -> Hop:
            request = bytes(tape.sent)
            return Hop(place.url, connection.connected_to, at, request, response.status, start, tape.end, is_whole)

        yield hop, response


def _answer(connection: Connection, path: str, headers: dict[str, str]) -> BaseHTTPResponse:
    connection.request("GET", path, headers=headers, preload_content=False)
    return connection.getresponse()


def _connection(place: _Place, limits: Limits, clock: Clock, tape: TrafficRecorder) -> Connection:
    addresses = _public_addresses(place, clock)
    kind = SecureConnection if place.scheme == "https" else PlainConnection
    connection = kind(place.host, place.port, timeout=limits.seconds)
    connection.prepare(addresses, min(limits.connecting, clock.left), clock, tape)
    return connection


@contextmanager
def _faults_told(url: str, clock: Clock) -> Iterator[None]:
    """Convert any error but a full disk of ours to FetchError; after the deadline, the reason is the timeout.

    A ValueError is a number out of range, such as a negative chunk size.
    """
    try:
        yield
    except (FetchError, TooMuch, OSError, HTTPException, HTTPError, ValueError, OverflowError) as error:
        if full := full_disk_behind(error):
            raise full from error
        if isinstance(error, FetchError) and not clock.is_over:
            raise
        raise FetchError(Reason.TIMED_OUT if clock.is_over else _reason(error), error, url) from error


def _reason(error: Exception) -> Reason:
    match error:
        case TooMuch():
            return Reason.TOO_LARGE
        case ssl.SSLCertVerificationError():
            return Reason.BAD_CERTIFICATE
        case TimeoutError():
            return Reason.TIMED_OUT
        case socket.gaierror() if error.errno == socket.EAI_NONAME:
            return Reason.NO_SUCH_HOST
        case OSError():
            return Reason.UNREACHABLE
        case _:
            return Reason.BROKEN


def _drain(response: BaseHTTPResponse) -> bool:
    """Read the short body of a redirect, for the record; tell whether it is whole."""
    read = 0
    try:
        for piece in response.stream(PIECE, decode_content=False):
            read += len(piece)
            if read > LONGEST_HEAD:
                return False
    except (OSError, HTTPException, HTTPError):
        return False
    return True


def _keep(response: BaseHTTPResponse, into: IO[bytes], limits: Limits) -> tuple[int, str]:
    """Write the unpacked body; its size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    pieces = response.stream(PIECE, decode_content=False)
    for piece in _unpacked(pieces, response.headers.get("Content-Encoding", "")):
        size += len(piece)
        if size > limits.unpacked:
            raise FetchError(Reason.TOO_LARGE, f"more than {limits.unpacked} bytes unpacked")
        digest.update(piece)
        into.write(piece)
    return size, digest.hexdigest()


def _unpacked(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    match encoding.strip().lower():
        case "" | "identity":
            return pieces
        case "gzip" | "x-gzip":
            return _gunzipped(pieces)
        case other:
            raise FetchError(Reason.BROKEN, f"content encoding {other!r}, which was not asked for")


def _gunzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack in steps of bounded size; gzip may consist of several members."""
    unpacker, is_begun, members = zlib.decompressobj(_GZIP), False, 1
    try:
        for received in pieces:
            piece = received.lstrip(b"\0") if unpacker.eof else received
            is_begun = is_begun or bool(piece)
            while piece:
                if unpacker.eof:  # followed by padding or another member
                    unpacker, members = zlib.decompressobj(_GZIP), members + 1
                    if members > MOST_MEMBERS:
                        raise FetchError(Reason.BROKEN, "too many parts of a compressed body")
                yield unpacker.decompress(piece, PIECE)
                piece = unpacker.unused_data.lstrip(b"\0") if unpacker.eof else unpacker.unconsumed_tail
            while not unpacker.eof and (more := unpacker.decompress(b"", PIECE)):
                yield more
    except zlib.error as error:
        raise FetchError(Reason.BROKEN, error) from error
    if is_begun and not unpacker.eof:
        raise FetchError(Reason.BROKEN, "the compressed body breaks off")


def _fetched(asked: str, hops: list[Hop], response: BaseHTTPResponse, size: int, sha256: str) -> Fetched:
    media_type, charset = _content_type(response.headers.get("Content-Type", ""))
    return Fetched(
        asked=asked,
        url=hops[-1].url,
        hops=tuple(hops),
        status=response.status,
        headers=tuple(response.headers.iteritems()),
        media_type=media_type,
        charset=charset,
        size=size,
        received=hops[-1].end - hops[-1].start,
        sha256=sha256,
    )


def _content_type(stated: str) -> tuple[str, str]:
    """Parse a Content-Type header into media type and charset, each '' if missing.

    Not with `get_content_charset`, which decodes parameters with any codec that a server names (RFC 2231).
    """
    if not stated or len(stated) > LONGEST_CONTENT_TYPE:
        return "", ""
    message = Message()
    message["Content-Type"] = stated
    charset = message.get_param("charset", "")
    return message.get_content_type(), charset.lower() if isinstance(charset, str) else ""
