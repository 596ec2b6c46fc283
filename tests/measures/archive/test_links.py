"""Link checks: what is captured, the resulting link state, and when the next check is due."""

import gzip
import hashlib
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from measures.archive import hosts, links
from measures.models import Capture, Host, Link, Source
from tests import factories
from tests.archive_sources import let_time_pass, look, page, source_at
from tests.hostile_server import HostileServer, Visit, answer, raw, redirect, serving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def here(settings: Settings) -> None:
    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    settings.ARCHIVE_BROWSER = "none"
    settings.ARCHIVE_SECONDS = 5


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with serving() as server:
        yield server


def test_page_is_kept_with_its_text_its_warc_and_its_facts(server: HostileServer, archive_dir: Path) -> None:
    source = source_at(server)
    link = look(source)
    capture = Capture.objects.get()
    body = page()
    assert (link.state, link.capture, link.failures, link.problem) == ("alive", capture, 0, "")
    assert (capture.method, capture.url, capture.final_url, capture.http_status) == (
        "fetch",
        source.url,
        source.url,
        200,
    )
    assert (capture.media_type, capture.charset, capture.size) == ("text/html", "utf-8", len(body))
    assert capture.sha256 == hashlib.sha256(body).hexdigest()
    assert (archive_dir / str(capture.file)).read_bytes() == body
    text = capture.document_text
    assert (text.state, text.language, text.pages) == ("read", "es", None)
    assert text.text.startswith("Decreto\n\nDecreto Supremo 044-2020-PCM\n\nQue declara el Estado de Emergencia")
    assert "color" not in text.text
    assert b"WARC-Type: response" in gzip.decompress((archive_dir / str(capture.warc)).read_bytes())


def _pause(link: Link) -> timedelta:
    assert link.checked_at
    return link.due_at - link.checked_at


def test_robots_are_asked_first_and_kept_a_day(server: HostileServer) -> None:
    source = source_at(server)
    look(source)
    look(source)
    assert server.paths == ["/robots.txt", "/decree", "/decree"]
    Host.objects.update(robots_at=timezone.now() - timedelta(days=2))
    look(source)
    assert server.paths[3:] == ["/robots.txt", "/decree"]


def test_what_robots_may_not_see_is_not_asked_and_not_called_gone(server: HostileServer) -> None:
    server.answers["/robots.txt"] = answer(
        b"User-agent: *\nDisallow: /private/\nCrawl-delay: 7", media_type="text/plain"
    )
    source = source_at(server, "/private/decree")
    for _time in range(8):
        link = look(source)
        let_time_pass(days=2)
    assert (link.state, link.problem, link.failures) == ("unknown", "robots", 8)
    assert server.paths.count("/private/decree") == 0
    assert hosts.pause_of(link.host) == timedelta(seconds=7)


def test_robots_of_the_server_that_a_redirect_leads_to_count_too(server: HostileServer) -> None:
    with serving(host="127.0.0.2") as other:
        other.answers["/robots.txt"] = answer(b"User-agent: Observatory\nDisallow: /", media_type="text/plain")
        source = source_at(server)
        server.answers["/decree"] = redirect(f"{other.url}/decree")
        assert look(source).problem == "robots"
        assert other.paths == ["/robots.txt"]


def test_unchanged_page_is_asked_for_with_its_tag_and_kept_once(server: HostileServer) -> None:
    source = source_at(server)
    server.answers["/decree"] = answer(page(), 'ETag: "7"', "Last-Modified: Mon, 16 Mar 2020 00:00:00 GMT")
    look(source)
    server.answers["/decree"] = answer(status="304 Not Modified")
    link = look(source)
    assert server.visits[-1].header("if-none-match") == '"7"'
    assert server.visits[-1].header("if-modified-since") == "Mon, 16 Mar 2020 00:00:00 GMT"
    assert (link.state, link.capture, Capture.objects.count()) == ("alive", Capture.objects.get(), 1)


def test_page_whose_bytes_change_and_words_do_not_is_the_same(server: HostileServer) -> None:
    source = source_at(server)
    look(source)
    server.answers["/decree"] = answer(page() + b"<!-- served at 12:01 -->")
    assert look(source).state == "alive"
    assert Capture.objects.count() == 1


def test_changed_page_is_captured_anew_until_somebody_has_seen_it(server: HostileServer) -> None:
    source = source_at(server)
    first = look(source).capture
    server.answers["/decree"] = answer(page("Rectifíquese."))
    link = look(source)
    assert (link.state, Capture.objects.count()) == ("changed", 2)
    assert link.capture != first
    since = link.since
    assert (look(source).state, look(source).since) == ("changed", since)
    assert links.looked_at(Link.objects.all(), at=timezone.now()) == 1
    assert look(source).state == "alive"
    server.answers["/decree"] = answer(page())
    link = look(source)
    assert (link.state, link.capture, Capture.objects.count()) == ("changed", first, 2)


