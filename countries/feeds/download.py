"""Download the file of a feed, through `foundation.web.fetching` or from the local folder of files.

The pages of a paginated response are concatenated into one file.
"""

import errno
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from countries.feeds.problems import FeedProblem
from countries.feeds.reading import MOST_JSON, at, pages_path_of
from countries.models import FeedFormat, FeedRun, IndicatorFeed
from foundation.disks import is_full
from foundation.web.fetching import Fetched, FetchError, Limits, Reason, fetch

MOST_BYTES = 500_000_000
"""Of a body as it comes, of all its pages together, and of a file; the largest open series of the world's countries are
a tenth of that."""
SECONDS = 300
"""Timeout for the whole download, so that a server that trickles bytes does not block a worker."""
TRYING_SECONDS = 40
"""Timeout while a user waits for the page."""
MOST_PAGES = 200
UNFINISHED = "fetching-"
"""The beginning of the name of a file that is being downloaded."""


@dataclass(frozen=True, slots=True)
class Body:
    """The downloaded file, deleted when the block ends; `is_unchanged`: the server answered 304, without a body."""

    path: Path
    status_code: int | None = None
    final_url: str = ""
    bytes: int = 0
    sha256: str = ""
    etag: str = ""
    last_modified: str = ""
    is_unchanged: bool = False


@contextmanager
def fetched(feed: IndicatorFeed, known: FeedRun | None = None, *, seconds: float | None = None) -> Iterator[Body]:
    """Download the file of the feed, with a conditional request if `known` had it. Raise FeedProblem."""
    seconds = seconds or SECONDS
    settings.FEEDS_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=settings.FEEDS_DIR, prefix=UNFINISHED) as file:
        if feed.url.startswith("file:"):
            body = _copied(feed.url.removeprefix("file:"), file)
        elif feed.format in (FeedFormat.JSON, FeedFormat.WORLD_BANK) and pages_path_of(feed):
            body = _pages(feed, file, seconds)
        else:
            body = _asked(feed.url, file, seconds, _conditions(known))
        file.flush()
        yield body


# From the local folder


def _copied(place: str, into: IO[bytes]) -> Body:
    """Copy a file from below FEED_FILES_DIR; a symbolic link must not lead outside."""
    folder = settings.FEED_FILES_DIR
    path = (folder / place).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise FeedProblem(
            _("The file is outside the folder for feed files."),
            _("Only files in the folder set by FEED_FILES_DIR can be read."),
        )
    try:
        if path.exists() and not path.is_file():  # reading a pipe could block forever
            raise OSError(errno.EINVAL, _("it is not a file"))
        if path.stat().st_size > MOST_BYTES:
            raise FeedProblem(str(Reason.TOO_LARGE.label), _remedy(Reason.TOO_LARGE))
        with path.open("rb") as file:
            shutil.copyfileobj(file, into)
    except OSError as error:
        if is_full(error):
            raise
        raise FeedProblem(
            _("The file %(place)s cannot be read: %(error)s.") % {"place": place, "error": error.strerror},
            _("The file must be in the folder set by FEED_FILES_DIR."),
            is_transient=True,
        ) from error
    into.flush()
    size = path.stat().st_size
    return Body(Path(into.name), bytes=size, sha256=_digest(Path(into.name)), final_url=f"file:{place}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# From the web


def _conditions(known: FeedRun | None) -> tuple[tuple[str, str], ...]:
    """The headers of a conditional request, so that the server need not send an unchanged file again."""
    pairs = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified)) if known else ()
    return tuple((name, value) for name, value in pairs if value)


