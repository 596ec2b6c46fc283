"""The areas of countries: rows of ISO 3166-2, to which an institute adds what the standard comes to add."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from countries.admin.country import three_languages
from countries.models import CountryArea
from foundation.records.edit_conflict_admin import MergingAdmin


@admin.register(CountryArea)
class CountryAreaAdmin(MergingAdmin):
    team_fields = ("country",)
    field_of_rule = {"countries_countryarea_code_form": "code"}
    list_display = ["code", "native_name", "name_en", "name_es", "name_pt", "country"]
    list_display_links = ["code", "native_name"]
    list_select_related = ["country"]
    search_fields = ["code", "sort_name", "native_name", "name_en", "name_es", "name_pt"]
    autocomplete_fields = ["country"]
    public_advice = _("Public entries may name this area. Only editors may change it.")
    in_use_advice = _("Entries name this area. Give them another one first, or leave the area as it is.")
    fields = [("code", "country"), "native_name", *three_languages("name")]

    def has_view_permission(self, request: HttpRequest, obj: CountryArea | None = None) -> bool:
        """An area is nothing but names, which are public."""
        return super().has_view_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: CountryArea | None = None) -> tuple[str, ...]:
        """Code and country are read-only after creation: files and acts refer to an area of a country."""
        return ("code", "country") if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CountryArea], search_term: str
    ) -> tuple[QuerySet[CountryArea], bool]:
        """For a measure's form: the areas of its country."""
        if country := request.GET.get("for_country"):
            queryset = queryset.filter(country=country)
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
        return found
