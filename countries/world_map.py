"""Choropleth maps: an indicator and a day -> what each country of an area shows.

The subject of a map is an indicator, or anything that a caller counts: given a number and words for each country, it
gets the same steps, legend and shapes. A country without a number is never in the lowest step: it has step 0.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from countries.feeds.state import read_at
from countries.figures import in_unit, stated_period, stated_remark, stated_value
from countries.models import Area, Country, Indicator, Observation, ObservationStatus, Qualifier
from countries.shapes import Drawing, Inset, Shape, drawing_of, inset_of
from foundation.partial_dates import PartialDate
from foundation.texts import translated

STEPS = 5
SHADES = {1: (3,), 2: (2, 4), 3: (1, 3, 5), 4: (1, 2, 4, 5), 5: (1, 2, 3, 4, 5)}
"""Which of the five shades are used if there are fewer steps."""
AMERICAS = "Americas"
"""The name of the UN M49 region."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known about one country: a number, if any, and its context.

    `qualifier`, `status` and `period` are those of the observation, as in a file; `when` is the period in words.
    """

    value: Decimal | None
    words: str
    qualifier: str = ""
    status: str = ""
    period: str = ""
    when: str = ""
    remark: str = ""
    note: str = ""
    source_name: str = ""
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a map is about. `breaks` are the bounds of its steps; by default they follow from the values.

    `number` formats a value for the legend. `checked_at` is when the source was last read successfully, `changed_on`
    when the counted records last changed: what is checked daily has not changed daily.
    """

    key: str
    name: str
    unit: str
    definition: str
    number: Callable[[Decimal], str]
    breaks: tuple[Decimal, ...] = ()
    checked_at: datetime | None = None
    changed_on: PartialDate | None = None

    @property
    def checked_in_words(self) -> str:
        """`26 November 2020, 06:00 UTC`, or ''."""
        if not self.checked_at:
            return ""
        moment = self.checked_at.astimezone(UTC)
        return f"{PartialDate.from_date(moment.date()).in_words()}, {moment:%H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the legend."""

    shade: int
    label: str


@dataclass(frozen=True, slots=True)
class Place:
    """One country: its reading, its shade (0 without a number), and its position.

    Countries in the inset are drawn on the map below it, too.
    """

    country: Country
    reading: Reading | None
    shade: int
    shape: Shape | None
    inset: Shape | None


@dataclass(frozen=True, slots=True)
class WorldMap:
    """The places of an area by name, with the steps of the legend."""

    subject: Subject
    area: Area
    places: tuple[Place, ...]
    steps: tuple[Step, ...]
    drawing: Drawing
    inset: Inset | None


# Indicators


def subject_of(indicator: Indicator) -> Subject:
    """An indicator as the subject of a map; its base is loaded with it. One query, for when its source was checked."""
    unit = indicator.get_unit_display()
    return Subject(
        key=indicator.key,
        name=indicator.name,
        unit=_("%(unit)s, share of: %(whole)s") % {"unit": unit, "whole": indicator.base} if indicator.base else unit,
        definition=str(translated(indicator, "definition")),
        number=lambda value: in_unit(value, indicator.unit, indicator.decimals),
        breaks=_declared(indicator.map_breaks),
        checked_at=read_at(indicator),
    )


def _declared(breaks: str) -> tuple[Decimal, ...]:
    return tuple(sorted({Decimal(part) for part in breaks.split("|")})) if breaks else ()


def with_values() -> QuerySet[Indicator]:
    """Indicators with a value for a country as a whole."""
    whole = Observation.objects.of_the_whole().exclude(status=ObservationStatus.MISSING)
    some = Subquery(whole.filter(indicator=OuterRef("pk")).order_by().values("pk")[:1])
    return Indicator.objects.alias(some=some).filter(some__isnull=False)


