"""What is said to who asks for too much or too often, or while the database is busy: plain, small, made of no data."""

from http import HTTPStatus
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template

from countries.site import last_known_site

PLAIN = "text/plain; charset=utf-8"
NO_PAGES = (".csv", ".xlsx", ".ods", ".xml", ".svg")
"""Endings of paths whose readers are programs."""


class Link(NamedTuple):
    """Where what was wanted may be found in another way, and what that is."""

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
    """A page, or a text where the address is that of a file; `retry_after` in seconds. Nobody keeps it."""
    if request.path_info.endswith(NO_PAGES):
        response = HttpResponse(f"{reason}\n{remedy}\n", content_type=PLAIN, status=status)
    else:
        site = last_known_site().site
        context = {"heading": heading, "reason": reason, "remedy": remedy, "link": link, "site": site}
        response = HttpResponse(get_template("refused.html").render(context), status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
        response.headers["Cache-Control"] = "no-store"
    return response
