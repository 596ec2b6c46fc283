"""Browsers that somebody has signed in from before, known by a signed cookie.

Wrong passwords from such a browser are counted by themselves, so that nobody else can lock its owner out, and its
sign-ins wait in a line of their own. The cookie opens nothing: it never replaces the password. It is OWASP's device
cookie (“Slow Down Online Guessing Attacks with Device Cookies”), and is written anew at each sign-in.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

AGE = timedelta(days=180)
SALT = "observatory.accounts.devices"
NUMBER = 12
"""Letters and digits of a browser's number."""


@dataclass(frozen=True, slots=True)
class Device:
    """A browser, and the account that has signed in from it."""

    user: int
    number: str
    """Random, to count its failures by."""
    mark: str
    """Follows from the account's password, which invalidates the cookie when it changes."""


def device_in(cookies: Mapping[str, str]) -> Device | None:
    """The browser, if this site has signed its cookie. Costs no query, so the password may have changed since."""
    try:
        return Device(**signing.loads(cookies.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=AGE))
    except signing.BadSignature:
        return None


def device_of(request: HttpRequest, name: str) -> Device | None:
    """The browser, if the account `name` has signed in from it with its current password."""
    if (device := device_in(request.COOKIES)) is None:
        return None
    user = get_user_model().objects.filter(pk=device.user, username=name, is_active=True).first()
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_valid = user and any(constant_time_compare(device.mark, _mark(user, secret)) for secret in secrets)
    return device if is_valid else None


def remember_browser(response: HttpResponse, user: Any) -> None:
    """Make the browser that gets the response one of the user's."""
    device = Device(user.pk, get_random_string(NUMBER), _mark(user, settings.SECRET_KEY))
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(asdict(device), salt=SALT),
        max_age=AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _mark(user: Any, secret: str | bytes) -> str:
    return salted_hmac(SALT, user.password, secret=secret, algorithm="sha256").hexdigest()[:32]
