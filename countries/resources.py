"""The columns of the files of countries and figures, by name: what every import and export reads and writes."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries import observation_rules
from countries.models import (
    PERCENT,
    Country,
    CountryArea,
    Indicator,
    IndicatorFeed,
    MobilityRole,
    Named,
    Observation,
    PublicNames,
    Role,
    Site,
    Unit,
)
from foundation.files.columns import ReadOnlyColumn, moment
from foundation.files.dataset_resource import DatasetResource
from foundation.files.field_columns import NumberColumn, PublicKeyColumn, TextColumn
from foundation.files.resources import ImportOptions, Rule
from foundation.numbers import TypedNumber


class SiteResource(DatasetResource):
    """site.csv, of one row"""

    keys = (("key",),)
    names = ("name_en",)

    class Meta:
        model = Site
        name = "site"
        fields = (
            "key",
            "name_en",
            "name_es",
            "name_pt",
            "tagline_en",
            "tagline_es",
            "tagline_pt",
            "headline_en",
            "headline_es",
            "headline_pt",
            "lead_en",
            "lead_es",
            "lead_pt",
            "subject_en",
            "subject_es",
            "subject_pt",
            "about_en",
            "about_es",
            "about_pt",
            "area",
            "citation_name",
            "contact",
        )


class PageColumn(TextColumn):
    """A text of the page of a country; a country that is not covered has none."""

    def written(self, *, public: bool = False) -> str:
        text = super().written(public=public)
        return f"case when r.is_covered then {text} else '' end" if public else text


def _of_page(name: str) -> PageColumn:
    field: Any = Country._meta.get_field(name)
    return PageColumn(field)


class CountryResource(DatasetResource):
    """countries.csv"""

    summary_en = _of_page("summary_en")
    summary_es = _of_page("summary_es")
    summary_pt = _of_page("summary_pt")
    picture_credit = _of_page("picture_credit")
    picture_alt = _of_page("picture_alt")
    picture_alt_es = _of_page("picture_alt_es")
    picture_alt_pt = _of_page("picture_alt_pt")
    updated_at = ReadOnlyColumn("updated_at", moment("r.updated_at"))
    meanings = {"updated_at": gettext_lazy("When the record was last changed; rows that are older leave it alone.")}
    keys = (("iso3",),)
    names = ("name_en",)
    is_whole = True  # figures and relations name countries that are not covered
    local = ("updated_at",)
    told_at = "updated_at"

    class Meta:
        model = Country
        name = "countries"
        fields = (
            "iso3",
            "iso2",
            "m49",
            "slug",
            "name_en",
            "name_es",
            "name_pt",
            "region",
            "subregion",
            "is_covered",
            "summary_en",
            "summary_es",
            "summary_pt",
            "picture_credit",
            "picture_alt",
            "updated_at",
            "picture_alt_es",
            "picture_alt_pt",
        )

    @classmethod
    def withdraws(cls) -> Sequence[PublicNames]:
        return (PublicNames(Named.COUNTRY, Country, "slug"),)


class CountryAreaResource(DatasetResource):
    """areas.csv"""

    keys = (("code",),)
    names = ("native_name",)

    class Meta:
        model = CountryArea
        name = "areas"
        fields = ("code", "country", "native_name", "name_en", "name_es", "name_pt")


class RoleResource(DatasetResource):
    """roles.csv"""

    adds_only = True
    keys = (("key",),)
    names = ("label_en",)

    class Meta:
        model = Role
        name = "roles"
        fields = ("key", "position", "label_en", "label_es", "label_pt", "icon")


class UnitResource(DatasetResource):
    """units.csv"""

    adds_only = True
    keys = (("key",),)
    names = ("name_en",)

    class Meta:
        model = Unit
        name = "units"
        fields = (
            "key",
            "name_en",
            "name_es",
            "name_pt",
            "suffix_en",
            "suffix_es",
            "suffix_pt",
            "decimals",
            "is_whole",
            "may_be_negative",
            "base",
            "currency",
            "price_year",
        )

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse a change that stored values would not fit."""
        return observation_rules.rules_of_units()


class IndicatorResource(DatasetResource):
    """indicators.csv"""

    role = PublicKeyColumn(Indicator._meta.get_field("role"))
    adds_only = True
    keys = (("key",),)
    names = ("name_en",)

    class Meta:
        model = Indicator
        name = "indicators"
        fields = (
            "key",
            "name_en",
            "name_es",
            "name_pt",
            "definition_en",
            "definition_es",
            "definition_pt",
            "unit",
            "decimals",
            "base",
            "is_daily",
            "map_breaks",
            "headline_position",
            "role",
            "role_position",
        )

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse a share without a base, and a unit that stored values would not fit."""
        return observation_rules.rules_of_indicators()


class MobilityRoleResource(DatasetResource):
    """mobility_roles.csv"""

    keys = (("country", "role", "as_of"),)

    class Meta:
        model = MobilityRole
        name = "mobility_roles"
        fields = (
            "country",
            "role",
            "narrative_en",
            "narrative_es",
            "narrative_pt",
            "as_of",
            "source_name",
            "source_url",
            "source_name_es",
            "source_name_pt",
        )


class FigureColumn(NumberColumn):
    """The value of a figure; a percent sign may follow if its indicator is in percent."""

    def of_number(self, number: TypedNumber, text: str) -> str:
        """The canonical text; the sign stays until the row's indicator is known."""
        sign = "%" if number.is_percent else ""
        return super().of_number(TypedNumber(number.value, False), text) + sign

    def settled(self) -> list[str]:
        return [
            "update staged s set value = rtrim(s.value, '%%') from countries_indicator i"
            f" join countries_unit u on u.key = i.unit_id and u.base = {PERCENT}"
            " where i.key = s.indicator and s.value <> rtrim(s.value, '%%')"
        ]

    def stored(self) -> tuple[str, str]:
        return self.db_column, observation_rules.NUMBER

    def refused(self) -> list[tuple[str, str]]:
        return [
            (
                "select s.line, s.value from checked s where s.value <> rtrim(s.value, '%%')",
                _("Only values of an indicator in percent have a percent sign. Write the number alone."),
            )
        ]

    def row_check(self) -> tuple[str, Callable[..., str]]:
        return observation_rules.unit_check()


class ObservationResource(DatasetResource):
    """observations.csv"""

    value = FigureColumn(Observation._meta.get_field("value"))
    keys = (("indicator", "country", "counterpart", "period"),)

    class Meta:
        model = Observation
        name = "observations"
        fields = (
            "indicator",
            "country",
            "counterpart",
            "period",
            "value",
            "qualifier",
            "status",
            "note",
            "source_name",
            "source_url",
            "note_es",
            "note_pt",
            "source_name_es",
            "source_name_pt",
        )

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse shares that exceed their whole; the column refuses what its unit does not allow."""
        return observation_rules.rules()


class IndicatorFeedResource(DatasetResource):
    """indicator_feeds.csv"""

    keys = (("key",),)

    class Meta:
        model = IndicatorFeed
        name = "indicator_feeds"
        fields = (
            "key",
            "indicator",
            "url",
            "format",
            "encoding",
            "skip_rows",
            "records_path",
            "pages_path",
            "country_column",
            "country_code",
            "aliases",
            "leaves_out_unknown",
            "day_column",
            "day_order",
            "value_column",
            "decimal_mark",
            "multiplier",
            "filter_column",
            "filter_value",
            "source_name",
            "source_url",
            "every",
            "lowest",
            "highest",
            "jump",
            "is_on",
            "note",
            "source_name_es",
            "source_name_pt",
        )