def test_permanent_redirect_is_a_move_and_a_passing_one_is_not(server: HostileServer) -> None:
    source = source_at(server)
    server.answers["/new"] = server.answers["/decree"]
    server.answers["/decree"] = redirect("/new", status="301 Moved Permanently")
    link = look(source)
    assert (link.state, link.moved_to) == ("moved", f"{server.url}/new")
    server.answers["/decree"] = redirect("/new")
    link = look(source)
    assert (link.state, link.moved_to) == ("alive", "")


@pytest.mark.parametrize("status", ["302 Found", "301 Moved Permanently"])
def test_page_that_leads_to_the_home_page_has_moved_and_its_copy_stays(server: HostileServer, status: str) -> None:
    source = source_at(server, "/decree")
    kept = look(source).capture
    server.answers["/"] = answer(page("Bienvenidos"))
    server.answers["/decree"] = redirect("/", status=status)
    link = look(source)
    assert (link.state, link.moved_to, link.capture) == ("moved", f"{server.url}/", kept)
    assert Capture.objects.count() == 1


def test_home_page_that_is_cited_itself_is_kept(server: HostileServer) -> None:
    link = look(source_at(server, "/"))
    assert (link.state, link.moved_to, Capture.objects.count()) == ("alive", "", 1)


def test_link_is_gone_only_after_several_failures_over_days(server: HostileServer) -> None:
    source = source_at(server)
    look(source)
    server.answers["/decree"] = answer(b"", status="404 Not Found")
    states = []
    for _failure in range(8):
        link = look(source)
        states.append(link.state)
        let_time_pass(seconds=(link.due_at - timezone.now()).total_seconds() + 1)
    assert states == ["alive"] * 6 + ["gone"] * 2
    assert (link.problem, link.failures) == ("http_404", 8)
    assert _pause(link) == timedelta(days=7)
    server.answers["/decree"] = answer(page())
    link = look(source)
    assert (link.state, link.failures, link.problem, link.failing_since) == ("alive", 0, "", None)


def test_machine_without_network_finds_nobody_gone(server: HostileServer) -> None:
    with serving(host="127.0.0.2") as other:
        there = source_at(other)
    source = source_at(server)
    look(source)
    for _failure in range(12):
        link = look(there)
        let_time_pass(days=2)
    assert (link.state, link.problem) == ("unknown", "unreachable")
    look(source)
    assert look(there).state == "gone"


def test_server_says_when_to_come_back(server: HostileServer) -> None:
    source = source_at(server)
    server.answers["/decree"] = answer(b"", "Retry-After: 7200", status="503 Service Unavailable")
    link = look(source)
    assert _pause(link) == timedelta(hours=2)
    assert link.host.free_at == link.due_at - timedelta(hours=1)
    server.answers["/decree"] = answer(b"", "Retry-After: soon", status="503 Service Unavailable")
    link = look(source)
    assert _pause(link) == timedelta(hours=2)  # the second pause of our own


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (answer(b""), "empty"),
        (answer(b"", status="500 Oops"), "http_500"),
        (answer(b"x" * 3_000_000), "too_large"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"), "broken"),
        (redirect("http://user:password@127.0.0.1/"), "bad_address"),
        (redirect("http://10.0.0.1/"), "inside"),
        (redirect("/decree"), "too_many_redirects"),
    ],
)
def test_what_cannot_be_kept_leaves_nothing(
    server: HostileServer, made: Any, problem: str, settings: Settings, archive_dir: Path
) -> None:
    settings.ARCHIVE_BYTES = 1_000_000
    source = source_at(server)
    server.answers["/decree"] = made
    assert look(source).problem == problem
    assert not Capture.objects.exists()
    assert not [path for path in archive_dir.rglob("*") if path.is_file()]


def test_same_content_of_two_sources_is_one_file(server: HostileServer, archive_dir: Path) -> None:
    for path in ("/one", "/two"):
        look(source_at(server, path))
    assert Capture.objects.count() == 2
    assert len({capture.file.name for capture in Capture.objects.all()}) == 1
    assert len([path for path in archive_dir.rglob("*") if path.is_file() and not path.suffix]) == 1


def test_queue_has_each_address_once_and_a_new_one_anew() -> None:
    printed = factories.source(url="")
    source = factories.source()
    now = timezone.now()
    assert links.watch(Source.objects.all(), at=now) == 1
    assert links.watch(Source.objects.all(), at=now) == 0
    Link.objects.update(state="gone", failures=9, failing_since=now, problem="http_404")
    Source.objects.filter(pk=source.pk).update(url="https://gazette.example/new")
    assert links.watch(Source.objects.all(), at=now) == 1
    link = Link.objects.get()
    assert (link.url, link.state, link.failures) == ("https://gazette.example/new", "unknown", 0)
    Source.objects.filter(pk=source.pk).update(url="")
    links.watch(Source.objects.all(), at=now)
    assert not Link.objects.exists()
    assert not hasattr(printed, "link")


