"""What may be asked of a public page: within caps that no person meets, in one form whatever hangs on the address.

A public page sees nothing but what its answer follows from: of the query string the parameters that it reads, sorted
and without empty ones; of the host the name that the site goes by. What mail programs and social media add to an
address thus changes neither the page nor the name under which it is kept.
"""

from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from foundation.publication.public_pages import TRACKING, PublicPage, public_page_of
from observatory.refusals import refusal

LONGEST_PATH = 1_000
"""Bytes; the longest of ours have 300."""
LONGEST_QUERY = 6_000
"""Bytes of a query string: two hundred ticked boxes and a search in Cyrillic."""
LONGEST_COOKIES = 16_000
"""Bytes of all cookies together; ours have 300."""
LONGEST_VALUE = 300
"""Characters of one value; the longest publisher has 200."""
MOST_VALUES = 100
"""Values of one parameter."""
MOST_PARAMETERS = 150
"""Values of all parameters together; each is a link on the page that holds all the others."""
MOST_NAMED = 5
"""Parameters that a refusal names."""
LONGEST_REMEMBERED_PATH = 200
"""Characters of a path whose page is remembered, so that paths of strangers do not fill the memory."""

Answer = Callable[[HttpRequest], HttpResponseBase]
Pairs = list[tuple[str, str]]


class Excess(NamedTuple):
    """What goes beyond a cap, and what would be right."""

    reason: str
    remedy: str


def questions(get_response: Answer) -> Answer:
    """Middleware: refuse what is too long; give a public page its question in normal form."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        page = page_of(request)
        excess = _excess_of_request(request, page)
        if page and not excess:
            excess = _put_in_normal_form(request, page)
        if excess:
            heading = _("This is too much at once")
            return refusal(request, HTTPStatus.BAD_REQUEST, heading=heading, reason=excess.reason, remedy=excess.remedy)
        return get_response(request)

    return middleware


def page_of(request: HttpRequest) -> PublicPage | None:
    """The public page that is asked for, if the address is that of one."""
    path, language = request.path_info, request.LANGUAGE_CODE
    return _page_of(path, language) if len(path) <= LONGEST_REMEMBERED_PATH else _page_of.__wrapped__(path, language)


@lru_cache(maxsize=4096)
def _page_of(path: str, _language: str) -> PublicPage | None:
    """Which views there are depends on the active language, too."""
    try:
        return public_page_of(resolve(path).func)
    except Resolver404:
        return None


# Caps


def _excess_of_request(request: HttpRequest, page: PublicPage | None) -> Excess | None:
    if len(request.META.get("PATH_INFO", "")) > LONGEST_PATH:
        return Excess(
            _("The address has more than %(most)d characters before the question mark.") % {"most": LONGEST_PATH},
            _("Check where it comes from: two addresses may have run together."),
        )
    if page and page.reads != frozenset() and len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
        return Excess(
            _("The address has more than %(most)d characters behind the question mark.") % {"most": LONGEST_QUERY},
            _("Choose fewer values, or download the whole file and filter it there."),
        )
    if len(request.META.get("HTTP_COOKIE", "")) > LONGEST_COOKIES:
        return Excess(
            _("Your browser sends cookies of more than %(most)d characters.") % {"most": LONGEST_COOKIES},
            _("Delete the cookies of this site and of those whose name ends like its own, then load the page anew."),
        )
    return None


def _excess_of_parameters(pairs: Pairs) -> Excess | None:
    """The first parameter with a value that is too long, or with too many of them."""
    numbers: dict[str, int] = {}
    for name, value in pairs:
        numbers[name] = numbers.get(name, 0) + 1
        if len(name) > LONGEST_VALUE or len(value) > LONGEST_VALUE:
            return Excess(
                _("“%(parameter)s” has a value of more than %(most)d characters.")
                % {"parameter": name[:LONGEST_VALUE], "most": LONGEST_VALUE},
                _("Write a shorter one."),
            )
    for name, number in numbers.items():
        if number > MOST_VALUES:
            return Excess(
                _("“%(parameter)s” is given %(number)d times. At most %(most)d values can be asked for at once.")
                % {"parameter": name, "number": number, "most": MOST_VALUES},
                _("Choose fewer values, or download the whole file and filter it there."),
            )
    if len(pairs) > MOST_PARAMETERS:
        return Excess(
            _("%(parameters)s are given %(number)d values. At most %(most)d can be asked for at once.")
            % {
                "parameters": ", ".join(f"“{name}”" for name in sorted(numbers)[:MOST_NAMED]),
                "number": len(pairs),
                "most": MOST_PARAMETERS,
            },
            _("Choose fewer values, or download the whole file and filter it there."),
        )
    return None


# Normal form


def _put_in_normal_form(request: HttpRequest, page: PublicPage) -> Excess | None:
    """Leave what the page follows from; what is too much of that is said instead."""
    query = request.META.get("QUERY_STRING", "")
    if query:
        pairs = _pairs(query, page) if page.reads != frozenset() else []
        if excess := _excess_of_parameters(pairs):
            return excess
        request.META["QUERY_STRING"] = urlencode(pairs)
        request.__dict__.pop("GET", None)  # read anew from there
    if host := request.META.get("HTTP_HOST"):
        request.META["HTTP_HOST"] = _host_in_normal_form(host)
    return None


def _pairs(query: str, page: PublicPage) -> Pairs:
    """Parameters with a value, in order."""
    raw = query.encode("latin-1").decode(errors="replace")  # WSGI has bytes as characters
    given = parse_qsl(raw)  # without empty ones: an empty box of a form asks for nothing
    return sorted(pair for pair in given if page.follows_from(pair[0]) and not TRACKING.fullmatch(pair[0]))


def _host_in_normal_form(host: str) -> str:
    """In small letters; the public host without a port that is not its own."""
    host = host.lower()
    public = urlsplit(settings.PUBLIC_URL)
    return public.netloc if public.hostname and host.rpartition(":")[0] == public.hostname else host
