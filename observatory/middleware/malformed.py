"""Requests that no browser sends are answered 400, for all views and forms at once.

PostgreSQL keeps no NUL, and no address, form or cookie of ours has one; this is looked at before the session or a view
asks the database. The lists of the admin, the stock ones too, ask it for any text as the key of a selected record.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, UnreadablePostError
from django.utils.translation import gettext as _

from foundation.keys import key_of
from observatory.middleware.full_disk import no_room
from observatory.refusals import refusal
from observatory.writable_folders import is_unwritable

HEADERS = ("CONTENT_TYPE", "REMOTE_ADDR")
"""Headers whose names in the environment do not begin with `HTTP_`."""
MOST_NAMED, LONGEST_NAME = 5, 60
"""Fields that a refusal names, and characters of each."""


class RefuseMalformed:
    """Middleware: a path, query string, header, cookie or form with a NUL in it is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _refuse_nul(_before_the_body(request))
        return _nul_refused(request, request.GET) or self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        """The form is read here, once the address is known to lead to a view."""
        try:
            form = request.POST
        except UnreadablePostError:
            return None  # the visitor has gone
        except OSError as error:  # a file that comes with it found no room
            if is_unwritable(error):
                return no_room(request, error)
            raise
        if model_admin := getattr(view, "model_admin", None):
            _refuse_no_keys(model_admin.model, form.getlist(ACTION_CHECKBOX_NAME))
        return _nul_refused(request, form)


def _before_the_body(request: HttpRequest) -> Iterable[str]:
    yield request.path_info
    for name, value in request.META.items():
        if isinstance(value, str) and (name.startswith("HTTP_") or name in HEADERS):
            yield value
    yield from request.COOKIES.values()


def _refuse_nul(texts: Iterable[str]) -> None:
    if any("\0" in text for text in texts):
        raise BadRequest("The request holds a NUL character, which no text has.")


def _nul_refused(request: HttpRequest, given: QueryDict) -> HttpResponse | None:
    """The answer that names the fields with a NUL; None where there are none."""
    fields = [name for name, values in given.lists() if any("\0" in text for text in (name, *values))]
    if not fields:
        return None
    named = ", ".join(f"“{name[:LONGEST_NAME].replace(chr(0), '␀')}”" for name in fields[:MOST_NAMED])
    return refusal(
        request,
        HTTPStatus.BAD_REQUEST,
        heading=_("A character that no text may have"),
        reason=_("There is a NUL character (U+0000), which cannot be seen and cannot be kept, in: %(fields)s.")
        % {"fields": named if len(fields) <= MOST_NAMED else f"{named}, …"},
        remedy=_(
            "Go back: what you wrote still stands in the form. Empty what is named here and type it anew, or paste it"
            " by way of a plain text editor. Then send it once more."
        ),
    )


def _refuse_no_keys(model: type[Model], selected: Iterable[str]) -> None:
    if any(key_of(model, key) is None for key in selected):
        raise BadRequest("A selected record has a key that can be none.")
