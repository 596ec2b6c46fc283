"""Choropleth maps: an indicator and a day -> what each country of an area shows.

The subject of a map is an indicator, or anything that a caller counts: given a number and words for each country, it
gets the same steps, legend and shapes. A country without a number is never in the lowest step: it is drawn flat, or
hatched if its source was read and has a gap. The limits of two steps never touch.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from statistics import median

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from countries.feeds.state import read_at
from countries.figures import short_in_unit, stated_period, stated_remark, stated_value
from countries.models import Area, Country, Indicator, Observation, ObservationStatus, Qualifier, by_period
from countries.shapes import Drawing, Inset, Shape, drawing_of, inset_of
from foundation.partial_dates import PartialDate
from foundation.texts import Text, translated

STEPS = 5
SHADES = {1: (3,), 2: (2, 4), 3: (2, 3, 5), 4: (2, 3, 4, 5), 5: (1, 2, 3, 4, 5)}
"""Which of the five shades are used if there are fewer steps; the first is nearest to that of land without a value."""
STEPS_OF_WHOLE, STEPS_OF_A_SIDE = 4, 3
SKEWED = 5
"""Values are skewed if the highest is more than this many times the median."""
FLAT, HATCHED, EVEN = "flat", "gap", "even"
"""The shades of a country that nothing is known of, of a gap, and of zero on a scale with two sides."""
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
    note: Text | None = None
    source_name: Text | None = None
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a map is about. `breaks` are the bounds of its steps; by default they follow from the values.

    `number` formats a value for the legend; `is_whole` says that values are small whole numbers. `sides` are the names
    of the shades above and below zero, if the two are opposites. `absent` names a country without a value.
    `checked_at` is when the source was last read successfully, `changed_on` when the counted records last changed: what
    is checked daily has not changed daily.
    """

    key: str
    name: str
    unit: str
    definition: str
    number: Callable[[Decimal], str]
    breaks: tuple[Decimal, ...] = ()
    is_whole: bool = False
    sides: tuple[str, str] | None = None
    absent: str = ""
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
    """One step of the legend; `sign` stands for a side of the scale."""

    shade: str
    label: str
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One country: its reading, its shade (`FLAT` or `HATCHED` without a number), and its position.

    Countries in the inset are drawn on the map below it, too.
    """

    country: Country
    reading: Reading | None
    shade: str
    shape: Shape | None
    inset: Shape | None


@dataclass(frozen=True, slots=True)
class Scale:
    """The shades of a map: `breaks` are the lower bounds of all steps but the first."""

    steps: tuple[Step, ...]
    breaks: tuple[Decimal, ...]
    sides: tuple[str, str] | None = None

    def shade_of(self, reading: Reading | None) -> str:
        """The shade of a reading. A value “less than” a break falls in the step below it."""
        if reading is None:
            return FLAT
        if reading.value is None:
            return HATCHED
        return self.shade_of_value(reading.value, reading.qualifier)

    def shade_of_value(self, value: Decimal, qualifier: str = "") -> str:
        """The shade of a number."""
        if self.sides and value:
            return f"{self.sides[value < 0]}-{bisect_right(self.breaks, abs(value)) + 1}"
        if self.sides:
            return EVEN
        place = bisect_left if qualifier == Qualifier.LT else bisect_right
        return str(SHADES[len(self.breaks) + 1][place(self.breaks, value)])


@dataclass(frozen=True, slots=True)
class WorldMap:
    """The places of an area by name, with the scale that colours them."""

    subject: Subject
    area: Area
    places: tuple[Place, ...]
    scale: Scale
    drawing: Drawing
    inset: Inset | None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the legend."""
        return self.scale.steps

    @property
    def has_gaps(self) -> bool:
        """Whether the source of a country has a gap."""
        return any(place.shade == HATCHED for place in self.places)

    @property
    def has_absent(self) -> bool:
        """Whether nothing is known of some country."""
        return any(place.shade == FLAT for place in self.places)


# Indicators


def subject_of(indicator: Indicator) -> Subject:
    """An indicator, with its base and unit, as the subject of a map. One query, for when its source was checked."""
    unit = indicator.unit.name
    return Subject(
        key=indicator.key,
        name=indicator.name,
        unit=_("%(unit)s, share of: %(whole)s") % {"unit": unit, "whole": indicator.base} if indicator.base else unit,
        definition=str(translated(indicator, "definition")),
        number=lambda value: short_in_unit(value, indicator.unit, indicator.places),
        breaks=_declared(indicator.map_breaks),
        absent=_("no value recorded"),
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
    found = Observation.objects.filter(pk__in=[pk for (pk,) in newest if pk]).select_related("indicator__unit")
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
        note=translated(observation, "note") or None,
        source_name=translated(observation, "source_name"),
        source_url=observation.source_url,
    )


MOST_STAGES = 20_000
"""Maximum number of values that are sent to be played, of some 20 bytes each."""
BEGINNING = -(1 << 26)
"""The day since 1970 of a value that has no beginning."""
UNPLAYED = ("note", "note_es", "note_pt", "source_name", "source_name_es", "source_name_pt", "source_url")
"""The columns that a value being played does not show."""
Stages = dict[str, list[tuple[int, str, str]]]
"""By ISO 3166-1, the days since 1970 on which a value changes, each with its shade and the value in words."""


