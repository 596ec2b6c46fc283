"""One's own account: second factor, recovery codes, and the browsers in which one is signed in."""

import json
from functools import wraps
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from countries.models.site import current_site
from foundation.characters import ReadableCharField
from foundation.keys import whole_number
from foundation.records.audit import Act, record
from foundation.records.models import Digest
from observatory.accounts import passkeys, second_factor
from observatory.accounts.entering import View, recently_signed_in
from observatory.accounts.mail import note_change
from observatory.accounts.models import AccountSession, AuthenticatorApp, Passkey, RecoveryCode
from observatory.accounts.second_step import LONGEST, CodeForm, app_page, codes_page

APP_SECRET, CHALLENGE = "app_secret", "passkey_challenge"
"""Keys of the session while a factor is being added."""


class PasskeyForm(forms.Form):
    """The name of a new passkey, and the browser's answer."""

    name = ReadableCharField(
        label=gettext_lazy("Name of this key"),
        max_length=64,
        help_text=gettext_lazy("Such as “phone” or “office computer”."),
    )
    answer = forms.CharField(max_length=LONGEST, widget=forms.HiddenInput)


def only_by_post(view: View) -> View:
    """Decorator: lead who only looks to the page with the button."""

    @wraps(view)
    def posted(request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:account"))
        return view(request, *arguments, **options)

    return posted


def account(request: HttpRequest, site: Any) -> HttpResponse:
    """What the account has."""
    user: Any = request.user
    context = {
        **site.each_context(request),
        "title": _("Your account"),
        "app": AuthenticatorApp.objects.filter(user=user).first(),
        "passkeys": Passkey.objects.filter(user=user),
        "codes": RecoveryCode.objects.filter(user=user).count(),
        "is_required": second_factor.needs_second_factor(user),
        "sessions": open_sessions(user),
        "key": request.session.session_key,
        "digest_form": DigestForm(instance=digest_of(user)) if user.email else None,
    }
    return TemplateResponse(request, "admin/account/account.html", context)


def open_sessions(user: Any) -> Any:
    """The sessions of the account that have not ended, the latest first."""
    return AccountSession.objects.open(at=timezone.now()).filter(user=user).order_by("-began_at")


# Second factor


@recently_signed_in
def add_app(request: HttpRequest, site: Any) -> HttpResponse:
    """Set up an app, in place of the one before."""
    user: Any = request.user
    secret = request.session.setdefault(APP_SECRET, second_factor.new_secret())
    if request.method == "POST":
        form = CodeForm(request.POST)
        if form.is_valid() and second_factor.set_up_app(user, secret, form.cleaned_data["code"]):
            del request.session[APP_SECRET]
            return _added(request, site)
    return app_page(request, site, user, secret, has_failed=request.method == "POST")


@recently_signed_in
def add_passkey(request: HttpRequest, site: Any) -> HttpResponse:
    """Add a passkey."""
    user: Any = request.user
    form = PasskeyForm(request.POST or None)
    challenge = request.session.pop(CHALLENGE, None)
    if request.method == "POST" and form.is_valid():
        try:
            passkeys.add(request, user, challenge, form.cleaned_data["answer"], form.cleaned_data["name"])
            return _added(request, site)
        except passkeys.NotAccepted:
            form.add_error(None, _("The key was not accepted. Try again."))
    options, request.session[CHALLENGE] = passkeys.ask_for_new(request, user, current_site().name)
    context = {
        **site.each_context(request),
        "title": _("Add a passkey"),
        "form": form,
        "options": json.dumps(options),
    }
    return TemplateResponse(request, "admin/account/passkey.html", context)


def _added(request: Any, site: Any) -> HttpResponse:
    """To the account; the first factor comes with recovery codes."""
    note_change(request, Act.FACTOR_ADDED, request.user, by=request.user)
    if RecoveryCode.objects.filter(user=request.user.pk).exists():
        messages.success(request, _("The second factor was added."))
        return HttpResponseRedirect(reverse("admin:account"))
    return codes_page(request, site, second_factor.new_recovery_codes(request.user), reverse("admin:account"))


@only_by_post
@recently_signed_in
def new_codes(request: HttpRequest, site: Any) -> HttpResponse:
    """New recovery codes, which replace those before."""
    if not second_factor.has_second_factor(request.user):
        return HttpResponseRedirect(reverse("admin:account"))
    return codes_page(request, site, second_factor.new_recovery_codes(request.user), reverse("admin:account"))


@only_by_post
@recently_signed_in
@transaction.atomic
def remove(request: HttpRequest, site: Any) -> HttpResponse:
    """Remove the app or a passkey; with the last factor, the recovery codes. A required factor stays."""
    user: Any = request.user
    key = request.POST.get("passkey", "")
    apps, keys = AuthenticatorApp.objects.filter(user=user), Passkey.objects.filter(user=user)
    chosen: Any = keys.filter(pk=whole_number(key)) if key else apps
    is_last = apps.count() + keys.count() <= 1
    if is_last and second_factor.needs_second_factor(user):
        messages.error(request, _("You need a second factor: add another one, then remove this one."))
    elif chosen.delete()[0]:
        note_change(request, Act.FACTOR_REMOVED, user, by=user)
        messages.success(request, _("The second factor was removed."))
        if is_last:
            second_factor.remove_second_factor(user)
    return HttpResponseRedirect(reverse("admin:account"))


# Sessions


@only_by_post
def end_sessions(request: HttpRequest, site: Any) -> HttpResponse:
    """End one of the person's other sessions, or all of them."""
    count = end(request, request.user, request.POST.get("session", ""))
    messages.success(request, ended_words(count))
    return HttpResponseRedirect(reverse("admin:account"))


def end(request: HttpRequest, user: Any, number: str) -> int:
    """End the session of this number, or all but that of the request if it is empty; return how many."""
    sessions = open_sessions(user).exclude(session_key=request.session.session_key)
    if number:
        sessions = [session for session in sessions if session.number == number]
    keys = [session.pk for session in sessions]
    count = AccountSession.objects.filter(pk__in=keys).delete()[0]
    if count:
        record(Act.SESSIONS_ENDED, user, by=request.user, note=str(count))
    return count


def ended_words(count: int) -> str:
    return ngettext("%(n)d session was ended.", "%(n)d sessions were ended.", count) % {"n": count}


# The daily letter


class DigestForm(forms.ModelForm):
    """Whether the account gets a daily letter, and in which language."""

    class Meta:
        model = Digest
        fields = ("is_wanted", "language")
        labels = {"is_wanted": gettext_lazy("Write to me once a day, if there is something new for me")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def save(self, commit: bool = True) -> Any:
        """Save the choice alone, since a letter may be sent meanwhile; who wants letters again is not told the past."""
        chosen = dict(self.cleaned_data)
        if "is_wanted" in self.changed_data and self.instance.is_wanted:
            chosen["told_until"] = timezone.now()
        return Digest.objects.update_or_create(user=self.instance.user, defaults=chosen)[0]


def digest_of(user: Any) -> Digest:
    """The choice of an account, which may not be stored yet; its first language is that of the page."""
    return Digest.objects.filter(user=user).first() or Digest(user=user, language=get_language() or "en")


@only_by_post
def choose_digest(request: HttpRequest, site: Any) -> HttpResponse:
    """Turn the daily letter on or off, and choose its language."""
    form = DigestForm(request.POST, instance=digest_of(request.user))
    if form.is_valid():
        form.save()
        messages.success(request, _("Your choice is saved."))
    return HttpResponseRedirect(reverse("admin:account"))
