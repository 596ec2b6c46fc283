"""What is asked, as the address has it: in which language, within caps that no person meets, in one form.

The language of a page is a matter of its address alone: `/es/…` is Spanish, `/pt/…` Portuguese, all else English.
Django's own middleware also looks at cookie and `Accept-Language` and says so in `Vary`, although bare addresses are
English whatever it finds; then no cache could share a page between readers.

A public page sees nothing but what its answer follows from: of the query string the parameters that it reads, sorted
and without empty ones; of the host the name that the site goes by. What mail programs and social media add to an
address, today or next year, thus changes neither the page nor the name under which it is kept. Only what seems to be a
misspelt parameter reaches the page, which says what was meant; a file gets, and refuses, whatever it does not know. A
page that has no earlier days does not pass that of today off as one: it refuses `known`.

What no browser sends is answered 400, for all views and forms at once. PostgreSQL keeps no NUL, and no address, form or
cookie of ours has one; this is looked at before the session or a view asks the database. The lists of the admin, the
stock ones too, ask it for any text as the key of a selected record.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.db.models import Model
from django.forms import IntegerField
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict, UnreadablePostError
from django.template.defaultfilters import filesizeformat
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.translation import gettext as _

from foundation.keys import key_of
from foundation.languages import language_of_path
from foundation.publication import PublicPage, public_page_of
from measures.listing.filters import of_today_alone
from measures.listing.parameters import KNOWN
from observatory.refusals import no_room, refusal
from observatory.writable_folders import is_unwritable

LONGEST_PATH = 1_000
"""Bytes; our longest path has 300."""
LONGEST_QUERY = 6_000
"""Bytes of a query string: two hundred ticked boxes and a search in Cyrillic."""
LONGEST_COOKIES = 16_000
"""Bytes of all cookies together; ours have 300."""
LONGEST_ADDRESS = LONGEST_PATH + LONGEST_QUERY
"""Characters of an address of this site as the value of a parameter."""
LONGEST_QUERY_WITH_ADDRESS = 3 * LONGEST_ADDRESS + 1_000
"""Bytes of a query string with such a parameter, each sign of which may be percent-encoded."""
LONGEST_VALUE = 300
"""Characters of one value; the longest publisher has 200."""
MOST_VALUES = 100
"""Values of one parameter."""
MOST_PARAMETERS = 150
"""Number of values of all parameters; each becomes a link that contains all the others."""
MOST_NAMED, LONGEST_NAME = 5, 60
"""Parameters or fields that a refusal names, and characters of each field."""
LONGEST_REMEMBERED_PATH = 200
"""Characters of a path whose page is remembered, so that paths of strangers do not fill the memory."""

Answer = Callable[[HttpRequest], HttpResponseBase]
Pairs = list[tuple[str, str]]


class Excess(NamedTuple):
    """A limit that was exceeded, and the remedy."""

    reason: str
    remedy: str


def language_by_address(get_response: Answer) -> Answer:
    """Middleware: activate the language of the URL and set `Content-Language`.

    Streamed content is generated afterwards, in no language: streams are data.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        language = language_of_path(request.path_info)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def questions(get_response: Answer) -> Answer:
    """Middleware: refuse requests that exceed a limit, and normalize those of public pages."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        page = page_of(request)
        if page and not page.is_strict and KNOWN not in page.reads and _names_a_day(request):
            heading = _("There is no earlier day of this page")
            remedy = _("Remove “known” from the address.")
            return refusal(request, HTTPStatus.BAD_REQUEST, heading=heading, reason=of_today_alone(), remedy=remedy)
        excess = _excess_of_request(request, page)
        if page and not excess:
            excess = _put_in_normal_form(request, page)
        if excess:
            heading = _("The request is too large")
            return refusal(request, HTTPStatus.BAD_REQUEST, heading=heading, reason=excess.reason, remedy=excess.remedy)
        return get_response(request)

    return middleware


def _names_a_day(request: HttpRequest) -> bool:
    """Whether the address asks for the record of an earlier day."""
    return f"{KNOWN}=" in request.META.get("QUERY_STRING", "")[:LONGEST_QUERY] and bool(request.GET.get(KNOWN))


def page_of(request: HttpRequest) -> PublicPage | None:
    """The public page at the requested URL, or None."""
    path, language = request.path_info, request.LANGUAGE_CODE
    return _page_of(path, language) if len(path) <= LONGEST_REMEMBERED_PATH else _page_of.__wrapped__(path, language)


@lru_cache(maxsize=4096)
def _page_of(path: str, _language: str) -> PublicPage | None:
    """Resolve the view, which depends on the active language too."""
    try:
        return public_page_of(resolve(path).func)
    except Resolver404:
        return None


# Limits


def _excess_of_request(request: HttpRequest, page: PublicPage | None) -> Excess | None:
    if len(request.META.get("PATH_INFO", "")) > LONGEST_PATH:
        return Excess(
            _("The address has more than %(most)d characters before the question mark.") % {"most": LONGEST_PATH},
            _("Check where it comes from: it may be two addresses in one."),
        )
    is_ignored = page is not None and page.ignores_all
    most = LONGEST_QUERY_WITH_ADDRESS if page is not None and page.addresses else LONGEST_QUERY
    if not is_ignored and len(request.META.get("QUERY_STRING", "")) > most:
        return _excess_of_query(most)
    if len(request.META.get("HTTP_COOKIE", "")) > LONGEST_COOKIES:
        return Excess(
            _("Your browser sends more than %(most)d characters of cookies.") % {"most": LONGEST_COOKIES},
            _("Delete the cookies of this site and of sites with the same end of their name, then reload the page."),
        )
    return None


def _excess_of_query(most: int) -> Excess:
    return Excess(
        _("The address has more than %(most)d characters after the question mark.") % {"most": most},
        _("Choose fewer values, or download the whole file and filter it yourself."),
    )


def _excess_of_parameters(pairs: Pairs, addresses: Collection[str] = ()) -> Excess | None:
    """The first parameter with a value that is too long, or with too many of them.

    The values of `addresses` are addresses of this site, which may exceed no limit either.
    """
    numbers: dict[str, int] = {}
    for name, value in pairs:
        numbers[name] = numbers.get(name, 0) + 1
        if name in addresses and (excess := _excess_of_address(value)):
            return excess
        longest = LONGEST_ADDRESS if name in addresses else LONGEST_VALUE
        if len(name) > LONGEST_VALUE or len(value) > longest:
            return Excess(
                _("“%(parameter)s” has a value of more than %(most)d characters.")
                % {"parameter": name[:LONGEST_VALUE], "most": longest},
                _("Write a shorter value."),
            )
    for name, number in numbers.items():
        if number > MOST_VALUES:
            return Excess(
                _("“%(parameter)s” has %(number)d values. At most %(most)d are allowed.")
                % {"parameter": name, "number": number, "most": MOST_VALUES},
                _("Choose fewer values, or download the whole file and filter it yourself."),
            )
    if len(pairs) > MOST_PARAMETERS:
        return Excess(
            _("%(parameters)s have %(number)d values. At most %(most)d are allowed.")
            % {
                "parameters": ", ".join(f"“{name}”" for name in sorted(numbers)[:MOST_NAMED]),
                "number": len(pairs),
                "most": MOST_PARAMETERS,
            },
            _("Choose fewer values, or download the whole file and filter it yourself."),
        )
    return None


def _excess_of_address(url: str) -> Excess | None:
    """What exceeds a limit in an address; what is none is found nowhere."""
    try:
        query = urlsplit(url).query
    except ValueError:
        return None
    if len(query) > LONGEST_QUERY:
        return _excess_of_query(LONGEST_QUERY)
    return _excess_of_parameters(parse_qsl(query, keep_blank_values=True))


# Normalization


def _put_in_normal_form(request: HttpRequest, page: PublicPage) -> Excess | None:
    """Keep only what the page depends on; return an exceeded limit, if any."""
    query = request.META.get("QUERY_STRING", "")
    if query:
        pairs = [] if page.ignores_all else _pairs(query, page)
        if excess := _excess_of_parameters(pairs, page.addresses):
            return excess
        request.META["QUERY_STRING"] = urlencode(pairs)
        request.__dict__.pop("GET", None)  # parsed again from META
    if host := request.META.get("HTTP_HOST"):
        request.META["HTTP_HOST"] = _host_in_normal_form(host)
    return None


def _pairs(query: str, page: PublicPage) -> Pairs:
    """The parameters that can change the answer, in order."""
    raw = query.encode("latin-1").decode(errors="replace")  # WSGI represents bytes as Latin-1 characters
    return sorted(pair for pair in parse_qsl(raw, keep_blank_values=True) if page.follows_from(*pair))


def _host_in_normal_form(host: str) -> str:
    """The host in lower case; for the site's public host name, the port is replaced by that of PUBLIC_URL."""
    host = host.lower()
    public = urlsplit(settings.PUBLIC_URL)
    return public.netloc if public.hostname and host.rpartition(":")[0] == public.hostname else host


