"""The language of a page is a matter of its address alone: `/es/…` is Spanish, `/pt/…` Portuguese, all else English.

Django's own middleware also looks at cookie and `Accept-Language` and says so in `Vary`, although bare addresses are
English whatever it finds; then no cache could share a page between readers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix
from django.utils import translation


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """The same page, with the same query string, in a language that calls itself `name`."""

    code: str
    name: str
    path: str
    address: str
    is_current: bool


def language_by_address(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer in the language of the address and say it in `Content-Language`.

    What is streamed is made after that, in no language: a stream is data.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def language_links(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `languages`, a link to this page in each language, also from an error page; but none from
    the page that refuses a foreign host, which must not link to it."""
    try:
        request.get_host()
    except DisallowedHost:
        return {}
    return {"languages": [_link(request, code) for code, _name in settings.LANGUAGES]}


def _link(request: HttpRequest, code: str) -> LanguageLink:
    path = _path_in(code, request.path_info)
    query = request.META.get("QUERY_STRING", "")
    path = f"{path}?{query}" if query else path
    name = translation.get_language_info(code)["name_local"].capitalize()
    return LanguageLink(code, name, path, request.build_absolute_uri(path), code == translation.get_language())


def _path_in(code: str, path: str) -> str:
    """The path of the same page in another language; the parts behind the prefix are the same in all."""
    bare = path.removeprefix(f"/{translation.get_language_from_path(path)}")
    prefix = "" if code == settings.LANGUAGE_CODE else f"/{code}"
    return get_script_prefix().rstrip("/") + prefix + bare
