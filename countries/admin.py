"""Countries, their roles, and the figures about them."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

from countries.feed_admin import FeedRunAdmin, IndicatorFeedAdmin
from countries.models import Country, FeedRun, Indicator, IndicatorFeed, MobilityRole, Observation
from countries.periods import PartialDate, Period
from countries.record_admin import RecordAdmin, echo


def echo_view(request: HttpRequest) -> JsonResponse:
    """What is understood of a date while it is typed: one parser for the box, the import and the database."""
    value_class = Period if request.GET.get("kind") == "period" else PartialDate
    try:
        return JsonResponse({"echo": echo(request.GET.get("text", ""), value_class)})
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)})


def three_languages(*fields: str) -> list[Any]:
    """Rows of a form: each field in its three languages, side by side."""
    return [tuple(f"{field}_{language}" for language in ("en", "es", "pt")) for field in fields]


@admin.register(Country)
class CountryAdmin(RecordAdmin):
    field_of_rule = {
        "countries_country_codes": "iso2",
        "countries_country_picture_in_words": "picture_alt",
    }
    list_display = ["iso3", "name_en", "name_es", "name_pt", "subregion", "is_covered"]
    list_display_links = ["iso3", "name_en"]
    list_filter = ["is_covered", "region"]
    search_fields = ["=iso3", "=iso2", "sort_name_en", "sort_name_es", "sort_name_pt", "name_en", "name_es", "name_pt"]
    ordering = ["-is_covered", "sort_name_en"]
    in_use_advice = _("A country of ISO 3166-1 stays. To take its page down, untick “covered”.")
    fieldsets = [
        (None, {"fields": [("iso3", "iso2", "m49"), *three_languages("name"), ("region", "subregion")]}),
        (_("Page"), {"fields": ["is_covered", "slug", *three_languages("summary")]}),
        (_("Picture"), {"fields": ["picture", "picture_credit", "picture_alt"]}),
    ]

    def get_urls(self) -> list[Any]:
        return [path("echo/", self.admin_site.admin_view(echo_view), name="echo"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Country | None = None) -> tuple[str, ...]:
        """A code never changes: records elsewhere go by it."""
        return ("iso3",) if obj else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Country], search_term: str
    ) -> tuple[QuerySet[Country], bool]:
        """Offer every country, the covered ones first."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        return found.order_by("-is_covered", "sort_name_en"), may_have_duplicates


@admin.register(MobilityRole)
class MobilityRoleAdmin(RecordAdmin):
    field_of_rule = {
        "countries_mobilityrole_unique": "as_of",
        "countries_mobilityrole_has_narrative": "narrative_en",
    }
    list_display = ["country", "role", "as_of", "source_name"]
    list_display_links = ["country", "role"]
    list_filter = ["role", ("country", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["country"]
    search_fields = [
        "=country__iso3",
        "country__name_en",
        "source_name",
        "narrative_en",
        "narrative_es",
        "narrative_pt",
    ]
    autocomplete_fields = ["country"]
    fieldsets = [
        (None, {"fields": ["country", "role", "as_of"]}),
        (_("Text"), {"fields": three_languages("narrative")}),
        (_("Source"), {"fields": ["source_name", "source_url"]}),
    ]


@admin.register(Indicator)
class IndicatorAdmin(RecordAdmin):
    field_of_rule = {
        "countries_indicator_share_has_base": "base",
        "countries_indicator_not_its_own_base": "base",
        "countries_indicator_map_breaks": "map_breaks",
    }
    list_display = ["key", "name_en", "unit", "base", "is_daily"]
    list_filter = ["unit", "is_daily"]
    list_select_related = ["base"]
    search_fields = ["key", "name_en", "name_es", "name_pt"]
    autocomplete_fields = ["base"]
    in_use_advice = _("It has figures. Delete these first, or leave the indicator as it is.")
    fieldsets = [
        (None, {"fields": ["key", *three_languages("name", "definition")]}),
        (_("Values"), {"fields": ["unit", "decimals", "base", "is_daily", "map_breaks"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Indicator | None = None) -> tuple[str, ...]:
        """Files name an indicator by its key."""
        return ("key",) if obj else ()


@admin.register(Observation)
class ObservationAdmin(RecordAdmin):
    field_of_rule = {
        "countries_observation_unique": "period",
        "countries_observation_codes_known": "qualifier",
        "countries_observation_value_or_reason": "value",
        "countries_observation_counterpart_differs": "counterpart",
    }
    list_display = ["indicator", "country", "counterpart", "period", "value", "qualifier", "status"]
    list_display_links = ["indicator", "value"]
    list_filter = ["indicator", ("country", admin.RelatedOnlyFieldListFilter), "status", "qualifier"]
    list_select_related = ["indicator", "country", "counterpart"]
    search_fields = [
        "indicator__key",
        "indicator__name_en",
        "=country__iso3",
        "country__name_en",
        "source_name",
        "note",
    ]
    autocomplete_fields = ["indicator", "country", "counterpart"]
    fieldsets = [
        (None, {"fields": ["indicator", ("country", "counterpart"), "period"]}),
        (_("Value"), {"fields": [("qualifier", "value"), "status", "note"]}),
        (_("Source"), {"fields": ["source_name", "source_url"]}),
    ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Observation], search_term: str
    ) -> tuple[QuerySet[Observation], bool]:
        """Also find `PER USA`: a country and its counterpart."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        codes = search_term.upper().split()
        if len(codes) == 2:
            found |= queryset.filter(Q(country=codes[0], counterpart=codes[1]))
        return found, may_have_duplicates


admin.site.register(IndicatorFeed, IndicatorFeedAdmin)
admin.site.register(FeedRun, FeedRunAdmin)