# What no browser sends


MOST_EMPTY_ROWS = 20
"""Rows that a form may count without sending a field of theirs."""
MOST_ROWS = 500
"""Rows of one kind in a form; with all their fields, more would exceed DATA_UPLOAD_MAX_NUMBER_FIELDS."""
_FIELD_OF_ROW = re.compile(r"(?P<rows>[^-]{1,100})-(?P<number>[0-9]{1,9})-")

HEADERS = ("CONTENT_TYPE", "REMOTE_ADDR")
"""Headers whose names in the environment do not begin with `HTTP_`."""


class RefuseMalformed:
    """Middleware: refuse a NUL in the path, query string, headers, cookies or form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _refuse_nul(_before_the_body(request))
        try:
            given = request.GET
        except TooManyFieldsSent:
            return _excess_of_values(request)
        return _nul_refused(request, given) or self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        """Parse the form only once the URL has resolved to a view."""
        try:
            form = request.POST
        except UnreadablePostError:
            return None  # the visitor has gone
        except OSError as error:  # no space for an uploaded file
            if is_unwritable(error):
                return no_room(request, error)
            raise
        except (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent) as error:
            return _excess_refused(request, error)
        except BadRequest:  # in a character set other than UTF-8; the page of bad requests would read the form again
            return _unreadable_refused(request)
        if model_admin := getattr(view, "model_admin", None):
            _refuse_no_keys(model_admin.model, form.getlist(ACTION_CHECKBOX_NAME))
        return _nul_refused(request, form) or _rows_refused(request, form)


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
    """A response that names the fields with a NUL; None if there are none."""
    fields = [name for name, values in given.lists() if any("\0" in text for text in (name, *values))]
    if not fields:
        return None
    named = ", ".join(f"“{name[:LONGEST_NAME].replace(chr(0), '␀')}”" for name in fields[:MOST_NAMED])
    return refusal(
        request,
        HTTPStatus.BAD_REQUEST,
        heading=_("A character that is not allowed"),
        reason=_("A NUL character (U+0000), which is invisible and cannot be stored, is in: %(fields)s.")
        % {"fields": named if len(fields) <= MOST_NAMED else f"{named}, …"},
        remedy=_(
            "Go back: the form still has what you wrote. Clear the fields named here and type their text again, or "
            "paste it from a plain text editor. Then send the form again."
        ),
    )


def _excess_of_values(request: HttpRequest) -> HttpResponse:
    return refusal(
        request,
        HTTPStatus.BAD_REQUEST,
        heading=_("The request is too large"),
        reason=_("The address has more than %(most)d values after the question mark.")
        % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS},
        remedy=_("Choose fewer values, or download the whole file and filter it yourself."),
    )


def _unreadable_refused(request: HttpRequest) -> HttpResponse:
    return refusal(
        request,
        HTTPStatus.BAD_REQUEST,
        heading=_("Bad request"),
        reason=_("This site cannot read the address or the form that your browser sent."),
        remedy=_("Go back, reload the page and try again."),
    )


def _excess_refused(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    """A response that says which limit of Django's a form exceeds."""
    if isinstance(error, RequestDataTooBig):
        size = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        status, heading = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("The form is too large")
        reason = _("What is written in the form has more than %(size)s, not counting files.") % {"size": size}
        remedy = _("Shorten the longest text, or put it into a file and import or archive that.")
    elif isinstance(error, TooManyFieldsSent):
        most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        status, heading = HTTPStatus.BAD_REQUEST, _("The form has too many fields")
        reason = _("The form has more than %(most)d fields, ticked boxes and rows included.") % {"most": most}
        remedy = _("Do it in several steps: tick fewer records, or fill in fewer rows and save in between.")
    else:
        most = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        status, heading = HTTPStatus.BAD_REQUEST, _("The form has too many files")
        reason = _("The form has more than %(most)d files.") % {"most": most}
        remedy = _("Upload them one after the other.")
    remedy = _("Nothing was saved. Go back: the form still has what you wrote.") + " " + remedy
    return refusal(request, status, heading=heading, reason=reason, remedy=remedy)


