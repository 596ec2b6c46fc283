"""How often one address may ask for what costs: files, searches, and pages that are not ready.

What comes from the cache, and "not modified", is not counted: this stands inside of it. Nor is who has signed in. Each
process counts for itself and forgets after a minute, so that a limit is reached late rather than early.
"""

import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from math import ceil

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from foundation.publication.public_pages import PublicPage
from observatory.middleware.caching import is_signed_in
from observatory.middleware.questions import page_of
from observatory.refusals import refusal
from observatory.visitors import client_network


def rate_limits(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: 429 for an address that asks too often."""
    limiter = FixedWindowRateLimiter(MemoryStorage())

    def middleware(request: HttpRequest) -> HttpResponseBase:
        page = page_of(request)
        limit = _limit_of(request, page) if page else None
        if limit is None or is_signed_in(request):
            return get_response(request)
        network = client_network(request)
        if limiter.hit(limit, network):
            return get_response(request)
        return _refused(request, limit, ceil(limiter.get_window_stats(limit, network).reset_time - time.time()))

    return middleware


def _limit_of(request: HttpRequest, page: PublicPage) -> RateLimitItemPerMinute | None:
    """What a request counts as; None where that has no limit. Without a cache every page is made anew, and free."""
    if page.is_file:
        return _per_minute("files", settings.DOWNLOADS_PER_MINUTE)
    if request.GET.get("q"):
        return _per_minute("searches", settings.SEARCHES_PER_MINUTE)
    return _per_minute("pages", settings.PAGES_PER_MINUTE if settings.PAGE_CACHE_MB else 0)


@cache
def _per_minute(what: str, most: int) -> RateLimitItemPerMinute | None:
    return RateLimitItemPerMinute(most, namespace=what) if most else None


def _refused(request: HttpRequest, limit: RateLimitItemPerMinute, seconds: int) -> HttpResponse:
    seconds = max(seconds, 1)
    what = {"files": _("downloads"), "searches": _("searches"), "pages": _("pages")}[limit.namespace]
    return refusal(
        request,
        HTTPStatus.TOO_MANY_REQUESTS,
        heading=_("Too often in one minute"),
        reason=_("More than %(most)d %(what)s in a minute came from your address or network.")
        % {"most": limit.amount, "what": what},
        remedy=_("Wait %(seconds)d seconds, then try again. Who needs everything finds it in measures.csv.")
        % {"seconds": seconds},
        retry_after=seconds,
    )
