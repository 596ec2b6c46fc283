"""Countries, their roles, and the figures about them."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import DecimalField, ImageField, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from countries.admin.profile import (
    FIGURES_ARE_PUBLIC,
    NOTES,
    RULES_OF_FIGURES,
    RULES_OF_ROLES,
    SOURCES,
    FigureField,
    FigureInline,
    PlainValue,
    RoleInline,
    ShareForm,
    daily_indicators,
    number_left_out,
    roles_of,
    with_new_edition,
    with_plain_value,
)
from countries.feeds.admin import FeedRunAdmin, IndicatorFeedAdmin
from countries.models import Country, FeedRun, Indicator, IndicatorFeed, MobilityRole, Observation, Role
from countries.models.site import known_site
from countries.pictures import PictureField
from foundation.records.edit_conflict_admin import session_view, without_errors
from foundation.records.record_admin import READERS, NumberInput
from foundation.records.revision_desk_admin import ReviewedAdmin
from foundation.records.second_reader import may_publish
from foundation.records.second_reader_admin import is_proposal, refuse
from foundation.records.teams import of_own_countries, works_everywhere

PUBLIC_OF_EVERY_COUNTRY = (
    *("iso3", "iso2", "m49", "slug", "name_en", "name_es", "name_pt", "region", "subregion"),
    "is_covered",
)
"""The fields that are public for every country, even one without a page: on the map, in filters and in files."""
PICTURE_IN_WORDS = ("picture_alt", "picture_alt_es", "picture_alt_pt")
NEW_EDITION = "_new_edition"
"""The button that starts a new edition of a role."""
ON_CARD = ("role", "role_position")
"""The fields that place an indicator on the card of a role."""


def echo_view(request: HttpRequest) -> JsonResponse:
    """Return how a value is read while it is typed, using the same parser as the form and the import."""
    read = READERS.get(request.GET.get("kind", ""), READERS["date"])
    try:
        return JsonResponse({"echo": read(request.GET.get("text", ""))})
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)})


def three_languages(*fields: str) -> list[Any]:
    """Form rows that show each field in its three languages, side by side."""
    return [tuple(f"{field}_{language}" for language in ("en", "es", "pt")) for field in fields]


@admin.register(Country)
class CountryAdmin(ReviewedAdmin):
    """A country with its whole profile: the roles in all their editions, and the figures, on one page."""

    formfield_overrides = {**ReviewedAdmin.formfield_overrides, ImageField: {"form_class": PictureField}}
    change_form_template = "admin/countries/country/change_form.html"
    inlines = [RoleInline, FigureInline]
    form_buttons = (NEW_EDITION,)
    field_of_rule = {
        "countries_country_codes": "iso2",
        "countries_country_iso3_of_a_country": "iso3",
        "countries_country_iso2_unique": "iso2",
        "countries_country_m49_unique": "m49",
        "countries_country_picture_in_words": "picture_alt",
    }
    list_display = ["iso3", "name_en", "name_es", "name_pt", "subregion", "is_covered"]
    list_display_links = ["iso3", "name_en"]
    list_filter = ["is_covered", "region"]
    search_fields = ["=iso3", "=iso2", "sort_name_en", "sort_name_es", "sort_name_pt", "name_en", "name_es", "name_pt"]
    ordering = ["-is_covered", "sort_name_en"]
    in_use_advice = _("Countries of ISO 3166-1 cannot be deleted. To take down a country’s page, untick “covered”.")
    public_advice = _(
        "This country has a public page, and changes appear on it at once. Only editors may change its texts, roles "
        "and figures."
    )
    fieldsets = [
        (
            _("Codes and names"),
            {"fields": [("iso3", "iso2", "m49"), *three_languages("name"), ("region", "subregion")]},
        ),
        (_("Page"), {"fields": [("is_covered", "slug"), *three_languages("summary")]}),
        (_("Picture"), {"fields": ["picture", "picture_credit", PICTURE_IN_WORDS], "classes": ["collapse"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new country is of no team yet."""
        return super().has_add_permission(request) and works_everywhere(request.user)

    def get_urls(self) -> list[Any]:
        own = self.admin_site.admin_view
        return [
            path("echo/", own(echo_view), name="echo"),
            path("session/", own(never_cache(session_view)), name="session"),
            *super().get_urls(),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Country | None = None) -> tuple[str, ...]:
        """A code never changes: other records refer to it. Only editors change what is public for every country."""
        if not (may_publish(request.user) or is_proposal(request)):
            return PUBLIC_OF_EVERY_COUNTRY
        return ("iso3",) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Country | None = None) -> Any:
        """Collapse the codes of an existing country: they hardly ever change."""
        codes, *others = super().get_fieldsets(request, obj)
        return [(codes[0], {**codes[1], "classes": ["collapse"]}), *others] if obj else [codes, *others]

    def get_inlines(self, request: HttpRequest, obj: Country | None) -> Any:
        """Leave out the profile while a country is added, and the roles where the site has none."""
        inlines: Any = super().get_inlines(request, obj) if obj else []
        return [inline for inline in inlines if inline is not RoleInline or roles_of(request)]

    def before_saving(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        answer = super().before_saving(request, object_id)
        self._start_edition(request)
        return answer

    def notice_newer_version(self, request: HttpRequest, record: Country) -> None:
        """Lock the rows too."""
        for rows in (record.roles, FigureInline(Country, self.admin_site).get_queryset(request)):
            list(rows.select_for_update(of=("self",), no_key=True))
        super().notice_newer_version(request, record)

    def newer_version(self, request: HttpRequest, record: Country) -> str:
        return super().newer_version(request, record) if is_proposal(request) else _newer_version()

    def _start_edition(self, request: Any) -> None:
        """Show the form again, unsaved, with a new edition that is prefilled from the newest one."""
        asked = request.POST.get(NEW_EDITION, "")
        role = next((role for role in roles_of(request) if role.key == asked), None) if asked else None
        if role is None or getattr(request, "refusal", None):
            return
        data, place = with_new_edition(request.POST, role.key)
        request.begun = {"id": f"roles-{place}", "text": _edition_begun(role)}
        refuse(request, data, request.begun["text"])

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        country: Country | None = context["original"]
        if country:
            if begun := getattr(request, "begun", None):
                context["begun"] = begun
                without_errors(context)
            context |= {
                "editions": list({row.role_id: row.role for row in country.roles.select_related("role")}.values()),
                "daily": daily_indicators(country),
                "skipped": number_left_out(country),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Country, form: Any, change: bool) -> None:
        """Leave the country unchanged if only its inline rows were edited."""
        if not change or form.changed_data:
            super().save_model(request, obj, form, change)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Country], search_term: str
    ) -> tuple[QuerySet[Country], bool]:
        """Offer every country, the covered ones first; one's own where a record is to belong to it."""
        asked = self.admin_site._registry.get(_asking_model(request))
        if request.GET.get("field_name") in getattr(asked, "team_fields", ()):
            queryset = of_own_countries(request.user, queryset)
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        return found.order_by("-is_covered", "sort_name_en"), may_have_duplicates


