"""The measures of a list of the admin as a file: all that its filters give, or those that are selected."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy

from foundation.files.importing.admin import exported_response
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
        """The measures of the list with its query string: its filters, search and order."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            queryset = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:measures_measure_changelist"))
        return exported_response(request, ending, MeasureResource, queryset)


@admin.action(description=gettext_lazy("Export as CSV"), permissions=["view"])
def export_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet) -> HttpResponseBase:
    """The selected measures, or with “select all” all that the filters of the list give, in its order."""
    return exported_response(request, "csv", MeasureResource, queryset)


@admin.action(description=gettext_lazy("Export as Excel"), permissions=["view"])
def export_selected_as_sheet(model_admin: Any, request: HttpRequest, queryset: QuerySet) -> HttpResponseBase:
    """The same for spreadsheet programs."""
    return exported_response(request, "xlsx", MeasureResource, queryset)
