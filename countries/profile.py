"""What the profile of a country shows: a headline, one card a role, and every other figure.

Only the newest value of an indicator and counterpart is shown; of shares of one whole, those of the newest period.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import Coalesce, FirstValue
from django.utils.translation import gettext as _

from countries.figures import in_unit, qualified, stated_period, stated_remark, stated_value
from countries.models import (
    Country,
    Indicator,
    MobilityRole,
    Observation,
    ObservationStatus,
    Qualifier,
    Role,
    Unit,
)
from countries.periods import PartialDate
from countries.texts import Text, translated

HEADLINES = ("poverty_rate",)
"""Indicators that stand first, also where no value is recorded."""

INDICATORS_OF_ROLE = {
    Role.SENDING: ("emigrant_stock", "emigrant_share"),
    Role.DESTINATION: ("immigrant_stock", "immigrant_share"),
    Role.REFUGEE_HOST: (
        "asylum_claims",
        "temporary_permits_granted",
        "temporary_permits_pending",
        "refugees_recognised",
        "host_rank_protection",
        "host_rank_total",
    ),
    Role.TRANSIT: (),
    Role.DEPORTEE_RECEIVING: ("deportees_received", "deportees_share"),
    Role.RETURNEE_RECEIVING: (),
}
"""Which indicators a role's card shows, in order; the cards stand in this order. What is in none goes to the table of
other figures, and so does what belongs to a role that the country has not."""

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a figure or text comes from."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One value with all that a reader needs to judge it: `about` whom (a counterpart), of which `whole` (a share)."""

    name: str
    about: str
    whole: str
    value: str
    is_missing: bool
    period: str = ""
    remark: str = ""
    note: str = ""
    source: Origin | None = None


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One part of a whole; `bar` is its length in percent of the longest, '' where there is no number."""

    name: str
    value: str
    bar: str
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class ShareTable:
    """The parts of one whole in one period, with the rest as a row of its own."""

    name: str
    rows: tuple[ShareRow, ...]
    period: str
    notes: tuple[str, ...]
    sources: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """What one edition of the profile tells of a role."""

    narrative: Text
    as_of: PartialDate | None
    source: Origin


@dataclass(frozen=True, slots=True)
class RoleCard:
    """A role with its newest narrative, its figures, and the narratives before."""

    role: Role
    newest: Edition
    earlier: tuple[Edition, ...]
    figures: tuple[Figure, ...]
    tables: tuple[ShareTable, ...]

    @property
    def source(self) -> Origin | None:
        """The one source of everything on the card; None where there are several, each then stands by its figure."""
        found = {self.newest.source, *_origins(self.figures, self.tables)}
        return self.newest.source if len(found) == 1 else None

    @property
    def is_wide(self) -> bool:
        """Whether the figures need the width of two cards."""
        return len(self.figures) > 3

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known about the figures, in their order."""
        return _notes(self.figures, self.tables)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the country, the same in words, and whose it is."""

    url: str
    words: str
    credit: str


@dataclass(frozen=True, slots=True)
class Profile:
    """All that the profile of a country shows."""

    picture: Picture | None
    headlines: tuple[Figure, ...]
    cards: tuple[RoleCard, ...]
    other_figures: tuple[Figure, ...]
    other_tables: tuple[ShareTable, ...]

    @property
    def other_notes(self) -> tuple[str, ...]:
        """What is to be known about the other figures."""
        return _notes(self.other_figures, self.other_tables)


def profile_of(country: Country) -> Profile:
    """The profile of `country` in the active language; three queries, whatever there is."""
    found: dict[str, list[Observation]] = defaultdict(list)
    for observation in newest_observations(country):
        found[observation.indicator.key].append(observation)
    headlines = tuple(_headline(indicator, found.pop(indicator.key, ())) for indicator in _headline_indicators())
    cards = tuple(_card(role, editions, found) for role, editions in _editions_by_role(country))
    others = [observation for observations in found.values() for observation in observations]
    return Profile(_picture(country), headlines, cards, _figures(others), _tables(others))


def _picture(country: Country) -> Picture | None:
    if not country.picture:
        return None
    return Picture(country.picture.url, country.picture_alt, country.picture_credit)


def newest_observations(country: Country) -> QuerySet[Observation]:
    """The newest value of each indicator and counterpart; a value before a gap, since the last good one stays."""
    is_share = Q(indicator__unit=Unit.PERCENT, counterpart__isnull=False)
    whole = Case(When(is_share, then=Value("all")), default=Coalesce("counterpart_id", Value("")))
    is_gap = Case(When(status=ObservationStatus.MISSING, then=1), default=0)
    newest = Window(
        FirstValue("period"),
        partition_by=[F("indicator_id"), whole],
        order_by=[is_gap.asc(), F("period_range").desc(nulls_last=True)],
    )
    return (
        Observation.objects.filter(country=country)
        .annotate(newest_period=newest)
        .filter(period=F("newest_period"))
        .select_related("indicator__base", "counterpart")
        .order_by("indicator__key", F("value").desc(nulls_first=True), "counterpart")
    )


def _headline_indicators() -> list[Indicator]:
    indicators = Indicator.objects.filter(key__in=HEADLINES).select_related("base")
    return sorted(indicators, key=lambda indicator: HEADLINES.index(indicator.key))


def _headline(indicator: Indicator, observations: Sequence[Observation]) -> Figure:
    """The value for the country as a whole, or a figure that says that there is none."""
    for observation in observations:
        if observation.counterpart_id is None:
            return _figure(observation)
    return Figure(indicator.name, "", _whole(indicator), _("No value recorded"), is_missing=True)


def _editions_by_role(country: Country) -> list[tuple[Role, list[Edition]]]:
    """The editions of each role, newest first."""
    found: dict[Role, list[Edition]] = defaultdict(list)
    for row in MobilityRole.objects.filter(country=country).order_by(F("as_of_range").desc(nulls_last=True)):
        edition = Edition(translated(row, "narrative"), row.as_of, Origin(row.source_name, row.source_url))
        found[Role(row.role)].append(edition)
    return [(role, found[role]) for role in INDICATORS_OF_ROLE if role in found]


def _card(role: Role, editions: list[Edition], found: dict[str, list[Observation]]) -> RoleCard:
    """The card of a role; takes its observations out of `found`."""
    own = [observation for key in INDICATORS_OF_ROLE[role] for observation in found.pop(key, ())]
    return RoleCard(role, editions[0], tuple(editions[1:]), _figures(own), _tables(own))


def _is_part(observation: Observation) -> bool:
    return observation.is_share and observation.counterpart_id is not None


def _figures(observations: Iterable[Observation]) -> tuple[Figure, ...]:
    return tuple(_figure(observation) for observation in observations if not _is_part(observation))


def _figure(observation: Observation) -> Figure:
    return Figure(
        name=observation.indicator.name,
        about=observation.counterpart.name if observation.counterpart else "",
        whole=_whole(observation.indicator),
        value=stated_value(observation),
        is_missing=observation.status == ObservationStatus.MISSING,
        period=stated_period(observation),
        remark=stated_remark(observation),
        note=observation.note,
        source=_origin(observation),
    )


def _whole(indicator: Indicator) -> str:
    return indicator.base.name if indicator.base else ""


def _origin(observation: Observation) -> Origin:
    return Origin(observation.source_name, observation.source_url)


def _tables(observations: Iterable[Observation]) -> tuple[ShareTable, ...]:
    parts: dict[Indicator, list[Observation]] = defaultdict(list)
    for observation in observations:
        if _is_part(observation):
            parts[observation.indicator].append(observation)
    return tuple(_table(indicator, rows) for indicator, rows in parts.items())


def _table(indicator: Indicator, parts: Sequence[Observation]) -> ShareTable:
    rest = _rest(parts)
    longest = max([part.value for part in parts if part.value] + [rest or Decimal(0)], default=Decimal(0))
    rows = [ShareRow(_counterpart(part), stated_value(part), _bar(part.value, longest)) for part in parts]
    if rest:
        number = in_unit(rest, indicator.unit, indicator.decimals)
        is_exact = all(part.qualifier == Qualifier.EQ for part in parts)
        value = number if is_exact else qualified(number, Qualifier.APPROX)
        rows.append(ShareRow(_("Other or not stated"), value, _bar(rest, longest), is_rest=True))
    notes = tuple(f"{_counterpart(part)}: {part.note}" for part in parts if part.note)
    sources = tuple(dict.fromkeys(_origin(part) for part in parts))
    return ShareTable(indicator.name, tuple(rows), stated_period(parts[0]), notes, sources)


def _rest(parts: Iterable[Observation]) -> Decimal | None:
    """What the parts leave of the whole; None where a part is known in words only, or nothing is left."""
    parts = list(parts)
    if any(part.qualifier == Qualifier.MAJORITY for part in parts) or not any(part.value for part in parts):
        return None
    rest = WHOLE - sum((part.value for part in parts if part.value), Decimal(0))
    return rest if rest > 0 else None


def _bar(value: Decimal | None, longest: Decimal) -> str:
    """Length in percent of the longest bar, as SVG writes it: with a point in every language."""
    return f"{value / longest * 100:.1f}%" if value else ""


def _counterpart(observation: Observation) -> str:
    assert observation.counterpart is not None
    return observation.counterpart.name


def _origins(figures: Iterable[Figure], tables: Iterable[ShareTable]) -> list[Origin]:
    return [figure.source for figure in figures if figure.source] + [
        source for table in tables for source in table.sources
    ]


def _notes(figures: Iterable[Figure], tables: Iterable[ShareTable]) -> tuple[str, ...]:
    of_figures = (f"{figure.name}: {figure.note}" for figure in figures if figure.note)
    return (*of_figures, *(note for table in tables for note in table.notes))
