"""What happens at a limit: of how often an address may ask, of the database's time, and of the disk.

How often one address may ask for what costs, which is files, searches, and pages that are not ready: what comes from
the cache, and "not modified", is not counted, since this stands inside of it. Nor is who has signed in. Each process
counts for itself, up to its share of the limit, and forgets after a minute: together they let no more pass, and who
meets the same process each time is stopped earlier. A count in the database would cost each stranger a write.

How long a web request may keep the database at work is part of each connection that the web server opens. Commands and
workers have no such limits; long work that a person starts in the admin lifts them for its transaction
(`foundation/sql.py`).

The disk is watched in one place for all that writes: uploads, captures, downloads that are made on the disk, what comes
in. What was begun in the database is taken back, since the exception ends its transaction.
"""

import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from foundation.publication import PublicPage
from observatory.accounts.sessions import is_signed_in
from observatory.middleware.questions import page_of
from observatory.refusals import BUSY, Link, busy, no_room, refusal
from observatory.visitors import client_network
from observatory.writable_folders import FAULT, is_unwritable

# How often

OF_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
"""Headers for programs: requests a minute, those that are left, and the seconds until the minute is over."""


def rate_limits(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: answer 429 to a client that exceeds a limit."""
    limiter = FixedWindowRateLimiter(MemoryStorage())

    def middleware(request: HttpRequest) -> HttpResponseBase:
        page = page_of(request) if request.method in ("GET", "HEAD") else None  # others are refused, which costs little
        limits = _limits_of(request, page) if page else []
        if page is None or not limits or is_signed_in(request):
            return get_response(request)
        network = client_network(request)

        def left(limit: RateLimitItemPerMinute) -> int:
            return limiter.get_window_stats(limit, network).remaining

        limits.sort(key=left)  # what the first one refuses is not counted by the others
        is_within = all(limiter.hit(limit, network) for limit in limits)
        limit = limits[0]
        stats = limiter.get_window_stats(limit, network)
        seconds = max(ceil(stats.reset_time - time.time()), 1)
        response = get_response(request) if is_within else _refused(request, page, limit, seconds)
        if page.is_open:
            for name, number in zip(OF_LIMITS, (limit.amount, stats.remaining, seconds), strict=True):
                response.headers[name] = str(number)
        return response

    return middleware


def _limits_of(request: HttpRequest, page: PublicPage) -> list[RateLimitItemPerMinute]:
    """The limits for a request: that of its kind of answer, and that of searches if it searches.

    Without a cache every page is rendered anew, and pages are not limited.
    """
    is_search = bool(request.GET.get("q"))
    if page.is_api:
        kind = _share("api", settings.API_PER_MINUTE)
    elif page.is_file:
        kind = _share("files", settings.DOWNLOADS_PER_MINUTE)
    else:
        kind = _share("pages", settings.PAGES_PER_MINUTE if settings.PAGE_CACHE_MB and not is_search else 0)
    searches = _share("searches", settings.SEARCHES_PER_MINUTE) if is_search else None
    return [limit for limit in (kind, searches) if limit]


def _share(what: str, most: int) -> RateLimitItemPerMinute | None:
    """This process's share of a limit."""
    return _per_minute(what, ceil(most / max(1, settings.WEB_WORKERS)))


@cache
def _per_minute(what: str, most: int) -> RateLimitItemPerMinute | None:
    return RateLimitItemPerMinute(most, namespace=what) if most else None


def _refused(request: HttpRequest, page: PublicPage, limit: RateLimitItemPerMinute, seconds: int) -> HttpResponse:
    too_many = _("There were too many requests from your address or network in the last minute.")
    reasons = {
        "files": _("There were too many downloads from your address or network in the last minute."),
        "searches": _("There were too many searches from your address or network in the last minute."),
        "pages": too_many,
        "api": too_many,
    }
    whole = Link(reverse("measures_csv"), _("All entries in one file (CSV)"))
    return refusal(
        request,
        HTTPStatus.TOO_MANY_REQUESTS,
        heading=_("Too many requests"),
        reason=reasons[limit.namespace],
        remedy=ngettext(
            "Wait %(seconds)d second, then try again.", "Wait %(seconds)d seconds, then try again.", seconds
        )
        % {"seconds": seconds},
        link=None if page.is_open else whole,
        retry_after=seconds,
    )


# How long


DATABASE_PATIENCE = 3
"""Seconds that a request waits for an embedded server that is starting, recovering, or without room for a session."""


def limit_time() -> None:
    """Set the limits on every connection that this process opens from now on; for the web server."""
    limits = {
        "statement_timeout": settings.STATEMENT_SECONDS,
        "lock_timeout": settings.LOCK_SECONDS,
        "idle_in_transaction_session_timeout": settings.IDLE_SECONDS,
    }
    ours = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
    for database in connections.settings.values():
        database["PATIENCE"] = DATABASE_PATIENCE
        options = database["OPTIONS"]
        options["options"] = (
            f"{ours} {options.get('options', '')}".strip()
        )  # options in DATABASE_URL come last and take precedence


# What comes of it


def failures(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: answer 507 if something cannot be written, 503 if the database is too slow or unavailable."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        fault = request.META.get(FAULT)
        return no_room(request, fault) if fault else get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if is_unwritable(exception):
            return no_room(request, exception)
        return busy(request, exception) if isinstance(exception, BUSY) else None

    hooked: Any = middleware
    hooked.process_exception = process_exception  # Django calls it for what views raise
    return middleware
