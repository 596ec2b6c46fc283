"""The form by which readers report an error, and the page at which each sees what became of theirs.

It works without script and without cookies: nothing depends on who is signed in, so nothing is gained by sending it in
somebody else's name. What holds programs up is in `measures/corrections/guard.py`.
"""

from http import HTTPStatus
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from countries.models.site import current_site
from foundation.characters import ReadableCharField, ReadableEmailField
from measures.corrections.guard import TooMany, new_form
from measures.corrections.reports import Received, receive
from measures.corrections.subjects import Subject, subject_of
from measures.models import ErrorReport
from observatory.refusals import Link, refusal
from observatory.visitors import client_network

TRAP = "website"
"""The field that is hidden from people: a program fills it in."""


class ReportForm(forms.Form):
    """What is wrong, and optionally who says so."""

    field = forms.ChoiceField(label=gettext_lazy("Which statement is wrong?"), required=False)
    text = ReadableCharField(
        label=gettext_lazy("What is wrong, and what is right?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Say in a sentence what is wrong.")},
    )
    evidence = ReadableCharField(
        label=gettext_lazy("Where can we read that?"),
        help_text=gettext_lazy("An address, a gazette with its date, or a page of a document. It helps us most."),
        max_length=2000,
        required=False,
    )
    email = ReadableEmailField(
        label=gettext_lazy("Your e-mail"),
        help_text=gettext_lazy("If we may ask you back. It is never shown, and deleted 90 days after our answer."),
        max_length=254,
        required=False,
    )
    sender = ReadableCharField(label=gettext_lazy("Your name"), max_length=200, required=False)
    on_behalf_of = ReadableCharField(
        label=gettext_lazy("The body for which you write"),
        help_text=gettext_lazy("If the page concerns a body and this is its reply. We check with the body first."),
        max_length=200,
        required=False,
    )

    def __init__(self, *arguments: Any, subject: Subject, **options: Any) -> None:
        super().__init__(*arguments, **options)
        whole: list[tuple[str, Any]] = [("", _("The page as a whole"))]
        shown = [
            (each.key, f"{each.label}: {_shortened(each.value) or _('not recorded')}") for each in subject.statements
        ]
        chosen: Any = self.fields["field"]
        chosen.choices = whole + shown
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["sender"].widget.attrs["autocomplete"] = "name"
        self.fields["on_behalf_of"].widget.attrs["autocomplete"] = "organization"


def _shortened(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:90].rstrip()} …"


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """`/report/?about=/measures/PER-00007/&field=status`: the form, or what was sent with it."""
    subject = subject_of(request.GET.get("about", ""))
    if subject is None:
        raise Http404
    if request.method == "POST":
        form = ReportForm(request.POST, subject=subject)
        if form.is_valid():
            return _received(request, subject, form)
    else:
        named = subject.statement(request.GET.get("field", ""))
        form = ReportForm(initial={"field": named.key if named else ""}, subject=subject)
    context = {"subject": subject, "form": form, "signed": new_form(), "trap": TRAP}
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return _unlisted(render(request, "measures/report.html", context, status=status))


def _received(request: HttpRequest, subject: Subject, form: ReportForm) -> HttpResponse:
    values = dict(form.cleaned_data)
    field = values.pop("field")
    sent = Received(**values, is_trapped=bool(request.POST.get(TRAP)), form=request.POST.get("form", ""))
    try:
        stored = receive(subject, field, sent, network=client_network(request), language=(get_language() or "en")[:10])
    except TooMany:
        contact = current_site().contact_url
        return refusal(
            request,
            HTTPStatus.TOO_MANY_REQUESTS,
            heading=_("Too many reports"),
            reason=_("Many reports came in within an hour, so yours was not stored."),
            remedy=_("Go back, which keeps what you wrote, and send it again in an hour."),
            link=Link(contact, _("Or write to us")) if contact else None,
            retry_after=3600,
        )
    return HttpResponseRedirect(reverse("report_status", args=[stored.key]))


@never_cache
@require_safe
def report_status(request: HttpRequest, report: str) -> HttpResponse:
    """`/report/KEY/`: what became of a report; one that was set aside as spam looks like one that waits."""
    stored = get_object_or_404(ErrorReport, key=report)
    context = {
        "report": stored,
        "has_answer": ErrorReport.objects.answered().filter(pk=stored.pk).exists(),
        "has_page": ErrorReport.objects.about_public().filter(pk=stored.pk).exists(),
    }
    return _unlisted(render(request, "measures/report_status.html", context))


def _unlisted(response: HttpResponse) -> HttpResponse:
    response.headers["X-Robots-Tag"] = "noindex"
    return response
