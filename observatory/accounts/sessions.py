"""Database sessions with signed keys, so that made-up keys are recognized without a query.

Only a user who has signed in has such a key. A request with any other cookie is anonymous: it gets cached pages, and no
query is made for a session that does not exist.
"""

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

SALT = "observatory.accounts.sessions"
RANDOM, SIGNATURE = 24, 16
"""Lengths that add up to that of the column: 24 of 36 letters and digits are 124 bits, 16 hex digits are 64."""


class SessionStore(db.SessionStore):
    """Django's database sessions, with signed keys; the class name is prescribed by Django."""

    def _get_new_session_key(self) -> str:
        while True:
            key = _signed(get_random_string(RANDOM, VALID_KEY_CHARS))
            if not self.exists(key):
                return key

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and is_own_key(str(key))


def is_own_key(key: str) -> bool:
    """Whether this site has issued the key; its session may have ended."""
    if len(key) != RANDOM + SIGNATURE or not key.isascii():
        return False
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(key, _signed(key[:RANDOM], secret)) for secret in secrets)


def is_signed_in(request: HttpRequest) -> bool:
    """Whether the request has a session key issued by this site, which a made-up cookie cannot forge."""
    if "HTTP_COOKIE" not in request.META:
        return False
    key: str = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return bool(key) and is_own_key(key)


def _signed(random: str, secret: str | bytes | None = None) -> str:
    secret = settings.SECRET_KEY if secret is None else secret
    return random + salted_hmac(SALT, random, secret=secret, algorithm="sha256").hexdigest()[:SIGNATURE]
