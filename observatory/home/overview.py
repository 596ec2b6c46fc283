"""An overview of the published entries: numbers, countries, newest entries, how complete the record is."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from countries.models import Country, MobilityRole
from foundation.days import today
from foundation.partial_dates import PartialDate
from measures.choices import OPPOSED_DIRECTIONS, StatusGroup
from measures.coverage.ledger import public_ledger, searched_share
from measures.listing.columns import STATUS
from measures.listing.completeness import Share, completeness, covered_codes, recorded
from measures.listing.filters import POSSIBLE
from measures.listing.index import PublicIndex
from measures.models import Measure, Topic
from measures.validity.standing import groups_of
from observatory.home.months import Spark, sparks


@dataclass(frozen=True, slots=True)
class Numbers:
    """How much there is; `measures` are those of the state, `others` statements, alerts and responses."""

    countries: int
    covered: int
    measures: int
    others: int
    complete: tuple[Share, ...]
    last_change: PartialDate | None

    @property
    def entries(self) -> int:
        """All entries."""
        return self.measures + self.others


@dataclass(frozen=True, slots=True)
class CountryRow:
    """A covered country: its roles in order, its entries, and how exactly they are known."""

    country: Country
    roles: tuple[str, ...]
    entries: int
    possible: int
    spark: Spark | None
    shares: tuple[Share, ...]
    last_change: PartialDate | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the list of newest entries; `sign` is its direction, if it has one of the two."""

    measure: Measure
    group: StatusGroup
    topic: Topic | None
    sign: str


SHARES = 2
"""Number of shares in the row of a country: how exactly its entries are dated, and on what they rest."""


def numbers(index: PublicIndex) -> Numbers:
    """The numbers of the entries of covered countries and of international bodies."""
    covered = covered_codes()
    known = recorded(index, covered)
    measures, countries = known.of_state(), len(known.counts("country").keys() & covered)
    return Numbers(
        countries=countries,
        covered=len(covered),
        measures=measures,
        others=len(known) - measures,
        complete=(
            Share(_("Countries with entries"), countries, len(covered)),
            *completeness(known, today()),
            searched_share(public_ledger(index), covered),
        ),
        last_change=_date(index.everything.last_change()),
    )


def covered_countries(index: PublicIndex) -> list[CountryRow]:
    """The countries that have pages: those with most entries first, then by name in the active language."""
    everything = index.everything
    entries, changes = everything.counts("country"), everything.latest("country")
    possible = index.select(index.as_mask(STATUS, POSSIBLE)).counts("country")
    charts = sparks(index)
    countries = Country.objects.covered().by_name()
    roles = _roles_of(countries)
    rows = [
        CountryRow(
            country,
            roles[country.pk],
            entries.get(country.pk, 0),
            possible.get(country.pk, 0),
            charts.get(country.pk),
            completeness(index.of_country(country.pk), today())[:SHARES],
            _date(changes.get(country.pk)),
        )
        for country in countries
    ]
    return sorted(rows, key=lambda row: -row.entries)


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
    return [Entry(measure, groups[measure.pk], measure.lane, _sign(measure.direction)) for measure in found]


def _sign(direction: str) -> str:
    return direction if direction in OPPOSED_DIRECTIONS else ""


def _date(day: date | None) -> PartialDate | None:
    return PartialDate.from_date(day) if day else None
