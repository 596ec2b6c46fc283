"""Requests that no browser sends are answered 400, for all views and forms at once.

PostgreSQL keeps no NUL, and no address, form or cookie of ours has one; this is looked at before the session or a view
asks the database. The lists of the admin, the stock ones too, ask it for any text as the key of a selected record.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase, UnreadablePostError

from foundation.keys import key_of

HEADERS = ("CONTENT_TYPE", "REMOTE_ADDR")
"""Headers whose names in the environment do not begin with `HTTP_`."""


class RefuseMalformed:
    """Middleware: a path, query string, header, cookie or form with a NUL in it is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _refuse_nul(_before_the_body(request))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> None:
        """The form is read here, once the address is known to lead to a view."""
        try:
            names_and_values = request.POST.lists()
        except UnreadablePostError:
            return  # the visitor has gone
        _refuse_nul(text for name, values in names_and_values for text in (name, *values))
        if model_admin := getattr(view, "model_admin", None):
            _refuse_no_keys(model_admin.model, request.POST.getlist(ACTION_CHECKBOX_NAME))


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


def _refuse_no_keys(model: type[Model], selected: Iterable[str]) -> None:
    if any(key_of(model, key) is None for key in selected):
        raise BadRequest("A selected record has a key that can be none.")
