"""The link checker: which URLs are due, the result of each request, and what that says about the link.

The table of links is the queue: claiming a link moves its due date ahead by a lease, so nothing is lost if a worker
dies, and before a server is requested the time of the next permitted request is stored. Any number of workers can run
at the same time.
"""

import logging
import math
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.web.fetching import Fetched, FetchError, Limits, Reason, fetch
from foundation.workers import IsStopping, never
from measures.archive import hosts, keeping, quotes
from measures.archive.choices import LinkState, TextState
from measures.models import Capture, Host, Link, Source

logger = logging.getLogger(__name__)

AT_ONCE = 16
"""Number of URLs that one worker requests concurrently, each on a different server."""
LEASE = timedelta(minutes=15)
"""After this a link whose worker died is taken up again."""
EVERY = timedelta(days=14)
"""Interval between checks of a working link."""
RETRIES = (
    timedelta(minutes=15),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=1),
    timedelta(days=1),
    timedelta(days=7),
)
"""Delay after each consecutive failure; the last one repeats."""
FAILURES_OF_GONE = 4
DAYS_OF_GONE = timedelta(days=3)
"""A link counts as broken after that many consecutive failures over at least this time: one bad day is not enough."""
LONGEST_REST = timedelta(hours=1)
LONGEST_RETRY_AFTER = timedelta(days=7)
LONGEST_DATE = 100
"""Maximum number of characters of a header with a date or number."""
SIGNS_OF_END = {"http_404", "http_410", "http_400", "http_500", "http_502", "http_503", "http_504", *Reason.values} - {
    Reason.TOO_LARGE,
    Reason.INSIDE,
    Reason.BAD_ADDRESS,
}
"""Problems that mean a broken link. A server that forbids robots, or a document that is too large, still exists."""
OF_OUR_NETWORK = (Reason.NO_SUCH_HOST, Reason.UNREACHABLE, Reason.TIMED_OUT)
"""Problems that look the same if this machine itself has no network."""
REST_OF_SILENT = timedelta(minutes=1)
"""How long a server that did not respond at all is left alone."""
ANYTHING = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8"


def problem_in_words(problem: str) -> str:
    """A link's problem in words."""
    if problem in Reason.values:
        return str(Reason(problem).label)
    if problem == "robots":
        return _("The server does not allow programs to read it.")
    if problem == "empty":
        return _("The server sent an empty page.")
    return _("The server responded with %(status)s.") % {"status": problem.removeprefix("http_")}


# The queue


def watch(sources: QuerySet[Source], *, at: datetime, due_at: datetime | None = None) -> int:
    """Queue every source with a URL, again if the URL has changed; return how many are newly queued.

    They are checked at once, or `due_at`.
    """
    missing = sources.exclude(url="").filter(Q(link=None) | ~Q(link__url=F("url")))
    waiting = list(missing.values_list("pk", "url"))
    known = {host.name: host for host in Host.objects.filter(pk__in={hosts.host_of(url) for _pk, url in waiting})}
    new = {name: Host(name=name, free_at=at) for _pk, url in waiting if (name := hosts.host_of(url)) not in known}
    with transaction.atomic():
        Link.objects.filter(source__in=sources, source__url="").delete()
        Host.objects.bulk_create(new.values(), ignore_conflicts=True)
        Link.objects.filter(source__in=[pk for pk, _url in waiting]).delete()
        Link.objects.bulk_create(
            [Link(source_id=pk, host_id=hosts.host_of(url), url=url, due_at=due_at or at) for pk, url in waiting],
            ignore_conflicts=True,
        )
    return len(waiting)


def check_now(sources: QuerySet[Source], *, at: datetime) -> int:
    """Check these sources next; return how many."""
    watch(sources, at=at)
    return Link.objects.filter(source__in=sources).update(due_at=at)


def looked_at(links: QuerySet[Link], *, at: datetime) -> int:
    """Record that a person has reviewed the changes."""
    return links.filter(state=LinkState.CHANGED).update(state=LinkState.ALIVE, since=at)


def claim(*, at: datetime) -> Link | None:
    """Claim a due link on the server that has rested longest; None if no server may be requested now.

    The row of the server is locked first, so no two workers request from the same server. The cost grows with the
    number of servers, not with that of their links: most URLs of a collection may belong to a single gazette.
    """
    with transaction.atomic():
        host = _hosts_in_turn(at=at).filter(free_at__lte=at).select_for_update(skip_locked=True).first()
        link = _first_due(host, at=at) if host else None
        if link:
            Link.objects.filter(pk=link.pk).update(due_at=at + LEASE)
            hosts.rest(link.host, at=at, for_=LEASE)  # until it has responded; then its regular pause applies
    return link


def next_free(*, at: datetime) -> datetime | None:
    """When the first server with a due link may be requested; None if no link is due."""
    return _hosts_in_turn(at=at).values_list("free_at", flat=True).first()


