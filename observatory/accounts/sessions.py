"""Sessions in the database, under keys that this site can tell from made-up ones without asking it.

Only who has signed in holds such a key. Whoever sends any other cookie is a stranger: shared pages stay shared, and no
query is made to find nothing.
"""

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

SALT = "observatory.accounts.sessions"
RANDOM, SIGNATURE = 24, 16
"""Characters; together what the column holds. 24 of 36 letters and digits are 124 bits, 16 hexadecimal ones are 64."""


class SessionStore(db.SessionStore):
    """Django's, with signed keys; the name of the class is Django's."""

    def _get_new_session_key(self) -> str:
        while True:
            key = _signed(get_random_string(RANDOM, VALID_KEY_CHARS))
            if not self.exists(key):
                return key

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and is_own_key(str(key))


def is_own_key(key: str) -> bool:
    """Whether this site has given the key; the session behind it may have ended since."""
    if len(key) != RANDOM + SIGNATURE or not key.isascii():
        return False
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(key, _signed(key[:RANDOM], secret)) for secret in secrets)


def is_signed_in(request: HttpRequest) -> bool:
    """Whether the reader has signed in, here and at some time; no cookie that is made up says so."""
    if "HTTP_COOKIE" not in request.META:
        return False
    key: str = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return bool(key) and is_own_key(key)


def _signed(random: str, secret: str | bytes | None = None) -> str:
    secret = settings.SECRET_KEY if secret is None else secret
    return random + salted_hmac(SALT, random, secret=secret, algorithm="sha256").hexdigest()[:SIGNATURE]
