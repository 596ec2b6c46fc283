"""How long a web request may keep the database at work, and what is said to who asked when that was too long.

The limits are part of each connection that the web server opens. Commands and workers have none; long work that a
person starts in the admin lifts them for its transaction (`foundation/sql.py`).
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from observatory.refusals import refusal
from observatory.writable_folders import is_full

logger = logging.getLogger(__name__)

BUSY = (OperationalError, InterfaceError)
"""A limit of time, a lock that others hold, a database that restarts or has no connection left."""
RETRY_AFTER = 10
"""Seconds."""


def limit_time() -> None:
    """Let every connection that this process opens from now on have the limits; for the web server."""
    limits = {
        "statement_timeout": settings.STATEMENT_SECONDS,
        "lock_timeout": settings.LOCK_SECONDS,
        "idle_in_transaction_session_timeout": settings.IDLE_SECONDS,
    }
    ours = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
    for database in connections.settings.values():
        options = database["OPTIONS"]
        options["options"] = (
            f"{ours} {options.get('options', '')}".strip()
        )  # what DATABASE_URL says comes last and wins


def busy_database(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: 503 instead of an error where the database takes too long or is away."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return busy(request, exception) if isinstance(exception, BUSY) and not is_full(exception) else None

    hooked: Any = middleware
    hooked.process_exception = process_exception  # Django calls it for what views raise
    return middleware


def busy(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer while the database is busy; the log gets a line and no traceback."""
    logger.warning("%s %r: %s", request.method, request.path, str(exception).partition("\n")[0])
    if request.method in ("GET", "HEAD"):
        reason = _("The database did not answer in time.")
        remedy = _("Wait some seconds, then load the page anew.")
    else:
        reason = _("The database did not answer in time, so nothing was saved.")
        remedy = _("Go back to the form, where everything that you wrote still stands, and save once more.")
    return refusal(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        heading=_("The site is busy"),
        reason=reason,
        remedy=remedy,
        retry_after=RETRY_AFTER,
    )
