"""The units of figures, on pages of their own: a unit is a row, so that an institute adds one without code."""

from decimal import Decimal

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from countries.admin.country import three_languages
from countries.figures import in_unit
from countries.models import Indicator, Unit
from foundation.records.edit_conflict_admin import MergingAdmin

SAMPLE = Decimal("1234567")
"""The value that shows how a unit is written."""


@admin.register(Unit)
class UnitAdmin(MergingAdmin):
    """The units that indicators can have, each with a number as pages write it."""

    field_of_rule = {
        "countries_unit_key_form": "key",
        "countries_unit_is_whole_without_decimals": "decimals",
        "countries_unit_decimals": "decimals",
        "countries_unit_base": "base",
        "countries_unit_currency": "currency",
        "countries_unit_base_or_currency": "currency",
        "countries_unit_price_year": "price_year",
    }
    list_display = ["key", "name_en", "name_es", "name_pt", "example", "is_whole", "may_be_negative"]
    list_display_links = ["key", "name_en"]
    list_filter = ["is_whole", "may_be_negative"]
    search_fields = ["key", "name_en", "name_es", "name_pt", "=currency"]
    public_advice = _("Public figures are in this unit. Only editors may change it.")
    in_use_advice = _("Indicators have this unit. Give them another one first, or leave the unit as it is.")
    fieldsets = [
        (None, {"fields": ["key", *three_languages("name", "suffix")]}),
        (_("Values"), {"fields": [("decimals", "is_whole", "may_be_negative"), "example"]}),
        (_("Rate"), {"fields": ["base"]}),
        (_("Money"), {"fields": [("currency", "price_year")]}),
    ]
    readonly_fields = ["example"]

    @admin.display(description=_("example"))
    def example(self, unit: Unit) -> str:
        """A number as pages write it."""
        if not unit.pk:
            return ""
        value = Decimal("12.345678") if unit.base else SAMPLE if unit.is_whole else SAMPLE + Decimal("0.891")
        return in_unit(value, Indicator(unit=unit))

    def get_readonly_fields(self, request: HttpRequest, obj: Unit | None = None) -> tuple[str, ...]:
        """The key is read-only after creation: files refer to a unit by it."""
        return ("key", "example") if obj else ("example",)
