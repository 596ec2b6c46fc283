"""Database sessions with signed keys, so that made-up keys are recognized without a query.

Only who has signed in, or opened a valid link for a new password, has such a key. A request with any other cookie is
anonymous: it gets cached pages, and no query is made for a session that does not exist.

A session says whose it is, and ends when it has been idle for too long.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from observatory.accounts.models import BROWSER_LENGTH, AccountSession
from observatory.visitors import client_network

SALT = "observatory.accounts.sessions"
RANDOM, SIGNATURE = 24, 16
"""Lengths that add up to that of the column: 24 of 36 letters and digits are 124 bits, 16 hex digits are 64."""
SIGN_IN = "sign_in"
"""The key of the data that say when and where the session began."""
SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is noted when a session was last used; each note is a write."""


class SessionStore(db.SessionStore):
    """Django's database sessions, with signed keys and owners; the class name is prescribed by Django."""

    @classmethod
    def get_model_class(cls) -> type[AccountSession]:
        return AccountSession

    def create_model_instance(self, data: dict[str, Any]) -> AccountSession:
        """The row of the session. When and where it began is part of its data, since Django writes every column.

        However much it is used, it ends after `SESSION_COOKIE_AGE`.
        """
        row: Any = super().create_model_instance(data)
        row.user_id = row.owner_in(data)
        if note := data.get(SIGN_IN):
            row.began_at = datetime.fromisoformat(note["at"])
            row.expire_date = row.began_at + timedelta(seconds=settings.SESSION_COOKIE_AGE)
            row.browser, row.network = note["browser"], note["network"]
        session: AccountSession = row
        return session

    def _get_session_from_db(self) -> AccountSession | None:
        """The row, unless the session has ended; notes that it was used."""
        now = timezone.now()
        row = AccountSession.objects.open(at=now).filter(session_key=self.session_key).first()
        if row is None:
            self._session_key = None
        elif row.seen_at < now - SEEN_EVERY:
            AccountSession.objects.filter(pk=row.pk).update(seen_at=now)
        return row

    def _get_new_session_key(self) -> str:
        while True:
            key = _signed(get_random_string(RANDOM, VALID_KEY_CHARS))
            if not self.exists(key):
                return key

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and is_own_key(str(key))


def note_sign_in(request: HttpRequest) -> None:
    """Note in the session when and where it began."""
    request.session[SIGN_IN] = {
        "at": timezone.now().isoformat(),
        "browser": request.headers.get("User-Agent", "")[:BROWSER_LENGTH],
        "network": client_network(request)[:50],
    }


def signed_in_since(request: HttpRequest) -> datetime | None:
    """When the person has signed in; None for who has not, and for a session that was not begun by the form."""
    note = request.session.get(SIGN_IN)
    return datetime.fromisoformat(note["at"]) if note else None


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