def _asking_model(request: HttpRequest) -> Any:
    """The model of the form that asks for countries to choose from; None if no form does."""
    try:
        return apps.get_model(request.GET.get("app_label", ""), request.GET.get("model_name", ""))
    except (LookupError, ValueError):
        return None


def _newer_version() -> str:
    return gettext(
        "Not saved yet: another person changed this profile after you opened it. Both versions are shown below. Where "
        "only one of you made a change, the form already has it. Review the other fields, then save again."
    )


def _edition_begun(role: Role) -> str:
    return gettext(
        "Not saved yet: the new edition of “%(role)s” starts with the text of the latest one. Enter its date, update "
        "the text, then save."
    ) % {"role": role.label}


@admin.register(MobilityRole)
class MobilityRoleAdmin(ReviewedAdmin):
    team_fields = ("country",)
    field_of_rule = RULES_OF_ROLES
    public_advice = _("The roles of a covered country appear on its public page at once. Only editors may enter them.")
    list_display = ["country", "role", "as_of", "source_name"]
    list_display_links = ["country", "role"]
    list_filter = ["role", ("country", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["country", "role"]
    search_fields = [
        "=country__iso3",
        "country__name_en",
        *SOURCES,
        "narrative_en",
        "narrative_es",
        "narrative_pt",
    ]
    autocomplete_fields = ["country"]
    fieldsets = [
        (None, {"fields": ["country", "role", "as_of"]}),
        (_("Text"), {"fields": three_languages("narrative")}),
        (_("Source"), {"fields": [SOURCES, "source_url"]}),
    ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Hide roles from the menu if the site has none."""
        return super().has_module_permission(request) and known_site().has_roles


@admin.register(Indicator)
class IndicatorAdmin(ReviewedAdmin):
    field_of_rule = {
        "countries_indicator_not_its_own_base": "base",
        "countries_indicator_map_breaks": "map_breaks",
        "countries_indicator_one_place": "role",
    }
    list_display = ["key", "name_en", "unit", "base", "is_daily"]
    list_filter = ["unit", "is_daily"]
    list_select_related = ["base", "unit"]
    search_fields = ["key", "name_en", "name_es", "name_pt"]
    autocomplete_fields = ["base"]
    public_advice = _("This indicator has public figures. Only editors may change it.")
    in_use_advice = _("This indicator has figures. Delete them first, or leave the indicator as it is.")
    fieldsets = [
        (None, {"fields": ["key", *three_languages("name", "definition")]}),
        (_("Values"), {"fields": ["unit", "decimals", "base", "is_daily", "map_breaks"]}),
        (_("Place on a profile"), {"fields": ["headline_position", ON_CARD]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Indicator | None = None) -> Any:
        """Leave out the position on a role card if the site has no roles."""
        *others, (words, place) = super().get_fieldsets(request, obj)
        rows = [row for row in place["fields"] if row != ON_CARD or roles_of(request)]
        return [*others, (words, {**place, "fields": rows})]

    def get_readonly_fields(self, request: HttpRequest, obj: Indicator | None = None) -> tuple[str, ...]:
        """The key is read-only after creation: files refer to an indicator by it."""
        return ("key",) if obj else ()


@admin.register(Observation)
class ObservationAdmin(PlainValue, ReviewedAdmin):
    form = ShareForm
    team_fields = ("country",)
    field_of_rule = RULES_OF_FIGURES
    formfield_overrides = {
        **ReviewedAdmin.formfield_overrides,
        DecimalField: {"form_class": FigureField, "widget": NumberInput},
    }
    public_advice = FIGURES_ARE_PUBLIC
    list_display = ["indicator", "country", "counterpart", "period", "value", "qualifier", "status"]
    list_display_links = ["indicator", "value"]
    list_filter = ["indicator", ("country", admin.RelatedOnlyFieldListFilter), "status", "qualifier"]
    list_select_related = ["indicator", "country", "counterpart"]
    search_fields = [
        "indicator__key",
        "indicator__name_en",
        "=country__iso3",
        "country__name_en",
        *SOURCES,
        *NOTES,
    ]
    autocomplete_fields = ["indicator", "country", "counterpart"]
    fieldsets = [
        (None, {"fields": ["indicator", ("country", "counterpart"), "period"]}),
        (_("Value"), {"fields": [("qualifier", "value"), "status", NOTES]}),
        (_("Source"), {"fields": [SOURCES, "source_url"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Observation | None = None) -> Any:
        fieldsets: Any = super().get_fieldsets(request, obj)
        if may_publish(request.user) or is_proposal(request):
            return fieldsets
        return [(name, {**options, "fields": with_plain_value(options["fields"])}) for name, options in fieldsets]

    def get_readonly_fields(self, request: HttpRequest, obj: Observation | None = None) -> Any:
        return () if may_publish(request.user) or is_proposal(request) else ("plain_value",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A figure becomes public at once, so only those who may publish can add one."""
        return super().has_add_permission(request) and may_publish(request.user)

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
