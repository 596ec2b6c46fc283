"""Fetching from servers that lie, trickle, flood and redirect; all local, some of them declared public."""

import gzip
import hashlib
import io
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from pytest_django import Settings

from foundation.web.fetching import Fetched, FetchError, Limits, Reason, fetch
from tests.hostile_server import HostileServer, Visit, after, answer, raw, redirect, serving

PUBLIC = "127.0.0.5"
"""Represents the public Internet in these tests; other loopback addresses are internal."""
QUICK = Limits(seconds=0.6, connecting=0.5, received=200_000, unpacked=400_000)


@pytest.fixture(autouse=True)
def networks(settings: Settings) -> None:
    settings.FETCH_NETWORKS = [f"{PUBLIC}/32"]
    settings.FETCH_USER_AGENT = "Observatory/test (+https://observatory.example)"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with serving(host=PUBLIC) as server:
        yield server


def _fetched(url: str, **options: Any) -> tuple[Fetched, bytes]:
    into = io.BytesIO()
    return fetch(url, into, **{"limits": QUICK, **options}), into.getvalue()


def _refusal(url: str, **options: Any) -> Reason:
    with pytest.raises(FetchError) as refused:
        _fetched(url, **options)
    return refused.value.reason


# Honest servers


def test_answer_comes_with_its_type_size_digest_and_headers(server: HostileServer) -> None:
    body = "<p>Resolución</p>".encode("latin-1")
    server.answers["/acta"] = answer(body, 'ETag: "7"', media_type="Text/HTML; charset=ISO-8859-1")
    fetched, kept = _fetched(f" {server.url}/acta#art-3 ")
    assert kept == body
    assert (fetched.asked, fetched.url, fetched.status) == (f"{server.url}/acta", f"{server.url}/acta", 200)
    assert (fetched.media_type, fetched.charset) == ("text/html", "iso-8859-1")
    assert (fetched.size, fetched.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert (fetched.header("etag"), fetched.header("age")) == ('"7"', "")
    assert server.visits[0].header("user-agent") == "Observatory/test (+https://observatory.example)"
    assert server.visits[0].header("host") == f"{PUBLIC}:{server.port}"


def test_transfer_holds_what_went_over_the_wire(server: HostileServer) -> None:
    body = b"one two three " * 100
    packed = gzip.compress(body)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = head + f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n"
    server.answers["/"] = raw(sent)
    transfer = io.BytesIO()
    fetched, kept = _fetched(server.url, transfer=transfer)
    assert (kept, transfer.getvalue()) == (body, sent)
    assert [(hop.start, hop.end, hop.is_whole, hop.address) for hop in fetched.hops] == [(0, len(sent), True, PUBLIC)]
    assert fetched.hops[0].request.decode("latin-1") == server.visits[0].head


def test_failing_status_is_an_answer(server: HostileServer) -> None:
    fetched, kept = _fetched(f"{server.url}/nothing")
    assert (fetched.status, kept) == (404, b"nothing here")


def test_redirects_are_followed_and_told(server: HostileServer) -> None:
    server.answers["/old"] = redirect("/between", status="301 Moved Permanently", body=b"gone there")
    server.answers["/between"] = redirect("/año nuevo?q=ñ", status="308 Permanent Redirect")
    server.answers["/a%C3%B1o%20nuevo?q=%C3%B1"] = answer(b"here")
    transfer = io.BytesIO()
    fetched, kept = _fetched(f"{server.url}/old", transfer=transfer)
    assert kept == b"here"
    assert [hop.url.removeprefix(server.url) for hop in fetched.hops] == [
        "/old",
        "/between",
        "/a%C3%B1o%20nuevo?q=%C3%B1",
    ]
    assert fetched.moved_to == fetched.url
    first = fetched.hops[0]
    assert transfer.getvalue()[first.start : first.end].endswith(b"\r\n\r\ngone there")


def test_one_passing_redirect_means_not_moved(server: HostileServer) -> None:
    server.answers["/old"] = redirect("/between", status="301 Moved Permanently")
    server.answers["/between"] = redirect("/new", status="302 Found")
    server.answers["/new"] = answer(b"here")
    assert _fetched(f"{server.url}/old")[0].moved_to == ""


def test_headers_of_the_first_host_stay_with_it(server: HostileServer) -> None:
    server.answers["/old"] = redirect("/new")
    server.answers["/new"] = answer(b"", status="304 Not Modified")
    fetched, _kept = _fetched(f"{server.url}/old", headers=(("If-None-Match", '"7"'), ("Authorization", "Bearer x")))
    assert fetched.status == 304
    assert [visit.header("if-none-match") for visit in server.visits] == ['"7"', '"7"']
    assert [visit.header("authorization") for visit in server.visits] == ["Bearer x", ""]


def test_before_each_address_the_caller_is_asked_and_its_time_is_free(server: HostileServer) -> None:
    server.answers["/old"] = redirect("/new")
    server.answers["/new"] = answer(b"here")
    asked: list[str] = []

    def before(url: str) -> None:
        asked.append(url)
        time.sleep(QUICK.seconds)

    _fetched(f"{server.url}/old", before=before)
    assert asked == [f"{server.url}/old", f"{server.url}/new"]


def test_gzip_of_several_members_and_padding_is_unpacked(server: HostileServer) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 100
    server.answers["/"] = answer(packed, "Content-Encoding: gzip")
    assert _fetched(server.url)[1] == b"one two"


# Forbidden addresses


@pytest.mark.parametrize(
    "url",
    [
        "ftp://gazette.example/",
        "file:///etc/passwd",
        "gopher://gazette.example/",
        "javascript:alert(1)",
        "//gazette.example/",
        "http://",
        "http:///path",
        "http://user:secret@gazette.example/",
        "http://gazette.example@127.0.0.1/",
        "http://gazette.example:22/",
        "http://gazette.example:25/",
        "http://gazette.example:99999/",
        "http://gazette.example/\r\nHost: other",
        "http://gazette.example\\@127.0.0.1/",
        "http://[::1/",
    ],
)
def test_address_of_no_web_page_is_refused(url: str) -> None:
    assert _refusal(url) == Reason.BAD_ADDRESS


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "localhost",
        "0.0.0.0",  # noqa: S104  # to ask, not to listen
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:127.0.0.5]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fd00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.01",
        "127.0.0.5.",
    ],
)
def test_private_address_is_refused_in_every_spelling(host: str) -> None:
    assert _refusal(f"http://{host}/") == Reason.INSIDE


