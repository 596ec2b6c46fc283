"""The page after the password: a code, a recovery code or a passkey; or the set-up of an app, where one is required."""

import json
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from countries.models.site import current_site
from foundation.records.audit import Act
from observatory.accounts import passkeys, second_factor
from observatory.accounts.devices import remember_browser
from observatory.accounts.entering import enter, lead_on
from observatory.accounts.mail import note_change
from observatory.accounts.models import AuthenticatorApp, Passkey, SignInStep
from observatory.accounts.pictures import qr_code
from observatory.accounts.sign_in import refuse
from observatory.accounts.steps import end_step, is_refused, note_failure, step_of

LONGEST = 10_000
"""Characters of a passkey's answer."""


class CodeForm(forms.Form):
    """A code of an app, or a recovery code."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}),
    )


@sensitive_post_parameters()
@csrf_protect
@never_cache
def page(request: HttpRequest, site: Any) -> HttpResponse:
    """Ask for the second factor of whoever has typed the right password; others are sent to the first page."""
    step = step_of(request)
    if step is None:
        return HttpResponseRedirect(reverse("admin:login"))
    if not second_factor.has_second_factor(step.user):
        return _set_up(request, site, step)
    if request.method != "POST":
        return _ask(request, site, step)
    with transaction.atomic():
        # One after the other: otherwise many codes sent at once would all be within the limit
        get_user_model().objects.select_for_update().get(pk=step.user.pk)
        if is_refused(request, step.user):
            return refuse(request, credentials={"username": step.user.get_username()})
        if _is_right(request, step):
            return _finish(request, site, step)
        note_failure(request, step)
    return _ask(request, site, step, has_failed=True)


def _is_right(request: HttpRequest, step: SignInStep) -> bool:
    answer = request.POST.get("answer", "")
    if not answer:
        form = CodeForm(request.POST)
        return form.is_valid() and second_factor.is_right_code(step.user, form.cleaned_data["code"])
    challenge = SignInStep.objects.filter(pk=step.pk).values_list("challenge", flat=True).first()
    SignInStep.objects.filter(pk=step.pk).update(challenge=None)
    return (
        challenge is not None
        and len(answer) <= LONGEST
        and passkeys.is_right_answer(request, step.user, challenge, answer)
    )


def _ask(request: HttpRequest, site: Any, step: SignInStep, *, has_failed: bool = False) -> HttpResponse:
    options = None
    if Passkey.objects.filter(user=step.user).exists():
        options, challenge = passkeys.ask_for_known(request, step.user)
        SignInStep.objects.filter(pk=step.pk).update(challenge=challenge)
    context = {
        **site.each_context(request),
        "title": _("Second step"),
        "form": CodeForm(),
        "has_app": AuthenticatorApp.objects.filter(user=step.user).exists(),
        "options": json.dumps(options) if options else "",
        "has_failed": has_failed,
    }
    return TemplateResponse(request, "admin/account/second_step.html", context)


def _set_up(request: HttpRequest, site: Any, step: SignInStep) -> HttpResponse:
    """The installation requires a second factor, and the account has none yet."""
    if not step.secret:
        step.secret = second_factor.new_secret()
        step.save(update_fields=["secret"])
    if request.method == "POST":
        form = CodeForm(request.POST)
        with transaction.atomic():
            if form.is_valid() and second_factor.set_up_app(step.user, step.secret, form.cleaned_data["code"]):
                return _finish(request, site, step, codes=second_factor.new_recovery_codes(step.user))
    return app_page(request, site, step.user, step.secret, is_required=True, has_failed=request.method == "POST")


def _finish(request: HttpRequest, site: Any, step: SignInStep, codes: list[str] | None = None) -> HttpResponse:
    """Sign the person in; `codes` are shown before anything else."""
    enter(request, step.user)
    response = lead_on(request, step.next_url)
    if codes:
        note_change(request, Act.FACTOR_ADDED, step.user, by=step.user)
        response = codes_page(request, site, codes, response.headers["Location"])
        remember_browser(response, step.user)
    end_step(response, step)
    return response


def codes_page(request: HttpRequest, site: Any, codes: list[str], next_url: str) -> HttpResponse:
    """The page that shows recovery codes, this once."""
    context = {**site.each_context(request), "title": _("Recovery codes"), "codes": codes, "next": next_url}
    return TemplateResponse(request, "admin/account/codes.html", context)


def app_page(request: HttpRequest, site: Any, user: Any, secret: str, **context: Any) -> HttpResponse:
    """The page with the QR code of an app about to be set up."""
    context = {
        **site.each_context(request),
        "title": _("Set up an authenticator app"),
        "form": CodeForm(),
        "picture": qr_code(second_factor.app_address(secret, user, current_site().name)),
        "secret": second_factor.written_secret(secret),
        **context,
    }
    return TemplateResponse(request, "admin/account/app.html", context)
