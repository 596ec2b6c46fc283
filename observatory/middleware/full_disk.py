"""What is said where the disk of the server is full or a folder of ours cannot be written to.

One place for all that writes: uploads, captures, downloads that are made on the disk, what comes in. What was begun in
the database is taken back, since the exception ends its transaction.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from observatory.refusals import refusal
from observatory.writable_folders import FAULT, is_full, is_unwritable, words_for_log

logger = logging.getLogger(__name__)


def full_disk(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: 507 instead of an error where something cannot be written."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        fault = request.META.get(FAULT)
        return no_room(request, fault) if fault else get_response(request)

    def process_exception(request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return no_room(request, exception) if is_unwritable(exception) else None

    hooked: Any = middleware
    hooked.process_exception = process_exception  # Django calls it for what views raise
    return middleware


def no_room(request: HttpRequest, error: BaseException) -> HttpResponse:
    """The answer, whose log names the folder and holds no traceback."""
    logger.error("%s %r: %s", request.method, request.path, words_for_log(error))
    is_read = request.method in ("GET", "HEAD")
    remedy = _("Whoever runs this site has to make room first, or to let it write there: tell them.")
    if not is_read:
        remedy += " " + _("Go back to the form: what you wrote still stands there. Save it once more then.")
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
