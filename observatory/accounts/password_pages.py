"""Pages for a forgotten password, and for the first one of whoever is invited."""

from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.auth.views import (
    PasswordResetCompleteView,
    PasswordResetConfirmView,
    PasswordResetDoneView,
    PasswordResetView,
)
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from foundation.characters import ReadableEmailField
from foundation.records.audit import Act
from observatory.accounts.links import invitation_tokens
from observatory.accounts.mail import note_change, queue_letters
from observatory.accounts.models import AccountSession
from observatory.refusals import refusal
from observatory.visitors import client_network

ASKED_PER_HOUR = 10
"""Letters that a network may ask for in an hour, in each process."""


class ForgottenForm(Form):
    """Asks for the address. Whether there is an account with it is left to the worker."""

    email = ReadableEmailField(max_length=254)
    email.widget.attrs.update(autocomplete="email", autofocus=True)

    def save(self, *, request: HttpRequest, **_options: Any) -> None:
        queue_letters(request, self.cleaned_data["email"])


@cache
def _limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(MemoryStorage())


@never_cache
def forgotten(request: HttpRequest, site: Any) -> HttpResponseBase:
    """Ask for a letter with a link; without a mail server, say who can make one."""
    context = {**site.each_context(request), "title": _("Password reset")}
    if not settings.SENDS_MAIL:
        return TemplateResponse(request, "admin/account/no_mail.html", context)
    if request.method == "POST" and not _limiter().hit(RateLimitItemPerHour(ASKED_PER_HOUR), client_network(request)):
        return refusal(
            request,
            HTTPStatus.TOO_MANY_REQUESTS,
            heading=_("Too many requests"),
            reason=_("There were too many requests for a new password from your network."),
            remedy=_("Wait an hour, then try again, or ask an administrator for a link."),
            retry_after=3600,
        )
    view = PasswordResetView.as_view(
        form_class=ForgottenForm, success_url=reverse("admin:password_reset_done"), extra_context=context
    )
    return view(request)


def reset_done(request: HttpRequest, site: Any) -> HttpResponseBase:
    context = {**site.each_context(request), "title": _("Password reset sent")}
    return PasswordResetDoneView.as_view(extra_context=context)(request)


def complete(request: HttpRequest, site: Any) -> HttpResponseBase:
    context = {**site.each_context(request), "title": _("Password reset complete")}
    return PasswordResetCompleteView.as_view(extra_context=context)(request)


class NewPasswordView(PasswordResetConfirmView):
    """Django's page, for active accounts; a link that two follow at the same time works for one."""

    @transaction.atomic
    def dispatch(self, *arguments: Any, **options: Any) -> Any:
        response = super().dispatch(*arguments, **options)
        return response.render() if hasattr(response, "render") else response

    def get_user(self, uidb64: str) -> User | None:
        try:
            key = User._meta.pk.to_python(urlsafe_base64_decode(uidb64).decode())
            return User.objects.select_for_update().filter(is_active=True, pk=key).first()
        except (ValueError, OverflowError, ValidationError, TypeError):
            return None

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        """Tell who is signed in, perhaps as somebody else, that the new password ends that session."""
        if self.validlink and self.request.user.is_authenticated:
            words = _("You are signed in as %(name)s. This sets the password of %(account)s and signs you out.")
            messages.warning(self.request, words % {"name": self.request.user, "account": self.user})
        return super().get_context_data(**options)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        AccountSession.objects.filter(user=self.user).delete()
        logout(self.request)  # whoever is signed in: the session that has followed the link may be one of those
        note_change(self.request, Act.PASSWORD_SET, self.user)
        return response


def reset_confirm(request: HttpRequest, site: Any, uidb64: str, token: str) -> HttpResponseBase:
    """Set a new password; the second factor is asked for at the next sign-in all the same."""
    return _new_password(request, site, uidb64, token)


def invitation(request: HttpRequest, site: Any, uidb64: str, token: str) -> HttpResponseBase:
    """Set the first password of an account."""
    return _new_password(request, site, uidb64, token, token_generator=invitation_tokens)


def _new_password(request: HttpRequest, site: Any, uidb64: str, token: str, **options: Any) -> HttpResponseBase:
    success_url = reverse("admin:password_reset_complete")
    view = NewPasswordView.as_view(extra_context=site.each_context(request), success_url=success_url, **options)
    return view(request, uidb64=uidb64, token=token)
