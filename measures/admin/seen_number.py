"""The ledger of numbers: its rows one by one, and the numbers of a body and year as a grid."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from foundation.records.edit_conflict_admin import MergingAdmin
from foundation.records.second_reader import may_publish
from foundation.records.teams import of_own_countries
from measures.admin.number_grid import grid_view
from measures.models import SeenNumber


@admin.register(SeenNumber)
class SeenNumberAdmin(MergingAdmin):
    change_list_template = "admin/measures/seennumber/change_list.html"
    team_fields = ("country",)
    field_of_rule = {
        "measures_seennumber_unique": "number",
        "measures_seennumber_kind_known": "kind",
        "measures_seennumber_year_in_bounds": "year",
        "measures_seennumber_has_digits": "number",
        "measures_seennumber_state_known": "state",
        "measures_seennumber_says_who_and_when": "checked_by",
        "measures_seennumber_says_where": "searched",
    }
    list_display = ["number", "issuing_body", "year", "kind", "state", "title", "searched", "is_proposed"]
    list_display_links = ["number"]
    list_filter = ["is_proposed", "state", ("country", admin.RelatedOnlyFieldListFilter), "year"]
    list_select_related = ["country", "issuing_body"]
    search_fields = ["=country__iso3", "number", "title", "searched", "issuing_body__key", "issuing_body__native_name"]
    autocomplete_fields = ["country", "issuing_body"]
    fields = [
        ("country", "issuing_body"),
        ("kind", "year", "number"),
        "state",
        ("title", "date"),
        "address",
        ("checked_on", "checked_by"),
        "searched",
        "is_proposed",
    ]
    public_advice = _(
        "The ledger of a covered country is public. Only editors may change it; others propose in the grid."
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.grid)
        return [path("countries/<slug:slug>/", view, name="measures_number_grid"), *super().get_urls()]

    def grid(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The numbers of one country."""
        return grid_view(self, request, slug)

    def get_readonly_fields(self, request: HttpRequest, obj: SeenNumber | None = None) -> tuple[str, ...]:
        """A row is approved in the grid."""
        return ("is_proposed",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_proposed": not may_publish(request.user), **super().get_changeform_initial_data(request)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"grids": self._grids(request), **(extra_context or {})})

    def _grids(self, request: HttpRequest) -> QuerySet[Country]:
        """The countries whose ledger a person keeps."""
        return of_own_countries(request.user, Country.objects.covered()).by_name()