def test_claimed_link_is_leased_and_its_server_is_asked_by_nobody_else() -> None:
    now = timezone.now()
    for number in range(3):
        factories.source(url=f"https://one.example/{number}")
    factories.source(url="https://two.example/")
    links.watch(Source.objects.all(), at=now)
    claimed = [links.claim(at=now) for _time in range(3)]
    assert sorted(link.host_id for link in claimed if link) == ["one.example", "two.example"]
    assert links.next_free(at=now) == now + links.LEASE
    assert Link.objects.filter(due_at=now + links.LEASE).count() == 2


def test_server_rests_from_when_it_has_answered(server: HostileServer) -> None:
    def slow(visit: Visit) -> None:
        visit.is_closing.wait(0.5)
        answer(page(), media_type="text/html")(visit)

    server.answers["/decree"] = slow
    source_at(server)
    links.watch(Source.objects.all(), at=timezone.now())
    for _visit in ("robots.txt", "the decree"):
        Link.objects.update(due_at=timezone.now())
        Host.objects.update(free_at=timezone.now())
        link = links.claim(at=timezone.now())
        assert link
        asked = timezone.now()
        links.visit(link)
    assert Host.objects.get().free_at >= asked + timedelta(seconds=0.5) + hosts.PAUSE


@pytest.mark.owner
def test_claim_reads_no_more_for_a_thousand_links_of_a_server_that_rests() -> None:
    now = timezone.now()
    sources = [Source(key=f"s{n}", url=f"https://large.example/{n}", title="Gazette") for n in range(1_000)]
    sources += [Source(key=f"t{n}", url=f"https://s{n}.example/", title="Page") for n in range(20)]
    Source.objects.bulk_create(sources)
    links.watch(Source.objects.all(), at=now)
    with connection.cursor() as cursor:
        cursor.execute("analyze measures_link, measures_host")
    Host.objects.filter(name="large.example").update(free_at=now + timedelta(hours=1))
    with CaptureQueriesContext(connection) as captured:
        link = links.claim(at=now)
    assert link
    assert link.host_id != "large.example"
    queries = [query["sql"] for query in captured.captured_queries if query["sql"].startswith("SELECT")]
    assert len(queries) == 2
    assert max(map(_rows_read, queries)) <= 25
    with CaptureQueriesContext(connection) as captured:
        assert links.next_free(at=now) == now
    assert _rows_read(captured.captured_queries[0]["sql"]) <= 25


def _rows_read(sql: str) -> float:
    """The most rows that a step of a query reads, including discarded ones."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, format json) {sql}")
        return _most_rows(cursor.fetchone()[0][0]["Plan"])


def _most_rows(node: dict[str, Any]) -> float:
    thrown_away = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
    own: float = (node["Actual Rows"] + thrown_away) * node["Actual Loops"]
    return max([own, *map(_most_rows, node.get("Plans", ()))])


def test_lease_is_no_news_to_the_public() -> None:
    factories.measure(sources=(factories.source(),))
    links.watch(Source.objects.all(), at=timezone.now())
    noted = _changes_noted()
    assert links.claim(at=timezone.now())
    assert _changes_noted() == noted
    Link.objects.update(checked_at=timezone.now())
    assert _changes_noted() == noted + 1


def _changes_noted() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from foundation_publicchange")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_servers_are_asked_at_once_and_each_one_politely(
    monkeypatch: pytest.MonkeyPatch, server: HostileServer
) -> None:
    monkeypatch.setattr(hosts, "PAUSE", timedelta(seconds=1))
    with serving(host="127.0.0.2") as other:
        sources = [source_at(site, f"/{number}") for site in (server, other) for number in range(3)]
        links.watch(Source.objects.all(), at=timezone.now())
        links.visit_due(seconds=90)
        for site in (server, other):
            assert site.paths[0] == "/robots.txt"
            assert sorted(set(site.paths[1:]) - {"/robots.txt"}) == ["/0", "/1", "/2"]
            pauses = [after - before for before, after in zip(site.times, site.times[1:], strict=False)]
            assert min(pauses) >= 1
        assert other.times[0] < server.times[-1]
        assert server.times[0] < other.times[-1]
    assert Capture.objects.count() == len(sources)


def test_nothing_is_asked_when_nothing_is_due() -> None:
    factories.source()
    links.watch(Source.objects.all(), at=timezone.now() + timedelta(days=1))
    began = time.monotonic()
    assert links.visit_due(seconds=30) == 0
    assert time.monotonic() - began < 2