def test_redirect_inside_is_refused(server: HostileServer) -> None:
    with serving() as inside:
        server.answers["/"] = redirect(inside.url)
        assert _refusal(server.url) == Reason.INSIDE
        assert inside.visits == []


def test_redirect_to_another_scheme_is_refused(server: HostileServer) -> None:
    server.answers["/"] = redirect("file:///etc/passwd")
    assert _refusal(server.url) == Reason.BAD_ADDRESS


def _answer_names(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Have name resolution return one of these addresses per lookup; return the list of lookups."""
    asked: list[str] = []
    left = list(answers)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in left.pop(0).split()]

    monkeypatch.setattr("foundation.web.networks.socket.getaddrinfo", getaddrinfo)
    return asked


def test_name_is_looked_up_once_and_that_address_is_asked(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second lookup, which would return an internal address, never happens."""
    with serving() as inside:
        server.answers["/"] = answer(b"public")
        asked = _answer_names(monkeypatch, PUBLIC, "127.0.0.1")
        fetched, kept = _fetched(f"http://rebinding.example:{server.port}/")
    assert (kept, asked, inside.visits) == (b"public", ["rebinding.example"], [])
    assert fetched.hops[0].address == PUBLIC
    assert server.visits[0].header("host") == f"rebinding.example:{server.port}"


def test_name_that_leads_inside_after_a_redirect_is_refused(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/"] = redirect("/again")
    _answer_names(monkeypatch, PUBLIC, "169.254.169.254")
    assert _refusal(f"http://rebinding.example:{server.port}/") == Reason.INSIDE
    assert server.paths == ["/"]


def test_of_a_name_with_both_only_the_public_address_is_asked(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/"] = answer(b"public")
    _answer_names(monkeypatch, f"127.0.0.1 {PUBLIC}")
    assert _fetched(f"http://both.example:{server.port}/")[1] == b"public"


def test_redirects_end(server: HostileServer) -> None:
    server.answers["/"] = redirect("/")
    assert _refusal(server.url) == Reason.TOO_MANY_REDIRECTS
    assert len(server.visits) == QUICK.redirects + 1


# Slow servers


def _wait(visit: Visit, seconds: float) -> None:
    visit.is_closing.wait(seconds)


def test_slow_name_server_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*args: Any, **kwargs: Any) -> list[Any]:
        time.sleep(3)
        return []

    monkeypatch.setattr("foundation.web.networks.socket.getaddrinfo", getaddrinfo)
    began = time.monotonic()
    assert _refusal("http://slow.example/") == Reason.TIMED_OUT
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "slow",
    [
        after(b"", lambda visit: _wait(visit, 5)),
        after(b"", lambda visit: visit.drip(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000)),
        after(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", lambda visit: visit.drip(b"x" * 100)),
        after(b"HTTP/1.1 200 OK\r\n\r\n", lambda visit: visit.drip(b"x" * 100)),
        after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", lambda visit: visit.drip(b"1\r\nx\r\n" * 99)),
        after(b"", lambda visit: visit.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 99, seconds=0.01)),
        after(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 99\r\n\r\n", lambda visit: visit.drip(b"x" * 99)),
    ],
    ids=["silent", "head", "body", "body without length", "chunks", "continue", "redirect"],
)
def test_slow_server_is_left_when_the_time_is_up(server: HostileServer, slow: Any) -> None:
    server.answers["/"] = slow
    began = time.monotonic()
    assert _refusal(server.url) == Reason.TIMED_OUT
    assert time.monotonic() - began < QUICK.seconds + 0.6


def test_silent_handshake_is_left_when_the_time_is_up() -> None:
    with socket.create_server((PUBLIC, 0)) as silent:
        began = time.monotonic()
        assert _refusal(f"https://{PUBLIC}:{silent.getsockname()[1]}/") == Reason.TIMED_OUT
        assert time.monotonic() - began < QUICK.seconds + 0.6


def test_time_is_counted_over_all_redirects(server: HostileServer) -> None:
    def late(visit: Any) -> None:
        visit.is_closing.wait(0.25)
        redirect("/")(visit)

    server.answers["/"] = late
    assert _refusal(server.url) == Reason.TIMED_OUT
    assert len(server.visits) <= 3


def test_closed_port_is_unreachable() -> None:
    with socket.create_server((PUBLIC, 0)) as listening:
        port = listening.getsockname()[1]
    assert _refusal(f"http://{PUBLIC}:{port}/") == Reason.UNREACHABLE


def test_unknown_name_is_no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*args: Any, **kwargs: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("foundation.web.networks.socket.getaddrinfo", nowhere)
    assert _refusal("http://nowhere.example/") == Reason.NO_SUCH_HOST


# Bodies that are too large or not as announced


def test_endless_body_ends(server: HostileServer) -> None:
    server.answers["/"] = after(b"HTTP/1.1 200 OK\r\n\r\n", lambda visit: visit.forever(b"x" * 50_000))
    assert _refusal(server.url, limits=Limits(received=500_000)) == Reason.TOO_LARGE


def test_endless_head_ends(server: HostileServer) -> None:
    server.answers["/"] = after(b"HTTP/1.1 200 OK\r\n", lambda visit: visit.forever(b"A: " + b"x" * 5_000 + b"\r\n"))
    assert _refusal(server.url) == Reason.TOO_LARGE


def test_bomb_ends_before_it_bursts(server: HostileServer) -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    server.answers["/"] = answer(bomb, "Content-Encoding: gzip")
    into = io.BytesIO()
    with pytest.raises(FetchError) as refused:
        fetch(server.url, into, limits=QUICK)
    assert refused.value.reason == Reason.TOO_LARGE
    assert len(into.getvalue()) <= QUICK.unpacked


PACKED = gzip.compress(b"a text that is long enough " * 50, mtime=0)  # the same in every test process


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nshort\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + PACKED[:-12],
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot packed at all",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + PACKED[:-8] + b"\0" * 8,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nwhatever",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\nwhatever",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nshort!",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        zlib.compress(b"nonsense"),
        b"",
    ],
)
def test_broken_answer_is_an_error(server: HostileServer, data: bytes) -> None:
    server.answers["/"] = raw(data)
    assert _refusal(server.url) in (Reason.BROKEN, Reason.UNREACHABLE)


# Certificates


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[HostileServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("gazette.example").configure_cert(context)
    with serving(host=PUBLIC, tls=context, name="gazette.example") as server:
        server.answers["/"] = answer(b"secure")
        yield server


def _trust(authority: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))


def test_certificate_is_checked_against_the_name(
    secure: HostileServer, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trust(authority, tmp_path, monkeypatch)
    _answer_names(monkeypatch, PUBLIC, PUBLIC)
    transfer = io.BytesIO()
    fetched, kept = _fetched(f"{secure.url}/", transfer=transfer)
    assert (kept, fetched.hops[0].address) == (b"secure", PUBLIC)
    assert transfer.getvalue().startswith(b"HTTP/1.1 200 OK\r\n")
    assert _refusal(secure.url.replace("gazette", "other")) == Reason.BAD_CERTIFICATE


def test_unknown_authority_is_refused(secure: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_names(monkeypatch, PUBLIC)
    assert _refusal(secure.url) == Reason.BAD_CERTIFICATE


def test_reasons_that_may_pass() -> None:
    assert {reason.value for reason in Reason if reason.is_transient} == {
        "no_such_host",
        "unreachable",
        "bad_certificate",
        "timed_out",
        "broken",
    }