def _hosts_in_turn(*, at: datetime) -> QuerySet[Host]:
    """The servers with a due link; the one that has rested longest comes first.

    A subquery instead of a join, so that PostgreSQL stops at the first due link of each server.
    """
    due = Link.objects.filter(host=OuterRef("pk"), due_at__lte=at).order_by("due_at")
    return Host.objects.alias(due=Subquery(due.values("due_at")[:1])).exclude(due=None).order_by("free_at")


def _first_due(host: Host, *, at: datetime) -> Link | None:
    due = Link.objects.select_related("source", "host").filter(host=host, due_at__lte=at)
    return due.order_by("due_at").select_for_update(skip_locked=True, of=("self",)).first()


def visit_due(*, seconds: float, is_stopping: IsStopping = never) -> int:
    """Check due links, several servers at a time, for about that many seconds at most; return how many were checked.

    Stops earlier if nothing is due or `is_stopping` says so. A server that rests longer than the time left is left to
    the next run.
    """
    until = time.monotonic() + seconds
    asked, running = 0, set[Future[None]]()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while time.monotonic() < until and not is_stopping():
            if len(running) >= AT_ONCE:
                running = wait(running, timeout=1, return_when="FIRST_COMPLETED").not_done
                continue
            if link := claim(at=timezone.now()):
                running.add(pool.submit(_visit_and_let_go, link))
                asked += 1
                continue
            running = {future for future in running if not future.done()}
            if not _wait_for_free(until, running):
                break
    return asked


def _wait_for_free(until: float, running: set[Future[None]]) -> bool:
    """Wait briefly, or until a visit ends; return False if there is nothing to wait for."""
    now = timezone.now()
    free, left = next_free(at=now), until - time.monotonic()
    pause = (free - now).total_seconds() if free else math.inf
    if pause > left and not running:
        return False
    moment = max(min(pause, left, 0.5), 0.05)
    if running:
        wait(running, timeout=moment, return_when="FIRST_COMPLETED")
    else:
        time.sleep(moment)
    return True


def _visit_and_let_go(link: Link) -> None:
    """Visit a link in a thread, which has its own database connection.

    An error with one URL does not stop the others; it is tried again after its lease.
    """
    try:
        visit(link)
    except Exception:
        logger.exception("Visit of %s", link.url)
    finally:
        connection.close()


# One visit


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a URL was not read, and the server's Retry-After, if any."""

    problem: str
    again_after: timedelta | None = None


def visit(link: Link) -> None:
    """Request a claimed link's URL, store new content, and record the result."""
    now = timezone.now()
    if hosts.needs_robots(link.host, at=now):
        try:
            with _followed_by_pause(link.host):
                hosts.fetch_robots(link.url, link.host, at=now)
        except FetchError as error:
            _failed(link, Failure(error.reason))
        else:
            Link.objects.filter(pk=link.pk).update(due_at=timezone.now())
        return
    with TemporaryFile() as body, TemporaryFile() as transfer:
        try:
            with _followed_by_pause(link.host):
                fetched = _fetch(link, body, transfer)
        except hosts.Forbidden:
            _failed(link, Failure("robots"))
        except FetchError as error:
            _failed(link, Failure(error.reason))
        else:
            _answered(link, fetched, body, transfer)


@contextmanager
def _followed_by_pause(host: Host) -> Iterator[None]:
    """Let the server rest after the block, whatever happens in it and however long it takes."""
    try:
        yield
    finally:
        hosts.rest(host, at=timezone.now(), for_=hosts.pause_of(host))


def _fetch(link: Link, body: BinaryIO, transfer: BinaryIO) -> Fetched:
    headers = [("Accept", ANYTHING)]
    if link.capture_id and link.etag:
        headers.append(("If-None-Match", link.etag))
    if link.capture_id and link.last_modified:
        headers.append(("If-Modified-Since", link.last_modified))
    limits = Limits(
        seconds=settings.ARCHIVE_SECONDS, received=settings.ARCHIVE_BYTES, unpacked=2 * settings.ARCHIVE_BYTES
    )
    return fetch(link.url, body, headers=tuple(headers), limits=limits, transfer=transfer, before=_check_robots)


def _check_robots(url: str) -> None:
    """Check robots rules before each URL on the way, including redirects to other servers."""
    if urlsplit(url).scheme in ("http", "https"):
        host = hosts.ensure_host(url)
        if hosts.needs_robots(host, at=timezone.now()):
            hosts.fetch_robots(url, host, at=timezone.now())
        hosts.check_allowed(url, host)


def _answered(link: Link, fetched: Fetched, body: BinaryIO, transfer: BinaryIO) -> None:
    now = timezone.now()
    if fetched.status == 304 and link.capture_id:
        _works(link, fetched, link.capture, is_changed=False, at=now)
    elif not 200 <= fetched.status < 300:
        _failed(link, Failure(f"http_{fetched.status}", _retry_after(fetched, now)))
    elif not fetched.size:
        _failed(link, Failure("empty"))
    elif _leads_home(link, fetched):
        _works(link, fetched, link.capture, is_changed=False, at=now)
    else:
        _compare(link, fetched, body, transfer, now)