def _rows_refused(request: HttpRequest, form: QueryDict) -> HttpResponse | None:
    """Refuse a form whose count of rows does not fit the rows that it sends.

    Django would create and render each row that is only counted, and drop each that is not.
    """
    sent: dict[str, set[int]] = defaultdict(set)
    for name in form:
        if found := _FIELD_OF_ROW.match(name):
            sent[found["rows"]].add(int(found["number"]))
    for name in form:
        rows, is_count, _rest = name.partition("-TOTAL_FORMS")
        number = _counted(str(form[name])) if is_count else None
        if number is None:
            continue
        if number > min(len(sent[rows]) + MOST_EMPTY_ROWS, MOST_ROWS):
            reason = _("The form declares more rows than it sends, or more than %(most)d, under “%(rows)s”.")
        elif number <= max(sent[rows], default=-1):
            reason = _("The form declares fewer rows than it sends, under “%(rows)s”.")
        else:
            continue
        return refusal(
            request,
            HTTPStatus.BAD_REQUEST,
            heading=_("The number of rows is wrong"),
            reason=reason % {"most": MOST_ROWS, "rows": rows[:LONGEST_NAME]},
            remedy=_("Nothing was saved. Go back, reload the page and enter your changes again."),
        )
    return None


def _counted(text: str) -> int | None:
    """The number of rows as Django reads it; None if it refuses the text."""
    try:
        number: int | None = IntegerField(required=False).clean(text)
    except ValidationError:
        return None
    return number


def _refuse_no_keys(model: type[Model], selected: Iterable[str]) -> None:
    if any(key_of(model, key) is None for key in selected):
        raise BadRequest("A selected record has a key that can be none.")
