"""What is said to who asks for too much or too often, and while the database is busy or the disk full.

Plain, small, made of no data.
"""

import logging
from http import HTTPStatus
from typing import NamedTuple

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils.translation import gettext as _

from countries.models.site import last_known_site
from foundation.disks import is_full
from observatory.writable_folders import words_for_log

logger = logging.getLogger(__name__)

PLAIN = "text/plain; charset=utf-8"
API, PROBLEM = "/api/", "application/problem+json"
"""The path of the read API, and the media type of its errors (RFC 9457)."""
NO_PAGES = (".csv", ".xlsx", ".ods", ".json", ".parquet", ".atom", ".ics", ".xml", ".svg")
"""File extensions of paths that programs request."""
BUSY = (OperationalError, InterfaceError)
"""A time limit, a lock that others hold, or a database that is restarting or has no free connection."""
RETRY_AFTER = 10
"""Seconds, while the database is busy."""


class Link(NamedTuple):
    """A link to an alternative, and its text."""

    url: str
    words: str


def refusal(
    request: HttpRequest,
    status: HTTPStatus,
    *,
    heading: str,
    reason: str,
    remedy: str,
    link: Link | None = None,
    retry_after: int | None = None,
) -> HttpResponse:
    """A page, plain text for the path of a file, or JSON for that of the API; `retry_after` in seconds.

    The response may not be cached.
    """
    response: HttpResponse
    if request.path_info.startswith(API):
        problem = {"title": heading, "status": int(status), "detail": f"{reason} {remedy}"}
        response = JsonResponse(problem, status=status, content_type=PROBLEM)
    elif request.path_info.endswith(NO_PAGES):
        response = HttpResponse(f"{reason}\n{remedy}\n", content_type=PLAIN, status=status)
    else:
        words = {"heading": heading, "reason": reason, "remedy": remedy, "link": link}
        context = {**words, "observatory": last_known_site().site}
        response = HttpResponse(get_template("refused.html").render(context), status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
        response.headers["Cache-Control"] = "no-store"
    return response


def busy(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer while the database is busy; the log gets a line and no traceback."""
    logger.warning("%s %r: %s", request.method, request.path, str(exception).partition("\n")[0])
    if request.method in ("GET", "HEAD"):
        reason = _("The database did not answer in time.")
        remedy = _("Wait a few seconds, then reload the page.")
    else:
        reason = _("The database did not answer in time, so nothing was saved.")
        remedy = _("Go back to the form, which still has what you wrote, and save again.")
    return refusal(
        request,
        HTTPStatus.SERVICE_UNAVAILABLE,
        heading=_("The site is busy"),
        reason=reason,
        remedy=remedy,
        retry_after=RETRY_AFTER,
    )


def no_room(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The response; the log names the folder and has no traceback."""
    logger.error("%s %r: %s", request.method, request.path, words_for_log(error))
    is_read = request.method in ("GET", "HEAD")
    remedy = _("The operator of this site must first free disk space or allow writing there. Please tell them.")
    if not is_read:
        remedy += " " + _("Go back to the form, which still has what you wrote, and save it again afterwards.")
    heading, reason = _("The server cannot save files"), _reason(is_full=is_full(error), is_read=is_read)
    response = refusal(request, HTTPStatus.INSUFFICIENT_STORAGE, heading=heading, reason=reason, remedy=remedy)
    response.headers["Cache-Control"] = "no-store"
    return response


def _reason(*, is_full: bool, is_read: bool) -> str:
    if is_read:
        if is_full:
            return _("Its disk is full, so the file could not be made.")
        return _("One of its folders cannot be written to, so the file could not be made.")
    if is_full:
        return _("Its disk is full, so nothing was saved.")
    return _("One of its folders cannot be written to, so nothing was saved.")
