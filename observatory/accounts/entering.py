"""What happens once a person has proven who they are, and whether that was recently."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from foundation.records.audit import Act, record
from observatory.accounts.devices import remember_browser
from observatory.accounts.sessions import note_sign_in, signed_in_since

BACKEND = "observatory.accounts.backend.AccountBackend"
AGAIN = "again"
"""The parameter with which sign-in asks who is signed in already."""

View = Callable[..., HttpResponse]


def enter(request: HttpRequest, user: Any) -> None:
    """Sign the person in, with a session of a new key."""
    login(request, user, BACKEND)
    note_sign_in(request)
    record(Act.SIGNED_IN, user, by=user)


def lead_on(request: HttpRequest, next_url: str) -> HttpResponse:
    """Remember the browser of who has signed in, and lead on to an address of this site."""
    is_ours = url_has_allowed_host_and_scheme(next_url, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(next_url if is_ours else reverse("admin:index"))
    remember_browser(response, request.user)
    return response


def recently_signed_in(view: View) -> View:
    """Decorator: ask to sign in again, unless that was within `RECENT_SIGN_IN`."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        since = signed_in_since(request)
        if since and since > timezone.now() - settings.RECENT_SIGN_IN:
            return view(request, *arguments, **options)
        next_url = request.get_full_path() if request.method == "GET" else reverse("admin:account")
        query = urlencode({AGAIN: "yes", "next": next_url})
        return HttpResponseRedirect(f"{reverse('admin:login')}?{query}")

    return guarded
