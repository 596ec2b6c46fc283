"""Addresses of this site: what one leads to, and the one without a language that a page goes by for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve, reverse
from django.utils import translation

from countries.models import Country
from foundation.languages import language_of_path
from measures.models import Measure, Release, Source


@dataclass(frozen=True, slots=True)
class Destination:
    """What an address leads to: the name of its pattern with the arguments, its query string, and its language."""

    name: str
    arguments: Mapping[str, Any]
    query: str
    language: str


def destination_of(request: HttpRequest, url: str) -> Destination:
    """Where an address of this site leads; Http404 for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Http404 from None
    if parts.netloc not in ("", request.get_host()):
        raise Http404
    language = language_of_path(parts.path)
    with translation.override(language):
        try:
            found = resolve(parts.path)
        except Resolver404:
            raise Http404 from None
    return Destination(found.view_name or "", found.kwargs, parts.query, language)


def permanent_address(request: HttpRequest, shown: Measure | Country | Source | Release | str, *arguments: str) -> str:
    """The canonical URL of a record or of a page by its name, in whatever language it is read: without a prefix."""
    with translation.override(settings.LANGUAGE_CODE):
        path = reverse(shown, args=arguments) if isinstance(shown, str) else shown.get_absolute_url()
        return request.build_absolute_uri(path)