def _asked(
    url: str,
    into: IO[bytes],
    seconds: float,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    most: int | None = None,
) -> Body:
    host = urlsplit(url).hostname

    def same_host(target: str) -> None:
        found = urlsplit(target).hostname or ""
        if found.removeprefix("www.") != (host or "").removeprefix("www."):
            raise FeedProblem(
                _("The address now redirects to another one: %(url)s") % {"url": target[:300]},
                _("If the data have moved there, enter that address in the feed."),
            )

    most = MOST_BYTES if most is None else most
    limits = Limits(seconds=seconds, received=most, unpacked=most)
    try:
        answer = fetch(url, into, limits=limits, headers=headers, before=same_host)
    except FetchError as error:
        raise FeedProblem(
            f"{error} ({error.detail[:200]})" if error.detail else str(error),
            _remedy(error.reason),
            is_transient=error.reason.is_transient,
        ) from error
    into.flush()
    _refuse_status(answer)
    return Body(
        path=Path(into.name),
        status_code=answer.status,
        final_url=answer.url[:2000],
        bytes=answer.size,
        sha256=answer.sha256,
        etag=answer.header("ETag")[:300],
        last_modified=answer.header("Last-Modified")[:100],
        is_unchanged=answer.status == HTTPStatus.NOT_MODIFIED,
    )


def _remedy(reason: Reason) -> str:
    if reason.is_transient:
        return _("The feed will be tried again automatically. If the error persists, open the address in a browser.")
    if reason == Reason.INSIDE:
        return _("Feeds can read public addresses only. The operator of this installation can allow a private network.")
    if reason == Reason.TOO_LARGE:
        return _("Request less data from the source: fewer series or years.")
    return _("Check the address in a browser, then copy it into the feed.")


class StatusProblem(FeedProblem):
    """The server answered, and not with the file."""

    def __init__(self, status: int, problem: str, remedy: str, *, is_transient: bool) -> None:
        super().__init__(problem, remedy, is_transient=is_transient)
        self.status = status


def _refuse_status(answer: Fetched) -> None:
    status = answer.status
    if status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
        return
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        remedy = _("The file has moved or no longer exists. Find its new address and enter it in the feed.")
    elif status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        remedy = _("The server requires a key or blocks programs. Ask the source for an open address.")
    else:
        remedy = _("The feed will be tried again automatically. If the error persists, open the address in a browser.")
    is_transient = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    problem = _("The server responded with %(status)d instead of the file.") % {"status": status}
    raise StatusProblem(status, problem, remedy, is_transient=is_transient)


def _pages(feed: IndicatorFeed, into: IO[bytes], seconds: float) -> Body:
    """Download all pages into one file; the first page says how many there are."""
    number, last, body, size = 1, 1, None, 0
    end = time.monotonic() + seconds
    while number <= last:
        with tempfile.NamedTemporaryFile(dir=settings.FEEDS_DIR, prefix=UNFINISHED) as page:
            url = feed.url if number == 1 else _with_page(feed.url, number)
            answer = _asked(url, page, max(end - time.monotonic(), 1), most=MOST_BYTES - size)
            body, size = body or answer, size + answer.bytes
            if number == 1:
                last = _number_of_pages(answer.path, feed)
            with answer.path.open("rb") as file:
                shutil.copyfileobj(file, into)
            into.write(b"\n")
        number += 1
    into.flush()
    assert body is not None
    path = Path(into.name)
    return replace(body, path=path, bytes=size, sha256=_digest(path), etag="", last_modified="")


def _number_of_pages(path: Path, feed: IndicatorFeed) -> int:
    if path.stat().st_size > MOST_JSON:
        return 1
    try:
        told = int(at(json.loads(path.read_bytes()), pages_path_of(feed)) or 1)
    except (ValueError, TypeError, OverflowError, RecursionError):  # the parser reports the problem better
        return 1
    if told > MOST_PAGES:
        raise FeedProblem(
            _("The data have %(pages)d pages.") % {"pages": told},
            _("Request more records per page (often per_page or limit); at most %(most)d pages are read.")
            % {"most": MOST_PAGES},
        )
    return told


def _with_page(url: str, number: int) -> str:
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "page"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("page", number)])))
