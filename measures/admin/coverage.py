"""The coverage ledger: its rows one by one, and the grid in which many are marked at once."""

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
from measures.admin.coverage_grid import grid_view
from measures.models import Coverage


@admin.register(Coverage)
class CoverageAdmin(MergingAdmin):
    change_list_template = "admin/measures/coverage/change_list.html"
    team_fields = ("country",)
    field_of_rule = {
        "measures_coverage_unique": "period",
        "measures_coverage_period_is_a_quarter": "period",
        "measures_coverage_state_known": "state",
        "measures_coverage_says_who_when_and_where": "searched",
        "measures_coverage_checked_after_its_beginning": "checked_on",
        "measures_coverage_checked_after_its_end": "state",
    }
    list_display = ["country", "topic", "period", "state", "checked_on", "checked_by", "is_proposed"]
    list_display_links = ["topic", "period"]
    list_filter = ["is_proposed", "state", ("country", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["country", "topic"]
    search_fields = ["=country__iso3", "country__name_en", "topic__key", "topic__label_en", "searched", "checked_by"]
    autocomplete_fields = ["country", "topic"]
    fields = [("country", "topic", "period"), "state", ("checked_on", "checked_by"), "searched", "is_proposed"]
    public_advice = _(
        "The ledger of a covered country is public. Only editors may change it; others propose in the grid."
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.grid)
        return [path("countries/<slug:slug>/", view, name="measures_coverage_grid"), *super().get_urls()]

    def grid(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The ledger of one country."""
        return grid_view(self, request, slug)

    def get_readonly_fields(self, request: HttpRequest, obj: Coverage | None = None) -> tuple[str, ...]:
        """A row is approved in the grid."""
        return ("is_proposed",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"is_proposed": not may_publish(request.user), **super().get_changeform_initial_data(request)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"grids": self._grids(request), **(extra_context or {})})

    def _grids(self, request: HttpRequest) -> QuerySet[Country]:
        """The countries whose ledger a person keeps."""
        return of_own_countries(request.user, Country.objects.covered()).by_name()