def readings_of(indicator: Indicator, countries: QuerySet[Country], on: date) -> dict[str, Reading]:
    """The newest value for each country as a whole, begun by a day, by ISO 3166-1 code; two queries.

    A gap does not hide the value before it; if there are only gaps, the newest is used.
    """
    newest = countries.order_by().values_list(Coalesce(_newest(indicator, on), _newest(indicator, on, is_gap=True)))
    found = Observation.objects.filter(pk__in=[pk for (pk,) in newest if pk]).select_related("indicator")
    return {observation.country_id: _reading(observation) for observation in found}


def _newest(indicator: Indicator, on: date, *, is_gap: bool = False) -> Subquery:
    """The primary key of the newest observation, by an index lookup."""
    values = Observation.objects.filter(indicator=indicator, country=OuterRef("pk")).of_the_whole()
    missing = ObservationStatus.MISSING
    wanted = values.filter(status=missing) if is_gap else values.exclude(status=missing)
    return Subquery(wanted.begun_by(on).newest_first().values("pk")[:1])


def _reading(observation: Observation) -> Reading:
    return Reading(
        value=observation.value,
        words=stated_value(observation),
        qualifier=observation.qualifier,
        status=observation.status,
        period=str(observation.period or ""),
        when=stated_period(observation),
        remark=stated_remark(observation),
        note=observation.note,
        source_name=observation.source_name,
        source_url=observation.source_url,
    )


# The map


def countries_of(area: Area) -> QuerySet[Country]:
    """The countries of an area by name, with what a map shows of them."""
    names = ("name_en", "name_es", "name_pt")
    found = Country.objects.by_name().only("iso2", "m49", "slug", "is_covered", *names)
    return found.filter(region=AMERICAS) if area == Area.AMERICAS else found


def world_map(subject: Subject, area: Area, countries: Iterable[Country], readings: Mapping[str, Reading]) -> WorldMap:
    """Build the map of a subject from the countries of the area and the readings by ISO 3166-1 code."""
    drawing, inset = drawing_of(area), inset_of(area)
    enlarged = inset.drawing.shapes if inset else {}
    shown = [
        country
        for country in countries
        if country.is_covered or country.pk in readings or country.m49 in drawing.shapes
    ]
    values = [reading.value for country in shown if (reading := readings.get(country.pk)) and reading.value is not None]
    breaks = subject.breaks or quantiles(values)
    places = (
        Place(
            country,
            reading := readings.get(country.pk),
            shade_of(reading, breaks),
            drawing.shapes.get(country.m49),
            enlarged.get(country.m49),
        )
        for country in shown
    )
    return WorldMap(subject, area, tuple(places), _legend(subject, breaks, values), drawing, inset)


def quantiles(values: Iterable[Decimal]) -> tuple[Decimal, ...]:
    """The lower bounds of all steps but the first, at about every fifth of the values; fewer if few values differ."""
    ordered = sorted(values)
    above = [value for value in ordered if value > ordered[0]]
    starts = {ordered[len(ordered) * part // STEPS] for part in range(1, STEPS)} & set(above) if above else set()
    return tuple(sorted(starts or above[:1]))


def shade_of(reading: Reading | None, breaks: Sequence[Decimal]) -> int:
    """The shade of a reading; 0 without a number. A value “less than” a break falls in the step below it."""
    if reading is None or reading.value is None:
        return 0
    place = bisect_left if reading.qualifier == Qualifier.LT else bisect_right
    return SHADES[len(breaks) + 1][place(breaks, reading.value)]


def _legend(subject: Subject, breaks: Sequence[Decimal], values: Sequence[Decimal]) -> tuple[Step, ...]:
    if not breaks:
        return tuple(Step(SHADES[1][0], subject.number(value)) for value in values[:1])
    edges = [subject.number(value) for value in breaks]
    between = [_("%(start)s to %(end)s") % {"start": a, "end": b} for a, b in pairwise(edges)]
    labels = [_("under %(number)s") % {"number": edges[0]}, *between, _("%(number)s and over") % {"number": edges[-1]}]
    return tuple(Step(shade, label) for shade, label in zip(SHADES[len(labels)], labels, strict=True))
