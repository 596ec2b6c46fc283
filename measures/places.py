"""Whose act it is and where it holds: in words, and what of it cannot be."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from countries.models import Country, CountryArea
from measures.choices import Kind, Level
from measures.models import Measure
from measures.models.measure_rules import OF_INTERNATIONAL_BODIES

MOST_NAMED = 4
"""Areas or countries that a row of a list names; the page of the entry has all."""
LONGEST_BESIDE_MARK = 18
"""Characters beside the short title of a mark on the timeline."""


def default_level(country: Country | None, kind: str) -> Level:
    """The level of an act of which nobody states it; `LEVEL_BY_DEFAULT` is the same in SQL."""
    if country is None and kind in OF_INTERNATIONAL_BODIES:
        return Level.SUPRANATIONAL
    return Level.SUBNATIONAL if kind == Kind.SUBNATIONAL_NORM else Level.NATIONAL


def place_problems(
    level: str, country: Country | None, areas: Collection[CountryArea], binds: Collection[Country]
) -> dict[str, str]:
    """Why areas and countries bound cannot be those of an act of this level and country, in words, by field."""
    problems = {}
    if level == Level.SUPRANATIONAL:
        if country in binds:
            problems["binds"] = _("The entry is of %(country)s already. Leave it out here.") % {"country": country}
        if areas:
            problems["areas"] = _("A supranational act has no areas. Choose the countries that it binds.")
        return problems
    foreign = [str(area) for area in areas if country is None or area.country_id != country.pk]
    if foreign:
        problems["areas"] = _("Not of the country of the entry: %(areas)s.") % {"areas": ", ".join(foreign)}
    if binds:
        problems["binds"] = _("Only a supranational act binds other countries. Change the level, or clear this.")
    return problems


def names_of_places(measure: Measure) -> list[str]:
    """The areas where an act holds, or the countries that it binds, in alphabetical order."""
    named = measure.binds.all() if measure.level == Level.SUPRANATIONAL else measure.areas.all()
    return sorted(place.name for place in named)


def place_in_words(measure: Measure) -> str:
    """`Subnational: Loreto, Tumbes`; '' for what is simply national."""
    names = names_of_places(measure)
    if not names:
        return "" if measure.level == Level.NATIONAL else str(Level(measure.level).label)
    return _("%(level)s: %(places)s") % {"level": Level(measure.level).label, "places": _listed(names)}


def place_beside_mark(measure: Measure) -> str:
    """`Loreto`, `3 areas` or `supranational`: what fits beside a mark; '' for what is simply national."""
    if measure.level == Level.SUPRANATIONAL:
        return _("supranational")
    names = names_of_places(measure)
    if not names:
        return "" if measure.level == Level.NATIONAL else _("subnational")
    words = ", ".join(names)
    return words if len(words) <= LONGEST_BESIDE_MARK or len(names) == 1 else _("%d areas") % len(names)


def _listed(names: Sequence[str]) -> str:
    words = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return _("%(names)s and %(number)d more") % {"names": words, "number": more} if more > 0 else words
