"""Protection of sign-in: failures counted, attempts refused, and concurrent password hashing limited.

Hashing a password is slow on purpose, a tenth of a second or more of CPU time. So a process hashes at most two at a
time, and none for a network or a name that has failed too often. Counts are stored in the database, which all processes
share.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from ipaddress import ip_interface
from threading import BoundedSemaphore
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxLengthValidator
from django.db import connection
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from observatory.visitors import client_network

PASSWORD_LENGTH = 4096
"""Characters; nobody types more, and reading and hashing them costs time."""
BUSY_SECONDS = 2
"""Retry-After in seconds if other sign-ins are in progress: the time of several hashes."""
RECORD_DAYS = 90  # as in the database function
"""Days for which it is recorded who signed in from where."""


class Refusal(Enum):
    """Why a password was not checked."""

    NAME = "name"
    NETWORK = "network"
    BUSY = "busy"


class SignInForm(AdminAuthenticationForm):
    """The admin's form, with a maximum length of name and password."""

    def __init__(self, request: Any = None, *arguments: Any, **options: Any) -> None:
        super().__init__(request, *arguments, **options)
        # Django's form sets the maximum length of a name only in HTML, which a script need not respect
        for name, length in (("username", self.username_field.max_length), ("password", PASSWORD_LENGTH)):
            self.fields[name].validators.append(MaxLengthValidator(length))


# Counting


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name under which failures are counted: look-alike spellings are one name."""
    name = (credentials or request.POST).get("username")
    return _folded(name)[:255] if name else None


def _folded(name: str) -> str:
    """Normalize to NFKC, like the sign-in form, and fold case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def counted_address(request: HttpRequest) -> str | None:
    """The network address of the client, in the format of its column.

    Clients without a valid address count as one network.
    """
    try:
        return str(ip_interface(client_network(request)).network.network_address)
    except ValueError:
        return None


class SignInLimits(AxesDatabaseHandler):
    """Limit failures per name and network, as axes does by default, and per network for all names."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """The failures of the name; at the limit if the network has reached its own."""
        of_name: int = super().get_failures(request, credentials)
        if of_name >= settings.AXES_FAILURE_LIMIT:
            request.sign_in_refusal = Refusal.NAME
        elif _failures(request) >= settings.SIGN_IN_NETWORK_FAILURES:
            request.sign_in_refusal = Refusal.NETWORK
            return int(settings.AXES_FAILURE_LIMIT)
        return of_name


def _failures(request: Any) -> int:
    """The failures of all names from this network, within the cooling-off period."""
    since = request.axes_attempt_time - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(ip_address=request.axes_ip_address, attempt_time__gte=since)
    return attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0


# Limiting concurrent hashing

ANYBODY, RECOGNISED = BoundedSemaphore(1), BoundedSemaphore(1)
"""The second slot is reserved for people on networks where they have signed in before: attackers cannot occupy it."""


class OneByOneBackend(ModelBackend):
    """Django's backend, but while other sign-ins are in progress the user is asked to try again."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        with _turn(request, username or ""):
            return super().authenticate(request, username=username, password=password, **kwargs)


@contextmanager
def _turn(request: Any, name: str) -> Iterator[None]:
    turn = next((turn for turn in _turns(request, name) if turn), None)
    if turn is None:
        request.axes_locked_out = True  # so axes refuses, but does not count a failure
        request.sign_in_refusal = Refusal.BUSY
        raise PermissionDenied
    try:
        yield
    finally:
        turn.release()


def _turns(request: Any, name: str) -> Iterator[BoundedSemaphore | None]:
    """Try to acquire a slot; waiting for the second is acceptable, since few may request it."""
    yield ANYBODY if ANYBODY.acquire(blocking=False) else None
    is_recognised = AccessLog.objects.filter(username=name, ip_address=request.axes_ip_address).exists()
    yield RECOGNISED if is_recognised and RECOGNISED.acquire(timeout=BUSY_SECONDS) else None


def refuse(request: Any, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """The page shown instead of the form, the same for existing and unknown names."""
    refusal = getattr(request, "sign_in_refusal", Refusal.NAME)
    is_busy = refusal is Refusal.BUSY
    seconds = BUSY_SECONDS if is_busy else int(settings.AXES_COOLOFF_TIME.total_seconds())
    context = {
        "refusal": refusal.value,
        "username": (credentials or request.POST).get("username", ""),
        "seconds": seconds,
    }
    page = render(request, "locked_out.html", context, status=429)
    page.headers["Retry-After"] = str(seconds)
    return page


# Retention


def forget_sign_ins(*, at: datetime) -> dict[str, int]:
    """Delete expired sessions, outdated attempts, and sign-in logs older than `RECORD_DAYS`.

    The sign-in log is deleted by a function that runs as the owner: the running role may not delete its own log.
    """
    SessionStore.clear_expired()
    attempts = AccessAttempt.objects.filter(attempt_time__lt=at - settings.AXES_COOLOFF_TIME).delete()[0]
    with connection.cursor() as cursor:
        cursor.execute("select * from observatory_forget_sign_ins()")
        signed_in, failed = cursor.fetchone()
    return {"attempts": attempts, "sign-ins": signed_in, "failures": failed}
