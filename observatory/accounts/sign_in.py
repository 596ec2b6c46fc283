"""The door that strangers may try: what is counted, what is refused, and how many passwords are hashed at once.

A password is slow to hash on purpose, a tenth of a second or more of a processor. So no more than two are hashed at a
time in a process, and none for a network or a name that has failed too often. Counts are in the database, which all
processes share.
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
"""Characters; no person types more, and reading and hashing them has to be paid for."""
BUSY_SECONDS = 2
"""After which to try again where others are being let in: several hashes long."""
RECORD_DAYS = 90  # as in the function of the database
"""For how long it is known who signed in from where."""


class Refusal(Enum):
    """Why no password was looked at."""

    NAME = "name"
    NETWORK = "network"
    BUSY = "busy"


class SignInForm(AdminAuthenticationForm):
    """The admin's form, which takes neither names nor passwords of megabytes."""

    def __init__(self, request: Any = None, *arguments: Any, **options: Any) -> None:
        super().__init__(request, *arguments, **options)
        # Django's form tells the browser how long a name may be, and believes whoever is none
        for name, length in (("username", self.username_field.max_length), ("password", PASSWORD_LENGTH)):
            self.fields[name].validators.append(MaxLengthValidator(length))


# Who is counted


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name by which failures count: spellings that look alike to a person are one."""
    name = (credentials or request.POST).get("username")
    return _folded(name)[:255] if name else None


def _folded(name: str) -> str:
    """Compatible characters as one (NFKC, as the form of sign-in has it), and without capital letters."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def counted_address(request: HttpRequest) -> str | None:
    """The first address of the client's network, as its column holds it; whoever has none that can be read counts as
    one network."""
    try:
        return str(ip_interface(client_network(request)).network.network_address)
    except ValueError:
        return None


class SignInLimits(AxesDatabaseHandler):
    """Failures close the door to a name from one network, which axes does by itself, and to a network for all names."""

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """Those of the name; at their limit also where the network is at its own."""
        of_name: int = super().get_failures(request, credentials)
        if of_name >= settings.AXES_FAILURE_LIMIT:
            request.sign_in_refusal = Refusal.NAME
        elif _failures(request) >= settings.SIGN_IN_NETWORK_FAILURES:
            request.sign_in_refusal = Refusal.NETWORK
            return int(settings.AXES_FAILURE_LIMIT)
        return of_name


def _failures(request: Any) -> int:
    """Of all names from this network, as long as none of them is forgotten."""
    since = request.axes_attempt_time - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(ip_address=request.axes_ip_address, attempt_time__gte=since)
    return attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0


# How many passwords are hashed at the same time

ANYBODY, RECOGNISED = BoundedSemaphore(1), BoundedSemaphore(1)
"""The second is kept for people where they have signed in from before: a spray from everywhere cannot take it."""


class OneByOneBackend(ModelBackend):
    """Accounts and rights as in Django; whoever finds others being let in is asked to come again."""

    def authenticate(
        self, request: Any, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        with _turn(request, username or ""):
            return super().authenticate(request, username=username, password=password, **kwargs)


@contextmanager
def _turn(request: Any, name: str) -> Iterator[None]:
    turn = next((turn for turn in _turns(request, name) if turn), None)
    if turn is None:
        request.axes_locked_out = True  # so axes answers with a refusal and counts nothing
        request.sign_in_refusal = Refusal.BUSY
        raise PermissionDenied
    try:
        yield
    finally:
        turn.release()


def _turns(request: Any, name: str) -> Iterator[BoundedSemaphore | None]:
    """Each turn that could be taken; the second may be waited for, since only few can ask for it."""
    yield ANYBODY if ANYBODY.acquire(blocking=False) else None
    is_recognised = AccessLog.objects.filter(username=name, ip_address=request.axes_ip_address).exists()
    yield RECOGNISED if is_recognised and RECOGNISED.acquire(timeout=BUSY_SECONDS) else None


def refuse(request: Any, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """The page in place of the form, the same for names that exist and that do not."""
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


# What is kept of all this


def forget_sign_ins(*, at: datetime) -> dict[str, int]:
    """Delete sessions that ended, attempts that no longer count, and who signed in from where after `RECORD_DAYS`.

    A function of the owner deletes the last: the role that runs the site may not shorten its own log.
    """
    SessionStore.clear_expired()
    attempts = AccessAttempt.objects.filter(attempt_time__lt=at - settings.AXES_COOLOFF_TIME).delete()[0]
    with connection.cursor() as cursor:
        cursor.execute("select * from observatory_forget_sign_ins()")
        signed_in, failed = cursor.fetchone()
    return {"attempts": attempts, "sign-ins": signed_in, "failures": failed}
