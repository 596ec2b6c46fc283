"""Export measures from the admin list: all that match its filters, or the selected ones."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from foundation.files.formats import FORMATS
from foundation.files.importing.admin import exported_response
from foundation.files.resources import may_export
from measures.admin.query_filter import problems_of
from measures.files.resources import MeasureResource


class ExportAdmin(admin.ModelAdmin):
    """An admin of measures whose list can be exported."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("export/measures.<slug:ending>", view(self.export_list), name="measures_measure_export"),
            *super().get_urls(),
        ]

    def export_list(self, request: HttpRequest, ending: str) -> HttpResponseBase:
        """Export the measures of the list, with the filters, search and order of its query string."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        address = reverse("admin:measures_measure_changelist")
        try:
            changelist = self.get_changelist_instance(request)
            queryset = changelist.get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(address)
        if problems_of(changelist):  # shown by the list
            return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}")
        return exported_response(request, ending, MeasureResource, queryset)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        offered = FORMATS.items() if self.has_export_permission(request) else ()
        formats = [(ending, found.name) for ending, found in offered]
        response = super().changelist_view(request, {"formats": formats, **(extra_context or {})})
        for problem in problems_of(getattr(response, "context_data", {}).get("cl")):
            messages.error(request, f"{problem.label or problem.parameter}: {problem.message}")
        return response

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whether the user may export measures; named as in django-import-export."""
        return may_export(request.user, MeasureResource)


Action = Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponseBase]


def _export_selected(ending: str) -> Action:
    """A list action that exports the selected measures or, with “select all”, all that match the filters."""

    @admin.action(
        description=format_lazy(gettext_lazy("Export as {format}"), format=FORMATS[ending].name), permissions=["export"]
    )
    def act(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        is_whole_list = request.POST.get("select_across") == "1"
        named = "" if is_whole_list else ", ".join(queryset.order_by("pk").values_list("public_id", flat=True))
        return exported_response(request, ending, MeasureResource, queryset, note=named)

    act.__name__ = f"export_selected_as_{ending}"  # identifies the action
    return act


ACTIONS = [_export_selected(ending) for ending in FORMATS]