def stages_of(indicator: Indicator, countries: QuerySet[Country], scale: Scale) -> Stages | None:
    """All values for a country as a whole, in order of time; None if they are too many to play. Two queries."""
    values = Observation.objects.filter(indicator=indicator, country__in=countries.order_by()).of_the_whole()
    values = values.exclude(status=ObservationStatus.MISSING)
    if values.count() > MOST_STAGES:
        return None
    found: Stages = {}
    for observation in values.order_by("country", by_period().asc()).defer(*UNPLAYED):
        observation.indicator = indicator
        found.setdefault(observation.country_id, []).append(_stage(observation, scale))
    return found


def _stage(observation: Observation, scale: Scale) -> tuple[int, str, str]:
    bounds, words = observation.period_range, stated_value(observation)
    first = (bounds.lower - date(1970, 1, 1)).days if bounds and bounds.lower else BEGINNING
    if not observation.indicator.is_daily:
        words = f"{words}, {stated_period(observation)}"
    shade = HATCHED if observation.value is None else scale.shade_of_value(observation.value, observation.qualifier)
    return first, shade, words


# The map


def countries_of(area: Area) -> QuerySet[Country]:
    """The countries of an area by name, with what a map shows of them."""
    names = ("name_en", "name_es", "name_pt")
    found = Country.objects.by_name().only("iso2", "m49", "slug", "is_covered", *names)
    return found.filter(region=AMERICAS) if area == Area.AMERICAS else found


def world_map(
    subject: Subject,
    area: Area,
    countries: Iterable[Country],
    readings: Mapping[str, Reading],
    scale: Scale | None = None,
) -> WorldMap:
    """Build the map of a subject from the countries of the area and the readings by ISO 3166-1 code.

    `scale` is that of several days; by default it follows from the readings of this one.
    """
    drawing, inset = drawing_of(area), inset_of(area)
    enlarged = inset.drawing.shapes if inset else {}
    shown = [
        country
        for country in countries
        if country.is_covered or country.pk in readings or country.m49 in drawing.shapes
    ]
    values = [reading.value for country in shown if (reading := readings.get(country.pk)) and reading.value is not None]
    scale = scale or scale_of(subject, values)
    places = (
        Place(
            country,
            reading := readings.get(country.pk),
            scale.shade_of(reading),
            drawing.shapes.get(country.m49),
            enlarged.get(country.m49),
        )
        for country in shown
    )
    return WorldMap(subject, area, tuple(places), scale, drawing, inset)


# The scale


def scale_of(subject: Subject, values: Sequence[Decimal]) -> Scale:
    """The scale for these values of a subject."""
    if subject.sides:
        return _two_sided(subject, subject.sides, max(map(abs, values), default=Decimal(0)))
    breaks = subject.breaks or (_of_whole(values) if subject.is_whole else quantiles(values))
    if not breaks:
        return Scale(tuple(Step(str(SHADES[1][0]), subject.number(value)) for value in values[:1]), ())
    labels = _whole_labels(subject, breaks, values) if subject.is_whole else _labels(subject, breaks)
    shades = map(str, SHADES[len(labels)])
    return Scale(tuple(Step(shade, label) for shade, label in zip(shades, labels, strict=True)), breaks)


def _of_whole(values: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The lower bounds of four steps: of the same width, unless nearly all countries would then be in the lowest."""
    if not values or max(values) > SKEWED * median(values):
        return quantiles(values, STEPS_OF_WHOLE)
    lowest, highest = int(min(values)), int(max(values))
    width = -(-(highest - lowest + 1) // STEPS_OF_WHOLE)
    return tuple(map(Decimal, range(lowest + width, highest + 1, width)))


def quantiles(values: Iterable[Decimal], steps: int = STEPS) -> tuple[Decimal, ...]:
    """The lower bounds of all steps but the first, each with about as many values; fewer if few values differ."""
    ordered = sorted(values)
    above = [value for value in ordered if value > ordered[0]]
    starts = {ordered[len(ordered) * part // steps] for part in range(1, steps)} & set(above) if above else set()
    return tuple(sorted(starts or above[:1]))


def _labels(subject: Subject, breaks: Sequence[Decimal]) -> list[str]:
    edges = [subject.number(value) for value in breaks]
    between = [_("%(start)s to under %(end)s") % {"start": a, "end": b} for a, b in pairwise(edges)]
    return [_("under %(number)s") % {"number": edges[0]}, *between, _("%(number)s and over") % {"number": edges[-1]}]


def _whole_labels(subject: Subject, breaks: Sequence[Decimal], values: Sequence[Decimal]) -> list[str]:
    starts = [min(values), *breaks]
    ends = [*(start - 1 for start in breaks), max(values)]
    return [_stretch(subject, first, last) for first, last in zip(starts, ends, strict=True)]


def _stretch(subject: Subject, first: Decimal, last: Decimal) -> str:
    """`4–8`, or `4`."""
    ends = dict.fromkeys((subject.number(first), subject.number(last)))
    return "\u2013".join(ends)


def _two_sided(subject: Subject, sides: tuple[str, str], most: Decimal) -> Scale:
    """Steps of the same width on both sides of zero, from the one below to the one above."""
    width = max(-(-int(most) // STEPS_OF_A_SIDE), 1)
    starts = [Decimal(start) for start in range(1, int(most) + 1, width)]
    stretches = [_stretch(subject, start, min(start + width - 1, most)) for start in starts]
    above, below = (
        [Step(f"{side}-{number}", words, side) for number, words in enumerate(stretches, 1)] for side in sides
    )
    return Scale((*reversed(below), Step(EVEN, _("balanced")), *above), tuple(starts[1:]), sides)
