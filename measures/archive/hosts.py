"""Polite crawling: requests to a server are sequential, with a pause, and respect its `robots.txt`.

The pause is stored in the database, so that any number of workers share it.
"""

import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from foundation import confined
from foundation.web.fetching import FetchError, Limits, fetch
from measures.models import Host

PAUSE = timedelta(seconds=3)
"""Between two requests to one server, unless its `robots.txt` asks for more."""
LONGEST_PAUSE = timedelta(minutes=1)
ROBOTS_KEPT = timedelta(days=1)
ROBOTS_LIMITS = Limits(seconds=20, received=500_000, unpacked=500_000)
"""RFC 9309 has crawlers read at least 500 KiB."""
ALL_FORBIDDEN = "User-agent: *\nDisallow: /\n"


class Forbidden(Exception):
    """The server's `robots.txt` forbids the request."""


def host_of(url: str) -> str:
    """The host name as stored in the table, with the port if the URL has one."""
    return urlsplit(url).netloc.lower()[:260]


def ensure_host(url: str) -> Host:
    """Return the host of a URL, created if necessary and then free to be requested at once."""
    return Host.objects.get_or_create(name=host_of(url), defaults={"free_at": timezone.now()})[0]


def rest(host: Host, *, at: datetime, for_: timedelta) -> None:
    """Block requests to the server for a while."""
    Host.objects.filter(pk=host.pk).update(free_at=at + for_)


def needs_robots(host: Host, *, at: datetime) -> bool:
    """Whether `robots.txt` must be fetched first."""
    return host.robots_at is None or host.robots_at < at - ROBOTS_KEPT


def fetch_robots(url: str, host: Host, *, at: datetime) -> None:
    """Fetch the `robots.txt` of the server of `url`; raise FetchError if that fails.

    According to RFC 9309, everything is allowed if there is no such file, and nothing if the server fails.
    """
    parts = urlsplit(url)
    into = io.BytesIO()
    try:
        fetched = fetch(f"{parts.scheme}://{parts.netloc}/robots.txt", into, limits=ROBOTS_LIMITS)
    except FetchError as error:
        if error.reason.is_transient:
            raise
        host.robots = ""
    else:
        host.robots = _rules(fetched.status, into.getvalue())
    host.robots_at = at
    host.save(update_fields=["robots", "robots_at"])


def _rules(status: int, body: bytes) -> str:
    if status >= 500 or status == 429:
        return ALL_FORBIDDEN
    return body.decode("utf-8", "replace").replace("\0", "") if status < 300 else ""


def check_allowed(url: str, host: Host) -> None:
    """Raise Forbidden if the rules last read from the server forbid our user agent the URL, or cannot be parsed."""
    try:
        is_allowed = not host.robots or _asked(host, "is_allowed", url=url)
    except confined.Failed:
        is_allowed = False
    if not is_allowed:
        raise Forbidden(url)


def pause_of(host: Host) -> timedelta:
    """The pause after a request to the server; a longer one in its rules is respected up to a limit."""
    try:
        asked = _asked(host, "pause", longest=LONGEST_PAUSE.total_seconds()) if host.robots else 0
    except (confined.Failed, confined.Unavailable):
        asked = LONGEST_PAUSE.total_seconds()
    return max(PAUSE, timedelta(seconds=asked))


def _asked(host: Host, function: str, **arguments: Any) -> Any:
    rules = io.BytesIO(host.robots.encode())
    arguments["agent"] = settings.FETCH_USER_AGENT
    return confined.call("measures.archive.robots", function, rules, bounds=confined.SMALL, **arguments)
