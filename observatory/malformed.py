"""Requests that no browser sends: PostgreSQL keeps no NUL, and no address, form or cookie of ours has one.

They are answered 400 here, for all views and forms at once, before the session or a view asks the database.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, UnreadablePostError

HEADERS = ("CONTENT_TYPE", "REMOTE_ADDR")
"""Headers whose names in the environment do not begin with `HTTP_`."""


class RefuseMalformed:
    """Middleware: a path, query string, header, cookie or form with a NUL in it is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _refuse_nul(_before_the_body(request))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        """The form is read here, once the address is known to lead to a view."""
        try:
            names_and_values = request.POST.lists()
        except UnreadablePostError:
            return  # the visitor has gone
        _refuse_nul(text for name, values in names_and_values for text in (name, *values))


def _before_the_body(request: HttpRequest) -> Iterable[str]:
    yield request.path_info
    for name, value in request.META.items():
        if isinstance(value, str) and (name.startswith("HTTP_") or name in HEADERS):
            yield value
    for name, values in request.GET.lists():
        yield from (name, *values)
    yield from request.COOKIES.values()


def _refuse_nul(texts: Iterable[str]) -> None:
    if any("\0" in text for text in texts):
        raise BadRequest("The request holds a NUL character, which no text has.")
