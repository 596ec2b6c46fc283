"""Whatever status and headers a server sends, the visit ends, is recorded, and is repeated later."""

import gzip
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from measures.archive import hosts, links
from measures.models import Capture, Host, Link
from tests.archive_sources import look, page, source_at
from tests.hostile_server import HostileServer, answer, raw, serving

pytestmark = pytest.mark.django_db

FAR_TOO_LONG = 15
"""CPU seconds for one visit, including the test's server; a successful attack takes minutes."""


@pytest.fixture(autouse=True)
def here(settings: Settings) -> None:
    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    settings.ARCHIVE_BROWSER = "none"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with serving() as server:
        yield server


def _is_soon(link: Link) -> bool:
    """Whether the next check is within our own limits."""
    now = timezone.now()
    return now < link.due_at < now + timedelta(days=16)


@pytest.mark.parametrize(
    "delay", ["1e308", "nan", "inf", "-inf", "-5", "9" * 400, "1e400", "0x10", "1e-400", "", "1_000", "٣", "5; 6"]
)
def test_crawl_delay_is_bounded(server: HostileServer, delay: str) -> None:
    server.answers["/robots.txt"] = answer(f"User-agent: *\nCrawl-delay: {delay}\n".encode(), media_type="text/plain")
    assert look(source_at(server)).state == "alive"
    rest = Host.objects.get().free_at - timezone.now()
    assert hosts.PAUSE - timedelta(seconds=3) <= rest <= hosts.LONGEST_PAUSE


@pytest.mark.parametrize(
    "rules",
    [
        "User-agent: *\nDisallow: /" + "*a" * 500 + "$",
        "User-agent: *\n" + "Disallow: /*a*\n" * 30_000,
        "User-agent: " * 40_000,
        "*" * 490_000,
        "Disallow: /" + "%" * 480_000,
        "\0\ud83d".encode("utf-16", "surrogatepass").decode("latin-1") * 5_000,
    ],
)
def test_rules_for_robots_cost_little(server: HostileServer, rules: str) -> None:
    server.answers["/robots.txt"] = answer(rules.encode("utf-8", "replace"), media_type="text/plain")
    before = time.process_time()
    link = look(source_at(server, "/" + "a" * 900))
    assert time.process_time() - before < FAR_TOO_LONG
    assert link.checked_at
    assert Host.objects.get().free_at < timezone.now() + hosts.LONGEST_PAUSE


@pytest.mark.parametrize(
    "stated",
    [
        *("-1", "nan", "inf", "1e308", "9" * 30, "9" * 5000, "²", "1.5", "", ";", "\x01"),
        "Wed, 21 Oct 2015 07:28:00 -0000",
        "Wed, 21 Oct 9999 23:59:59 -2359",
        "Wed, 21 Oct 99999 07:28:00 GMT",
        "Wed, 21 Oct 2099 07:28:00 +9999",
        "Wed, 21 Oct 2099 07:28:00 " + "9" * 300,
        "Mon, 00 Jan 0000 00:00:00 GMT",
        ", , , , ,",
    ],
)
def test_retry_after_is_bounded(server: HostileServer, stated: str) -> None:
    source = source_at(server)
    server.answers["/decree"] = answer(b"busy", f"Retry-After: {stated}", status="503 Service Unavailable")
    link = look(source)
    assert (link.problem, link.failures) == ("http_503", 1)
    assert _is_soon(link)
    assert Host.objects.get().free_at <= timezone.now() + links.LONGEST_REST


@pytest.mark.parametrize(
    "location",
    [
        "http://[",
        "http://[::1",
        "//",
        "http://\uff0f/",
        "/" + "a" * 60_000,
        "http://" + "a." * 20_000,
        "http://a:99999/",
    ],
)
def test_redirect_to_no_address_is_a_failure(server: HostileServer, location: str) -> None:
    source = source_at(server)
    server.answers["/decree"] = raw(b"HTTP/1.1 302 Found\r\nLocation: " + location.encode() + b"\r\n\r\n")
    link = look(source)
    assert link.failures == 1
    assert _is_soon(link)


@pytest.mark.parametrize(
    "head",
    [
        *(f"Content-Length: {said}" for said in ("-1", "9" * 30, "9" * 5000, "nan", "1e3", "5, 6", "0x10")),
        *(
            f"Transfer-Encoding: chunked\r\n\r\n{size}"
            for size in ("-1", "-5", "f" * 16, "f" * 300, "-" + "f" * 30, "x")
        ),
        "Content-Type: text/html; charset*=punycode''" + "9" * 60_000,
        "Content-Type: text/html; charset=punycode",
        "Content-Type: text/html; charset=zip",
        "Content-Type: text/html; charset=unicode_escape",
        "Content-Type: text/html; charset=idna",
        "Content-Type: text/html; charset=" + "utf-8" * 12_000,
        'Content-Type: a/b; x="' + ";" * 60_000,
        "Content-Encoding: gzip, " * 2_000,
        "ETag: " + '"' * 60_000,
        "Last-Modified: Mon, 99 Foo 99999 99:99:99 +9999",
        "Date: " + "9" * 60_000,
        "Cache-Control: max-age=" + "9" * 60_000,
        "Age: -1e308",
    ],
)
def test_head_of_an_answer_is_borne(server: HostileServer, head: str) -> None:
    source = source_at(server)
    server.answers["/decree"] = raw(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + page())
    before = time.process_time()
    link = look(source)
    assert time.process_time() - before < FAR_TOO_LONG
    assert link.checked_at
    assert (link.capture is not None) != bool(link.failures)
    assert _is_soon(link)


@pytest.mark.parametrize("charset", ["punycode", "idna", "zip", "bz2", "unicode_escape", "utf-7", "rot13", "nonsense"])
def test_charset_of_no_page_is_not_decoded_with(server: HostileServer, charset: str) -> None:
    source = source_at(server)
    body = "Años de la Nación".encode() + b" a-9999" * 400_000
    server.answers["/decree"] = answer(body, media_type=f"text/plain; charset={charset}")
    before = time.process_time()
    look(source)
    assert time.process_time() - before < FAR_TOO_LONG
    kept = Capture.objects.select_related("document_text").get()
    assert kept.charset == ""
    assert kept.document_text.text.startswith("Años de la Nación")


def test_gzip_of_countless_members_is_refused(server: HostileServer) -> None:
    source = source_at(server)
    server.answers["/decree"] = answer(gzip.compress(b"") * 1_000_000, "Content-Encoding: gzip")
    before = time.process_time()
    assert look(source).problem == "broken"
    assert time.process_time() - before < FAR_TOO_LONG


def test_head_without_carriage_returns_is_kept_quickly(server: HostileServer) -> None:
    """Regression: for each piece, the whole body in memory was searched for the end of the headers again."""
    source = source_at(server)
    server.answers["/decree"] = raw(b"HTTP/1.1 200 OK\nContent-Type: text/plain\n\n" + b"abcdefg\n" * 5_000_000)
    before = time.process_time()
    assert look(source).state == "alive"
    assert time.process_time() - before < 2 * FAR_TOO_LONG