def _compare(link: Link, fetched: Fetched, body: BinaryIO, transfer: BinaryIO, now: datetime) -> None:
    """Store new content. A page with the same text counts as unchanged, since many contain the time of day."""
    before = link.capture
    if before and before.sha256 == fetched.sha256:
        _works(link, fetched, before, is_changed=False, at=now)
        return
    found = keeping.document(fetched, body)
    if before and _reads_alike(before, found):
        _works(link, fetched, before, is_changed=False, at=now)
        return
    capture = keeping.keep_fetched(link.source, found, body, transfer, at=now)
    _works(link, fetched, capture, is_changed=before is not None, at=now)
    quotes.check(quotes.quoting(link.source_id), at=timezone.now())


def _reads_alike(before: Capture, found: keeping.Document) -> bool:
    text = getattr(before, "document_text", None)
    if text is None or text.state != TextState.READ or before.media_type != found.media_type:
        return False
    return quotes.read_alike(text.text, found.reading.text)


def _works(link: Link, fetched: Fetched, capture: Capture | None, *, is_changed: bool, at: datetime) -> None:
    moved_to = fetched.url if _leads_home(link, fetched) else fetched.moved_to
    moved_to = "" if _is_same_place(moved_to, link.url) else moved_to
    state = LinkState.ALIVE
    if moved_to:
        state = LinkState.MOVED
    elif is_changed or link.state == LinkState.CHANGED:  # until a person has seen it
        state = LinkState.CHANGED
    is_same = link.state == state and not is_changed
    _note(
        link,
        state=state,
        since=link.since if is_same else at,
        checked_at=at,
        answered_at=at,
        due_at=at + EVERY + timedelta(minutes=link.pk % 1440),  # spread out
        failing_since=None,
        failures=0,
        problem="",
        moved_to=moved_to,
        capture=capture,
        etag=_printable(fetched.header("ETag"), 500),
        last_modified=_printable(fetched.header("Last-Modified"), 100),
    )


def _failed(link: Link, failure: Failure) -> None:
    now = timezone.now()
    failures, since = link.failures + 1, link.failing_since or now
    pause = max(RETRIES[min(failures, len(RETRIES)) - 1], failure.again_after or timedelta())
    is_gone = link.state != LinkState.BROKEN and _is_gone(link, failure.problem, failures, now - since)
    _note(
        link,
        **({"state": LinkState.BROKEN, "since": now} if is_gone else {}),
        checked_at=now,
        due_at=now + pause,
        failing_since=since,
        failures=min(failures, 1000),
        problem=failure.problem,
    )
    if failure.problem in OF_OUR_NETWORK or failure.again_after:
        hosts.rest(link.host, at=now, for_=min(failure.again_after or REST_OF_SILENT, LONGEST_REST))


def _note(link: Link, **facts: Any) -> None:
    """Record the result, unless the URL of the source has changed."""
    Link.objects.filter(pk=link.pk, url=link.url).update(**facts)


def _is_gone(link: Link, problem: str, failures: int, lasting: timedelta) -> bool:
    if problem not in SIGNS_OF_END or failures < FAILURES_OF_GONE or lasting < DAYS_OF_GONE:
        return False
    return problem not in OF_OUR_NETWORK or _has_network(link)


def _has_network(link: Link) -> bool:
    """Whether another server has responded since this one began to fail; if not, our own network may be down."""
    others = Link.objects.exclude(host=link.host)
    return not others.exists() or others.filter(answered_at__gte=link.failing_since).exists()


def _retry_after(fetched: Fetched, now: datetime) -> timedelta | None:
    """The Retry-After header as a delay, from seconds or a date; zero if it is invalid."""
    stated = fetched.header("Retry-After").strip()[:LONGEST_DATE]
    if not stated:
        return None
    pause = timedelta()
    with suppress(ValueError, OverflowError, TypeError):  # TypeError: a date of an unknown zone, `-0000`
        pause = timedelta(seconds=int(stated)) if stated.isdecimal() else parsedate_to_datetime(stated) - now
    return min(max(pause, timedelta()), LONGEST_RETRY_AFTER)


def _leads_home(link: Link, fetched: Fetched) -> bool:
    """Whether the URL of a page redirected to a home page: the page is gone, although no status says so."""
    return _is_home(fetched.url) and not _is_home(link.url)


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _is_same_place(one: str, other: str) -> bool:
    """Whether two URLs differ only in scheme, `www.` and a trailing slash."""
    return _place(one) == _place(other)


def _place(url: str) -> str:
    return url.partition("#")[0].partition("://")[2].lower().removeprefix("www.").rstrip("/")


def _printable(text: str, longest: int) -> str:
    """A header to be sent back unchanged, or '' if that is impossible."""
    return text if len(text) <= longest and text.isascii() and text.isprintable() else ""
