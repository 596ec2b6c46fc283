"""An overview of the published entries: numbers, countries, newest entries."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from countries.models import Country, MobilityRole
from foundation.days import today
from foundation.partial_dates import PartialDate
from measures.choices import StatusGroup
from measures.listing.columns import INTERNATIONAL
from measures.listing.index import PublicIndex
from measures.models import Measure, Topic
from measures.validity.standing import groups_of


@dataclass(frozen=True, slots=True)
class Numbers:
    """How much there is; `measures` are those of the state, `others` statements, alerts and responses."""

    countries: int
    covered: int
    measures: int
    others: int
    sources: int
    last_change: PartialDate | None


@dataclass(frozen=True, slots=True)
class CountryRow:
    """A covered country, its roles in order, and its number of entries."""

    country: Country
    roles: tuple[str, ...]
    entries: int
    last_change: PartialDate | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the list of newest entries."""

    measure: Measure
    group: StatusGroup
    topic: Topic | None


def numbers(index: PublicIndex) -> Numbers:
    """The numbers of the whole observatory."""
    everything = index.everything
    measures = everything.of_state()
    return Numbers(
        countries=len(everything.counts("country").keys() - {INTERNATIONAL}),
        covered=Country.objects.covered().count(),
        measures=measures,
        others=len(everything) - measures,
        sources=everything.distinct_count("source"),
        last_change=_date(everything.last_change()),
    )


def covered_countries(index: PublicIndex) -> list[CountryRow]:
    """The countries that have pages, by name in the active language."""
    everything = index.everything
    entries, changes = everything.counts("country"), everything.latest("country")
    countries = Country.objects.covered().by_name()
    roles = _roles_of(countries)
    return [
        CountryRow(country, roles[country.pk], entries.get(country.pk, 0), _date(changes.get(country.pk)))
        for country in countries
    ]


def _roles_of(countries: Iterable[Country]) -> dict[str, tuple[str, ...]]:
    """The labels of each country's roles."""
    rows = MobilityRole.objects.filter(country__in=countries).select_related("role")
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows.only("country", "role").order_by("role__position", "role"):
        found[row.country_id][row.role_id] = row.role.label
    return {country.pk: tuple(found[country.pk].values()) for country in countries}


def newest_entries(index: PublicIndex, limit: int = 5) -> list[Entry]:
    """The entries with the latest dates."""
    ids = index.everything.ids(slice(limit), newest_first=True).tolist()
    newest = Measure.objects.published().select_related("country", "primary_topic__parent").in_bulk(ids)
    found = [newest[pk] for pk in ids if pk in newest]
    groups = groups_of([measure.pk for measure in found], today())
    return [Entry(measure, groups[measure.pk], measure.lane) for measure in found]


def _date(day: date | None) -> PartialDate | None:
    return PartialDate.from_date(day) if day else None
