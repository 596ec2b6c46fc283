"""The texts of the site for every template: see `countries.site`."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from countries.site import KnownSite, known_site, last_known_site


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `site`, and `has_roles`, whether a country can have any.

    A page that no view made, such as that of an unknown address, and the answer to a form ask the database nothing.
    """

    def known() -> KnownSite:
        is_page = request.resolver_match and request.method in ("GET", "HEAD")
        return known_site() if is_page else last_known_site()

    return {"site": SimpleLazyObject(lambda: known().site), "has_roles": SimpleLazyObject(lambda: known().has_roles)}
