"""Protection of sign-in: failures are counted, and attempts refused.

Hashing a password is slow on purpose, a tenth of a second or more of CPU time. So none is hashed for a network, a name
or a known browser (`devices.py`) that has failed too often. Counts are stored in the database, which all processes
share. How many are hashed at the same time is limited before Django (`observatory/asgi.py`).
"""

import unicodedata
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from ipaddress import ip_interface
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.validators import MaxLengthValidator
from django.db import connection
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from observatory.accounts.devices import device_of
from observatory.accounts.models import AccountSession, SignInStep
from observatory.visitors import client_network

PASSWORD_LENGTH = 4096
"""Characters; nobody types more, and reading and hashing them costs time."""
RECORD_DAYS = 90  # as in the database function
"""Days for which it is recorded who signed in from where."""


class Refusal(Enum):
    """Why a password or code was not checked."""

    NAME = "name"
    NETWORK = "network"
    CODES = "codes"


class SignInForm(AdminAuthenticationForm):
    """The admin's form, with a maximum length of name and password."""

    def __init__(self, request: Any = None, *arguments: Any, **options: Any) -> None:
        super().__init__(request, *arguments, **options)
        # Django's form sets the maximum length of a name only in HTML, which a script need not respect
        for name, length in (("username", self.username_field.max_length), ("password", PASSWORD_LENGTH)):
            self.fields[name].validators.append(MaxLengthValidator(length))


# Counting


def counted_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """The name under which failures are counted: look-alike spellings are one name, a known browser has its own."""
    name = _name(request, credentials)
    if not name:
        return None
    device = device_of(request, name)
    return f"{_folded(name)} (browser {device.number})" if device else _folded(name)[:255]


def counted_together(request: HttpRequest, credentials: dict[str, Any] | None = None) -> list[list[str]]:
    """What failures have in common that are counted together: the network too, unless the browser is known."""
    is_known = device_of(request, _name(request, credentials))
    return [["username"]] if is_known else [["username", "ip_address"]]


def _name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name as the sign-in form reads it."""
    return unicodedata.normalize("NFKC", (credentials or request.POST).get("username") or "")


def _folded(name: str) -> str:
    """Fold case, and normalize what comes of it."""
    return unicodedata.normalize("NFKC", name.casefold())


def counted_address(request: HttpRequest) -> str | None:
    """The network address of the client, in the format of its column.

    Clients without a valid address count as one network.
    """
    try:
        return str(ip_interface(client_network(request)).network.network_address)
    except ValueError:
        return None


class SignInLimits(AxesDatabaseHandler):
    """Limit failures per name and network, as axes does by default, and per network for all names.

    Those of a known browser are limited by themselves.
    """

    def get_failures(self, request: Any, credentials: dict[str, Any] | None = None) -> int:
        """The failures of the name or known browser; at the limit if the network has reached its own."""
        of_name: int = super().get_failures(request, credentials)
        if of_name >= settings.AXES_FAILURE_LIMIT:
            request.sign_in_refusal = Refusal.NAME
        elif device_of(request, _name(request, credentials)):
            return of_name
        elif _failures(request) >= settings.SIGN_IN_NETWORK_FAILURES:
            request.sign_in_refusal = Refusal.NETWORK
            return int(settings.AXES_FAILURE_LIMIT)
        return of_name


def _failures(request: Any) -> int:
    """The failures of all names from this network, within the cooling-off period."""
    since = request.axes_attempt_time - settings.AXES_COOLOFF_TIME
    attempts = AccessAttempt.objects.filter(ip_address=request.axes_ip_address, attempt_time__gte=since)
    return attempts.aggregate(total=Sum("failures_since_start"))["total"] or 0


# Refusing


def refuse(request: Any, response: HttpResponse | None = None, credentials: Any = None) -> HttpResponse:
    """The page shown instead of the form, the same for existing and unknown names."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    context = {
        "refusal": getattr(request, "sign_in_refusal", Refusal.NAME).value,
        "username": (credentials or request.POST).get("username", ""),
    }
    page = render(request, "locked_out.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    page.headers["Retry-After"] = str(seconds)
    return page


# Retention


def forget_sign_ins(*, at: datetime) -> dict[str, int]:
    """Delete ended sessions, unfinished sign-ins, outdated attempts, and sign-in logs older than `RECORD_DAYS`.

    The sign-in log is deleted by a function that runs as the owner: the running role may not delete its own log.
    """
    AccountSession.objects.filter(Q(expire_date__lt=at) | Q(seen_at__lt=at - settings.SESSION_IDLE)).delete()
    SignInStep.objects.counted(at=at, is_counted=False).delete()
    attempts = AccessAttempt.objects.filter(attempt_time__lt=at - settings.AXES_COOLOFF_TIME).delete()[0]
    with connection.cursor() as cursor:
        cursor.execute("select * from observatory_forget_sign_ins()")
        signed_in, failed = cursor.fetchone()
    return {"attempts": attempts, "sign-ins": signed_in, "failures": failed}
