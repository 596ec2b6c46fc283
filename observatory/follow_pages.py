"""The pages on which readers ask for letters on a filter, confirm that, change it and end it.

They work without script and without cookies; a link of a letter has a secret that stands for its reader. What a link
opens changes nothing: its buttons do.
"""

from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from foundation.characters import ReadableEmailField
from measures.corrections.guard import TooMany, is_hasty, new_form
from measures.listing.filters import MeasureFilter
from measures.models import Frequency, Subscription
from measures.subscriptions import course
from measures.subscriptions.news import title_of
from observatory.outgoing_mail import can_send
from observatory.refusals import refusal
from observatory.report_pages import TRAP
from observatory.tasks import send_letters_soon
from observatory.visitors import client_network

PAGE = ["GET", "HEAD", "POST"]


class FollowForm(forms.Form):
    """Where letters go, and how often."""

    email = ReadableEmailField(
        label=gettext_lazy("Your e-mail"),
        help_text=gettext_lazy(
            "It is used for these letters alone, shown to nobody, and deleted as soon as you unsubscribe."
        ),
        max_length=254,
    )
    frequency = forms.ChoiceField(label=gettext_lazy("How often"), choices=Frequency.choices)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["email"].widget.attrs["autocomplete"] = "email"


class ChangeForm(forms.Form):
    """How often letters come, and in which language."""

    frequency = forms.ChoiceField(label=gettext_lazy("How often"), choices=Frequency.choices)
    language = forms.ChoiceField(label=gettext_lazy("Language"))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        language: Any = self.fields["language"]
        names = dict(Subscription._meta.get_field("language").flatchoices)
        language.choices = [(code, names.get(code, code)) for code, _name in settings.LANGUAGES]


@never_cache
@csrf_exempt
@require_http_methods(PAGE)
def follow(request: HttpRequest) -> HttpResponse:
    """`/follow/?country=PER&topic=asylum`: the form, or what was sent with it; the query string is that of a list."""
    chosen = MeasureFilter(request.GET)
    if not can_send() or not chosen.is_valid():
        raise Http404
    query, signed = chosen.canonical, new_form()
    form = FollowForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if request.POST.get(TRAP):  # a program need not know that it was seen
            return HttpResponseRedirect(reverse("follow_sent"))
        if not is_hasty(request.POST.get("form", "")):
            return _asked(request, query, form)
        form.add_error(None, _("That was very quick. If you are a person, press the button once more."))
        signed = request.POST.get("form") or signed
    context = {"form": form, "signed": signed, "trap": TRAP, "title": title_of(query), "query": query}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return _unlisted(render(request, "follow/follow.html", context, status=status))


def _asked(request: HttpRequest, query: str, form: FollowForm) -> HttpResponse:
    """The same answer, by the same steps, whether the address is known or not."""
    asked = course.Asked(**form.cleaned_data, query=query, language=(get_language() or "en")[:10])
    try:
        with transaction.atomic():
            course.ask(asked, network=client_network(request))
            transaction.on_commit(send_letters_soon)
    except TooMany:
        return refusal(
            request,
            HTTPStatus.TOO_MANY_REQUESTS,
            heading=_("Too many requests for letters"),
            reason=_("Many requests came in within an hour, so yours was not taken."),
            remedy=_("Go back, which keeps what you wrote, and send it again in an hour."),
            retry_after=3600,
        )
    return HttpResponseRedirect(reverse("follow_sent"))


@never_cache
@require_safe
def follow_sent(request: HttpRequest) -> HttpResponse:
    """`/follow/sent/`: what to do next; it says the same to everybody."""
    return _unlisted(render(request, "follow/sent.html"))


@never_cache
@csrf_exempt
@require_http_methods(PAGE)
def subscription(request: HttpRequest, subscription: str) -> HttpResponse:
    """`/follow/SECRET/`: a subscription, with the buttons that confirm, change, resume and end it."""
    found = course.subscription_of(subscription)
    if found is None:
        return _gone(request, HTTPStatus.NOT_FOUND)
    form = ChangeForm(initial={"frequency": found.frequency, "language": found.language})
    if request.method == "POST":
        if "change" in request.POST:
            form = ChangeForm(request.POST)
            if not form.is_valid():
                return _page(request, found, subscription, form, HTTPStatus.BAD_REQUEST)
            course.change(found, **form.cleaned_data)
        elif "confirm" in request.POST:
            course.confirm(found)
        elif "resume" in request.POST:
            course.resume(found)
        return HttpResponseRedirect(request.path)
    return _page(request, found, subscription, form)


def _page(
    request: HttpRequest, found: Subscription, token: str, form: ChangeForm, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    query = f"?{found.query}" if found.query else ""
    context = {
        "subscription": found,
        "form": form,
        "title": title_of(found.query),
        "list_url": f"{reverse('measures')}{query}",
        "end_url": reverse("subscription_end", args=[token]),
    }
    return _unlisted(render(request, "follow/subscription.html", context, status=status))


@never_cache
@csrf_exempt
@require_http_methods(PAGE)
def subscription_end(request: HttpRequest, subscription: str) -> HttpResponse:
    """`/follow/SECRET/end/`: the button that ends a subscription; mail programs press it for their reader (RFC 8058).

    Pressed again, it says the same.
    """
    found = course.subscription_of(subscription)
    if request.method == "POST":
        if found:
            course.end(found)
        return _gone(request, HTTPStatus.OK)
    if found is None:
        return _gone(request, HTTPStatus.NOT_FOUND)
    return _unlisted(render(request, "follow/end.html", {"title": title_of(found.query)}))


def _gone(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    return _unlisted(render(request, "follow/ended.html", {"is_ended": status == HTTPStatus.OK}, status=status))


def _unlisted(response: HttpResponse) -> HttpResponse:
    """What nobody should find by a search engine, and whose address no other site is told."""
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
