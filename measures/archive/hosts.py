"""Servers are asked politely: one request after the other with a pause, and only what their `robots.txt` allows.

The pause stands in the database, so that any number of workers keep it together.
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
    """The server wants no robots there."""


def host_of(url: str) -> str:
    """The server's name as the table has it, with its port where the address names one."""
    return urlsplit(url).netloc.lower()[:260]


def ensure_host(url: str) -> Host:
    """The server of an address, new ones free to be asked at once."""
    return Host.objects.get_or_create(name=host_of(url), defaults={"free_at": timezone.now()})[0]


def rest(host: Host, *, at: datetime, for_: timedelta) -> None:
    """Have nobody ask the server for a while."""
    Host.objects.filter(pk=host.pk).update(free_at=at + for_)


def needs_robots(host: Host, *, at: datetime) -> bool:
    """Whether `robots.txt` has to be asked for before anything else."""
    return host.robots_at is None or host.robots_at < at - ROBOTS_KEPT


def fetch_robots(url: str, host: Host, *, at: datetime) -> None:
    """Ask the server of `url` what it allows; FetchError where it cannot be asked.

    As RFC 9309 has it: where there is no such file, all is allowed; where the server is at fault, nothing is.
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
    """Forbidden where the rules of the server, as last read, forbid our user agent the address, or cannot be read."""
    try:
        is_allowed = not host.robots or _asked(host, "is_allowed", url=url)
    except confined.Failed:
        is_allowed = False
    if not is_allowed:
        raise Forbidden(url)


def pause_of(host: Host) -> timedelta:
    """How long the server is left alone after a request, whatever its rules may be."""
    try:
        asked = _asked(host, "pause", longest=LONGEST_PAUSE.total_seconds()) if host.robots else 0
    except (confined.Failed, confined.Unavailable):
        asked = LONGEST_PAUSE.total_seconds()
    return max(PAUSE, timedelta(seconds=asked))


def _asked(host: Host, function: str, **arguments: Any) -> Any:
    rules = io.BytesIO(host.robots.encode())
    arguments["agent"] = settings.FETCH_USER_AGENT
    return confined.call("measures.archive.robots", function, rules, bounds=confined.SMALL, **arguments)
