"""Whatever a server does, public values stay, the run has the reason, and the next good run recovers."""

import gzip
import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from countries.feeds import download, runs
from countries.models import FeedRun, IndicatorFeed, Observation
from tests import factories, hostile_server
from tests.hostile_server import Answer, HostileServer, Visit, answer, redirect, serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("countries")]

GOOD = b"iso3,date,value\nPER,2020-03-01,100\nECU,2020-03-01,50\n"
BETTER = b"iso3,date,value\nPER,2020-03-01,100\nECU,2020-03-01,51\n"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with serving() as server:
        yield server


@pytest.fixture
def feed(server: HostileServer) -> IndicatorFeed:
    """A feed whose first run was good."""
    server.answers["/daily.csv"] = csv(GOOD)
    feed = factories.feed(url=f"{server.url}/daily.csv")
    assert runs.run(feed).state == "published"
    return feed


def csv(body: bytes, *headers: str) -> Answer:
    return answer(body, *headers, media_type="text/csv")


def slow(visit: Visit) -> None:
    visit.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + GOOD * 10)


def huge(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 2000000000\r\n\r\niso3,date,value\n")
    visit.forever(b"PER,2020-03-01,100\n" * 5_000)


def endless(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\niso3,date,value\n")
    visit.forever(b"PER,2020-03-01,100\n" * 5_000)


def bomb() -> Answer:
    return csv(gzip.compress(b"iso3,date,value\n" + b"PER,2020-03-01,100\n" * 1_000_000), "Content-Encoding: gzip")


FAILURES: dict[str, tuple[Answer, int | None, str, bool]] = {
    "time-out": (slow, None, "The server took too long.", True),
    "500": (answer(b"oops", status="500 Internal Server Error"), 500, "The server responded with 500 instead", True),
    "503": (answer(b"", status="503 Service Unavailable"), 503, "The server responded with 503 instead", True),
    "404": (answer(b"", status="404 Not Found"), 404, "The server responded with 404 instead", False),
    "403": (answer(b"", status="403 Forbidden"), 403, "The server responded with 403 instead", False),
    "truncated gzip file": (csv(gzip.compress(GOOD * 100)[:-20]), 200, "The compressed file is incomplete", True),
    "truncated gzip encoding": (
        csv(gzip.compress(GOOD * 100)[:-20], "Content-Encoding: gzip"),
        None,
        "The response is incomplete or cannot be read.",
        True,
    ),
    "shorter than announced": (
        hostile_server.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + GOOD),
        None,
        "The response is incomplete or cannot be read.",
        True,
    ),
    "HTML instead of CSV": (
        answer(b"<!doctype html><title>Maintenance</title>"),
        200,
        "The server sent a web page instead",
        True,
    ),
    "redirect to elsewhere": (
        redirect("http://localhost/other.csv"),
        None,
        "The address now redirects to another one",
        False,
    ),
    "redirect in a circle": (redirect("/daily.csv"), None, "Too many redirects.", False),
    "changed header": (csv(GOOD.replace(b"iso3", b"iso_code")), 200, "The file has no column “iso3”.", False),
    "wrong encoding": (csv(GOOD + "CÔT,2020-03-01,1\n".encode("latin-1")), 200, "The file is not encoded", False),
    "2 GB": (huge, None, "The document is too large.", False),
    "without end": (endless, None, "The document is too large.", False),
    "bomb": (bomb(), None, "The document is too large.", False),
    "empty": (csv(b""), 200, "The file is empty.", True),
    "header alone": (csv(b"iso3,date,value\n"), 200, "The file has no row with a value.", True),
    "nothing understood": (csv(GOOD.replace(b"2020-03-01", b"yesterday")), 200, "No row of the file could be", False),
    "no HTTP": (hostile_server.raw(b"\x00\x01\x02"), None, "The response is incomplete or cannot be read.", True),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_changes_nothing_says_why_and_the_next_good_run_heals_it(
    name: str, feed: IndicatorFeed, server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", 5_000_000)
    monkeypatch.setattr(download, "SECONDS", 3)
    response, status, problem, is_transient = FAILURES[name]
    before = list(Observation.objects.order_by("pk").values())
    server.answers["/daily.csv"] = response
    run = runs.run(feed)
    assert run.problem.startswith(problem)
    assert (run.state, run.status_code, run.is_transient) == ("failed", status, is_transient)
    assert run.remedy
    assert list(Observation.objects.order_by("pk").values()) == before
    server.answers["/daily.csv"] = csv(BETTER)
    healed = runs.run(feed)
    assert (healed.state, healed.revised, healed.unchanged) == ("published", 1, 1)


@pytest.mark.parametrize(
    ("url", "problem", "is_transient"),
    [
        ("http://no-such-host.invalid/daily.csv", "The host does not exist.", True),
        ("http://127.0.0.1:1999/daily.csv", "The server cannot be reached.", True),
        ("http://10.0.0.1/daily.csv", "The address is in a private network.", False),
        ("http://169.254.169.254/latest/meta-data", "The address is in a private network.", False),
        ("file:../secret_key", "The file is outside the folder for feed files.", False),
        ("file:.//etc/passwd", "The file .//etc/passwd cannot be read", True),
        ("file:missing.csv", "The file missing.csv cannot be read", True),
    ],
)
def test_address_that_leads_nowhere(url: str, problem: str, is_transient: bool) -> None:
    run = runs.run(factories.feed(url=url))
    assert run.problem.startswith(problem), run.problem
    assert (run.state, run.is_transient) == ("failed", is_transient)


def test_file_that_is_too_large_or_a_pipe_is_not_read(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", 100)
    (folders / "files" / "daily.csv").write_bytes(GOOD + b"\n" * 100)
    assert runs.run(factories.feed()).problem == "The document is too large."
    (folders / "files" / "daily.csv").unlink()
    os.mkfifo(folders / "files" / "daily.csv")
    assert runs.run(IndicatorFeed.objects.get()).problem == "The file daily.csv cannot be read: it is not a file."


def test_link_out_of_the_folder_is_not_followed(folders: object, tmp_path: object) -> None:
    secret = folders / "secret.csv"  # type: ignore[operator]  # a Path
    secret.write_bytes(GOOD)
    (folders / "files" / "daily.csv").symlink_to(secret)  # type: ignore[operator]  # a Path
    assert runs.run(factories.feed()).problem == "The file is outside the folder for feed files."


def test_certificate_that_nobody_signed(tls_server: HostileServer) -> None:
    run = runs.run(factories.feed(url=f"{tls_server.url}/daily.csv"))
    assert (run.state, run.problem.startswith("The server's certificate is not valid.")) == ("failed", True)


@pytest.fixture
def tls_server() -> Iterator[HostileServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serving(tls=context) as server:
        yield server


def test_server_that_has_nothing_new_need_not_send_it(server: HostileServer) -> None:
    server.answers["/daily.csv"] = csv(GOOD, 'ETag: "a"', "Last-Modified: Sun, 01 Mar 2020 00:00:00 GMT")
    feed = factories.feed(url=f"{server.url}/daily.csv")
    first = runs.run(feed)
    server.answers["/daily.csv"] = hostile_server.raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")
    second = runs.run(feed)
    assert (second.state, second.status_code, second.unchanged) == ("unchanged", 304, 2)
    assert (second.sha256, second.etag) == (first.sha256, '"a"')
    asked = server.visits[-1]
    assert asked.header("If-None-Match") == '"a"'
    assert asked.header("If-Modified-Since") == "Sun, 01 Mar 2020 00:00:00 GMT"
    third = runs.run(feed)
    assert (third.state, third.unchanged) == ("unchanged", 2)


def test_after_a_change_of_the_feed_the_file_is_asked_for_whole(server: HostileServer) -> None:
    server.answers["/daily.csv"] = csv(GOOD, 'ETag: "a"')
    feed = factories.feed(url=f"{server.url}/daily.csv")
    runs.run(feed)
    feed.multiplier = 2
    feed.save()
    assert runs.run(feed).revised == 2
    assert server.visits[-1].header("If-None-Match") == ""


def test_redirect_on_the_same_host_is_followed(server: HostileServer) -> None:
    server.answers |= {"/old.csv": redirect("/new.csv"), "/new.csv": csv(GOOD)}
    run = runs.run(factories.feed(url=f"{server.url}/old.csv"))
    assert (run.state, run.final_url) == ("published", f"{server.url}/new.csv")


def pages(number_of: Callable[[int], bytes], count: int) -> dict[str, Answer]:
    kind = "application/json"
    return {f"/data?n=1&page={n}": answer(number_of(n), media_type=kind) for n in range(2, count + 1)} | {
        "/data?n=1": answer(number_of(1), media_type=kind)
    }


def test_pages_are_limited_together(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def page(number: int) -> bytes:
        return f'[{{"page":{number},"pages":3,"per_page":"1","total":3}},[]]'.encode() + b" " * 400

    monkeypatch.setattr(download, "MOST_BYTES", 1_000)
    server.answers |= pages(page, 3)
    run = runs.run(factories.feed(url=f"{server.url}/data?n=1", format="world_bank"))
    assert run.problem.startswith("The document is too large.")
    assert server.paths == ["/data?n=1", "/data?n=1&page=2", "/data?n=1&page=3"]


def test_world_bank_answers_in_pages(server: HostileServer) -> None:
    countries = {1: "PER", 2: "ECU", 3: "WLD"}

    def page(number: int) -> bytes:
        record = f'{{"countryiso3code":"{countries[number]}","date":"2020","value":{number}00}}'
        return f'[{{"page":{number},"pages":3,"per_page":"1","total":3}},[{record}]]'.encode()

    server.answers |= pages(page, 3)
    feed = factories.feed(url=f"{server.url}/data?n=1", format="world_bank", leaves_out_unknown=True)
    run = runs.run(feed)
    assert (run.state, run.new, run.skipped, run.problem) == ("published", 2, 1, "")
    assert server.paths == ["/data?n=1", "/data?n=1&page=2", "/data?n=1&page=3"]
    assert runs.run(feed).state == "unchanged"


def test_run_whose_worker_died_is_ended_by_the_next(feed: IndicatorFeed) -> None:
    dead = FeedRun.objects.create(feed=feed, mapping=feed.mapping)
    assert runs.run(feed).state == "unchanged"
    dead.refresh_from_db()
    assert (dead.state, dead.problem) == ("failed", "The worker was stopped during this run.")
