"""Pages at former addresses: 301 to the same page of the record that is meant, under its name of today.

What was public and was taken back, since the import that published it was undone, is 410.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from countries.models import Named, taken_back
from measures.former_names import name_now
from measures.views.addresses import destination_of
from measures.views.signposts import URL

View = Callable[..., HttpResponseBase]


def at_former_name(argument: str, kind: Named) -> Callable[[View], View]:
    """View decorator: where the name in `argument` of the address is unknown, redirect to the one it has now."""

    def decorate(view: View) -> View:
        @wraps(view)
        def found(request: HttpRequest, **named: Any) -> HttpResponseBase:
            try:
                return view(request, **named)
            except Http404:
                former = named[argument]
                now = name_now(kind, former)
                if now is not None and now != former:
                    return moved(request, **{argument: now})
                if answer := withdrawn(request, kind, former):
                    return answer
                raise

        return found

    return decorate


_RECORDS = {"country": ("slug", Named.COUNTRY), "measure": ("public_id", Named.MEASURE)}
"""The pages of records, by the name of their address: which argument names the record, and its kind."""


def of_former_address(view: View) -> View:
    """View decorator: where `?url=` is the address of a page that has moved, redirect to the same for its new one."""

    @wraps(view)
    def found(request: HttpRequest, **named: Any) -> HttpResponseBase:
        try:
            return view(request, **named)
        except Http404:
            url = request.GET.get(URL, "")
            to = destination_of(request, url)
            if to.name not in _RECORDS:
                raise
            argument, kind = _RECORDS[to.name]
            former = to.arguments[argument]
            spelled = former.upper() if kind == Named.MEASURE else former
            now = name_now(kind, spelled) or spelled
            if now == former:
                if answer := withdrawn(request, kind, former):
                    return answer
                raise
            with translation.override(to.language):
                path = reverse(to.name, kwargs={**to.arguments, argument: now})
            query = request.GET.copy()
            query[URL] = urlsplit(url)._replace(path=path).geturl()
            return HttpResponsePermanentRedirect(f"{request.path}?{query.urlencode()}")

    return found


def moved(request: HttpRequest, **named: str) -> HttpResponseBase:
    """301 to the requested page with other names in its address, with the same query string."""
    match = request.resolver_match
    assert match is not None
    path = reverse(match.view_name, kwargs={**match.kwargs, **named})
    query = quote(request.META.get("QUERY_STRING", ""), safe="=&%+~")
    return HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)


def withdrawn(request: HttpRequest, kind: Named, name: str) -> HttpResponseBase | None:
    """410 with the reason, if a name was public until the import that published it was undone."""
    since = taken_back(kind, name)
    if since is None:
        return None
    return render(request, "measures/taken_back.html", {"name": name, "since": since}, status=410)
