"""Reports of errors: read, set aside as spam, answered."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from foundation.records.record_admin import RelatedByChoice
from foundation.records.team_admin import TeamAdmin
from measures.corrections import reports
from measures.corrections.reports import ANSWERED
from measures.models import ErrorReport, ReportState


class AnswerForm(forms.ModelForm):
    """What readers will see. It carries the state in which the report was read."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    stored: ErrorReport

    class Meta:
        model = ErrorReport
        fields = ANSWERED

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.initial["seen"] = _seen(self.instance)
        for name in self.fields.keys() & {"outcome", "question", "answer"}:
            self.fields[name].required = True  # of an answer; a report that waits has none of them

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self.stored = ErrorReport.objects.select_for_update().get(pk=self.instance.pk)
        if cleaned.get("seen") != _seen(self.stored):
            raise ValidationError(
                _("Somebody has decided on this report in the meantime. Reload the page to see it."), code="decided"
            )
        return cleaned


def _seen(report: ErrorReport) -> str:
    return f"{report.state}|{report.answered_at.isoformat() if report.answered_at else ''}"


@admin.action(description=gettext_lazy("Set aside as spam"), permissions=["change"])
def set_aside(model_admin: Any, request: HttpRequest, queryset: QuerySet[ErrorReport]) -> None:
    _move_all(request, queryset, reports.set_aside)


@admin.action(description=gettext_lazy("Not spam: to answer"), permissions=["change"])
def take_back(model_admin: Any, request: HttpRequest, queryset: QuerySet[ErrorReport]) -> None:
    _move_all(request, queryset, reports.take_back)


def _move_all(request: HttpRequest, queryset: QuerySet[ErrorReport], move: Any) -> None:
    """Move what can be moved, and say how many were not."""
    moved = left = 0
    for report in queryset:
        try:
            move(report, by=request.user)
        except (ValidationError, PermissionDenied):
            left += 1
        else:
            moved += 1
    if moved:
        text = ngettext("%(count)d report was moved.", "%(count)d reports were moved.", moved)
        messages.success(request, text % {"count": moved})
    if left:
        text = ngettext(
            "%(count)d report is in another state or of another country, and was left alone.",
            "%(count)d reports are in another state or of another country, and were left alone.",
            left,
        )
        messages.warning(request, text % {"count": left})


@admin.register(ErrorReport)
class ErrorReportAdmin(RelatedByChoice, TeamAdmin):
    """Those to answer first; what looks like spam is under its own filter."""

    form = AnswerForm
    list_display = ["name", "field", "beginning", "country", "received_at", "state", "outcome"]
    list_filter = ["state", "outcome"]
    list_select_related = ["country"]
    search_fields = ["name", "field", "text", "question", "answer"]
    readonly_fields = (
        *("about", "field", "value", "text", "evidence"),
        *("sender", "email", "on_behalf_of", "received_at", "state"),
    )
    fieldsets = [
        (gettext_lazy("What was reported"), {"fields": readonly_fields}),
        (
            gettext_lazy("Answer"),
            {
                "fields": ["outcome", "question", "answer", "answer_language", "seen"],
                "description": gettext_lazy(
                    "Correct the record first, where it is wrong. Question and answer are public as soon as you save."
                ),
            },
        ),
        (
            gettext_lazy("Reply of a body concerned"),
            {"fields": ["reply", "reply_by"], "classes": ["collapse"]},
        ),
    ]
    actions = [set_aside, take_back]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only read it has no form."""
        found = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj):
            return found
        return [(name, {**options, "fields": [f for f in options["fields"] if f != "seen"]}) for name, options in found]

    @admin.display(description=gettext_lazy("what is wrong"))
    def beginning(self, report: ErrorReport) -> str:
        return report.text if len(report.text) <= 120 else f"{report.text[:120]} …"

    @admin.display(description=gettext_lazy("about"))
    def about(self, report: ErrorReport) -> str:
        return format_html('<a href="{}" target="_blank">{}</a>', report.page, report.name)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Without a filter, begin with those to answer."""
        if not request.GET and request.method == "GET":
            return HttpResponseRedirect(f"{request.path}?state__exact={ReportState.WAITING}")
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: ErrorReport, form: AnswerForm, change: bool) -> None:
        """Answer the report as it was read."""
        reports.answer(form.stored, form.cleaned_data, by=request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
