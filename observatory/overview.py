"""What the observatory holds as a whole: its numbers, its countries, its newest entries. Published entries only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, IntegerField, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from countries.models import Country, MobilityRole, Role
from countries.periods import PartialDate
from measures.choices import StatusGroup
from measures.models import Citation, Measure, Source, Topic
from measures.models.measure import STATE_KINDS


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
    """A covered country, its roles in the order of `Role`, and the number of its entries."""

    country: Country
    roles: tuple[str, ...]
    entries: int
    last_change: PartialDate | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list of newest entries."""

    measure: Measure
    group: StatusGroup
    topic: Topic | None


def numbers() -> Numbers:
    """The numbers of the whole observatory."""
    of_state = Q(kind__in=STATE_KINDS)
    found = Measure.objects.published().aggregate(
        measures=Count("pk", filter=of_state),
        others=Count("pk", filter=~of_state),
        countries=Count("country", distinct=True),
        last=Max("updated_at"),
    )
    cited = Citation.objects.filter(source=OuterRef("pk"), measure__in=Measure.objects.published())
    return Numbers(
        countries=found["countries"],
        covered=Country.objects.covered().count(),
        measures=found["measures"],
        others=found["others"],
        sources=Source.objects.filter(Exists(cited)).count(),
        last_change=_day(found["last"]),
    )


def covered_countries() -> list[CountryRow]:
    """The countries that have pages, by name in the active language."""
    published = Measure.objects.published().filter(country=OuterRef("pk")).order_by().values("country")
    count = Subquery(published.annotate(found=Count("pk")).values("found"), output_field=IntegerField())
    last = Subquery(published.annotate(found=Max("updated_at")).values("found"))
    countries = Country.objects.covered().by_name().annotate(entries=Coalesce(count, 0), last_change=last)
    roles = _roles_of(countries)
    return [CountryRow(country, roles[country.pk], country.entries, _day(country.last_change)) for country in countries]


def _roles_of(countries: Iterable[Country]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for iso3, role in MobilityRole.objects.filter(country__in=countries).order_by().values_list("country", "role"):
        found[iso3].add(role)
    return {country.pk: tuple(str(role.label) for role in Role if role in found[country.pk]) for country in countries}


def newest_entries(limit: int = 5) -> list[Entry]:
    """The entries with the latest dates."""
    newest = Measure.objects.published().newest_first().select_related("country", "primary_topic__parent")[:limit]
    return [Entry(measure, StatusGroup(measure.status_group), measure.lane) for measure in newest]


def _day(moment: datetime | None) -> PartialDate | None:
    return PartialDate.from_date(moment.date()) if moment else None
