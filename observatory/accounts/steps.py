"""The step between the password and the second factor, and how often it may fail.

Nobody is signed in during the step: the browser has the random key of a row in a cookie of its own, and no session.
Wrong codes are counted together with wrong passwords, by `sign_in.SignInLimits`. Since codes are short, an account also
accepts no more than `SECOND_STEP_FAILURES` wrong ones from all networks together; its known browsers are exempt, so
that who has the password, and only they can get here, does not lock its owner out.
"""

import secrets
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import F, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from observatory.accounts.devices import device_of
from observatory.accounts.models import STEP_AGE, SignInStep
from observatory.accounts.secrets import digest
from observatory.accounts.sign_in import Refusal


def begin_step(response: HttpResponse, user: Any, next_url: str) -> None:
    """Begin the step in the browser that gets the response."""
    key = secrets.token_urlsafe(32)
    SignInStep.objects.create(digest=digest(key), user=user, password=user.password, next_url=next_url)
    response.set_cookie(
        settings.STEP_COOKIE_NAME,
        key,
        max_age=STEP_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def step_of(request: HttpRequest) -> SignInStep | None:
    """The step of this browser, unless it is over or the account has been closed or has another password."""
    key = request.COOKIES.get(settings.STEP_COOKIE_NAME, "")
    steps = SignInStep.objects.open(at=timezone.now()).select_related("user")
    step: SignInStep | None = steps.filter(digest=digest(key)).first() if key else None
    if step and step.user.is_active and step.user.password == step.password:
        return step
    return None


def end_step(response: HttpResponse, step: SignInStep) -> None:
    step.delete()
    response.delete_cookie(settings.STEP_COOKIE_NAME, samesite="Strict")


# Limits


def is_refused(request: Any, user: Any) -> bool:
    """Whether no code of this account is looked at from here; `sign_in.refuse` says why."""
    credentials = {"username": user.get_username()}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return True
    if device_of(request, user.get_username()) is None and _failures(user) >= settings.SECOND_STEP_FAILURES:
        request.sign_in_refusal = Refusal.CODES
        return True
    return False


def note_failure(request: Any, step: SignInStep) -> None:
    """Count a wrong code, as a wrong password is counted; axes answers instead of the view once it was the last."""
    SignInStep.objects.filter(pk=step.pk).update(failures=F("failures") + 1)
    credentials = {"username": step.user.get_username()}
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)


def _failures(user: Any) -> int:
    """The wrong codes of the account from everywhere, within the cooling-off period."""
    steps = SignInStep.objects.counted(at=timezone.now()).filter(user=user)
    return steps.aggregate(total=Sum("failures"))["total"] or 0
