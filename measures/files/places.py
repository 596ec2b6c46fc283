"""Where an entry holds, in measures.csv: its level, and the rules for areas and for countries bound."""

from dataclasses import replace

from django.utils.translation import gettext as _

from countries.models import CountryArea
from foundation.files.field_columns import ChoiceColumn
from foundation.files.resources import Rule
from foundation.files.targets import Offer
from measures.choices import Level
from measures.files import common_names
from measures.models import Measure
from measures.models.measure_rules import LEVEL_BY_DEFAULT

MEASURES, AREAS = Measure._meta.db_table, CountryArea._meta.db_table


_COUNTRY = "case when s.country is null then r.country_id else nullif(s.country, '') end"
_BY_DEFAULT = LEVEL_BY_DEFAULT.format(country=_COUNTRY, kind="coalesce(s.kind, r.kind)")
"""SQL of the country, and of the level that follows from it and the kind, of the staged row `s` of a record `r`."""


class LevelColumn(ChoiceColumn):
    """The level; an empty cell is the one that follows from country and kind."""

    def offers(self) -> tuple[Offer, ...]:
        """The levels, also by what other people call them."""
        return tuple(
            replace(offer, names=(*offer.names, *common_names.LEVELS[offer.key])) for offer in super().offers()
        )

    def settled(self) -> list[str]:
        """Write the level out, so that an empty cell is compared as what it means."""
        return [
            f"update staged s set level = {_BY_DEFAULT} from outcome o left join {MEASURES} r on r.id = o.id"
            " where o.line = s.line and s.level = ''"
        ]


# The rules for what a row names, or its record where the file says nothing of it

_AREA_CODES = f"select a.code from measures_measure_areas x join {AREAS} a on a.id = x.countryarea_id where {{}}"
_BOUND_CODES = "select x.country_id from measures_measure_binds x where {}"


def _named(column: str, codes: str) -> str:
    """SQL of (line, item, country, level) for each area or country that a row or its record names."""
    own = f"s.{column} is null and not s.is_new and x.measure_id = s.id"
    return (
        f"select s.line, i.item, {_COUNTRY} as country, coalesce(s.level, r.level, {_BY_DEFAULT}) as level"
        f" from checked s left join {MEASURES} r on r.id = s.id cross join lateral ("
        f"select unnest(string_to_array(s.{column}, '|')) as item union all {codes.format(own)}) i"
    )


def place_rules() -> list[Rule]:
    """Areas are of the entry's own country, and only a supranational act binds countries, others than its own."""
    areas, bound = _named("areas", _AREA_CODES), _named("binds", _BOUND_CODES)
    supranational = f"level = '{Level.SUPRANATIONAL.value}'"
    return [
        Rule(
            "areas",
            f"select n.line, n.item from ({areas}) n where n.{supranational}",
            _("A supranational act has no areas."),
            _("Empty the areas, and write the countries that the act names in the column binds."),
        ),
        Rule(
            "areas",
            f"select n.line, n.item from ({areas}) n join {AREAS} a on a.code = n.item"
            f" where not n.{supranational} and a.country_id is distinct from n.country",
            _("This area is of another country."),
            _("Write areas of the entry’s own country, or correct the country."),
        ),
        Rule(
            "binds",
            f"select n.line, n.item from ({bound}) n where not n.{supranational}",
            _("Only a supranational act binds other countries."),
            _("Write supranational in the column level, or empty this cell."),
        ),
        Rule(
            "binds",
            f"select n.line, n.item from ({bound}) n where n.{supranational} and n.item = n.country",
            _("The entry is of this country already."),
            _("Leave the country out here."),
        ),
    ]
