"""An indicator and a day -> what each country of an area shows on the map.

The subject of a map is an indicator, or what a caller counts elsewhere: whoever has a number and words for each country
gets the same steps, legend and shapes. A country without a number is never the lowest step: it has step 0.
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
"""Which of the five shades are used where the values make fewer steps."""
AMERICAS = "Americas"
"""The region of UN M49."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of one country: a number, if there is one, and all that a reader needs to judge it.

    `qualifier`, `status` and `period` are those of the observation, as a file has them; `when` is the period in words.
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
    """What a map is about. `breaks` part its steps; without them the values do.

    `number` writes a value for the legend. `checked_at` is when the source was last read well, `changed_on` when the
    record that is counted last changed: what is checked daily has not changed daily.
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
    """One country: what it shows, the shade of its step (0 without a number), and where it is drawn.

    What the inset draws is drawn on the map beneath it, too.
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
    """The indicators that have a value of a country as a whole."""
    whole = Observation.objects.of_the_whole().exclude(status=ObservationStatus.MISSING)
    some = Subquery(whole.filter(indicator=OuterRef("pk")).order_by().values("pk")[:1])
    return Indicator.objects.alias(some=some).filter(some__isnull=False)


def readings_of(indicator: Indicator, countries: QuerySet[Country], on: date) -> dict[str, Reading]:
    """By ISO 3166-1: the newest value for the country as a whole whose period had begun on a day; two queries.

    A gap does not hide the value before it; where there are only gaps, the newest of them says so.
    """
    newest = countries.order_by().values_list(Coalesce(_newest(indicator, on), _newest(indicator, on, is_gap=True)))
    found = Observation.objects.filter(pk__in=[pk for (pk,) in newest if pk]).select_related("indicator")
    return {observation.country_id: _reading(observation) for observation in found}


def _newest(indicator: Indicator, on: date, *, is_gap: bool = False) -> Subquery:
    """The key of an observation, which the index of newest values finds at once."""
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
    """The map of a subject; `countries` are those of the area, `readings` go by ISO 3166-1."""
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
    """Values that begin a step each but the first, so that about a fifth of all lie in each; fewer where few differ."""
    ordered = sorted(values)
    above = [value for value in ordered if value > ordered[0]]
    starts = {ordered[len(ordered) * part // STEPS] for part in range(1, STEPS)} & set(above) if above else set()
    return tuple(sorted(starts or above[:1]))


def shade_of(reading: Reading | None, breaks: Sequence[Decimal]) -> int:
    """The shade of a reading; 0 without a number. What is less than a break lies before it."""
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
