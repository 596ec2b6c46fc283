"""The map of the home page: what the address asks for, and what the map, its table and its file then show.

This joins figures and record: `countries` colours by what it is given and knows no measures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from countries.models import Area, Indicator
from countries.models.site import current_site
from countries.world_map import (
    FLAT,
    Place,
    Reading,
    Scale,
    Stages,
    Subject,
    WorldMap,
    countries_of,
    readings_of,
    scale_of,
    stages_of,
    subject_of,
    with_values,
    world_map,
)
from foundation.partial_dates import PartialDate
from measures.listing.filters import Problem, unknown_parameter
from measures.listing.index import PublicIndex
from measures.listing.parameters import DayField
from observatory.home.months import Spark, span_of, sparks
from observatory.home.record_map import COUNTS, IN_FORCE, InForce, courses_of_direction, in_force, in_words, totals_on

DEFAULT = "measures_recorded"
"""What the map opens on: the record itself."""

COLUMNS = (
    "iso3",
    "country",
    "indicator",
    "on",
    "value",
    "qualifier",
    "status",
    "period",
    "source_name",
    "source_url",
)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of the form."""

    value: str
    label: str
    is_chosen: bool


class MapQuery(forms.Form):
    """The query parameters of the map; an invalid or unknown one is reported, never ignored."""

    indicator = forms.CharField(required=False, label=gettext_lazy("Colour the map by"))
    area = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Area"),
        choices=Area.choices,
        error_messages={"invalid_choice": gettext_lazy("Write americas or world.")},
    )
    on = DayField(required=False, label=gettext_lazy("On the day"))

    def __init__(self, data: QueryDict, *, today: date) -> None:
        super().__init__(data)
        self.given = dict(data.lists())
        self.today = today

    def clean_indicator(self) -> str:
        """An existing key, or ''."""
        key: str = self.cleaned_data["indicator"]
        if key and key not in COUNTS and key not in self.indicators:
            raise forms.ValidationError(_("There is no indicator “%(key)s”.") % {"key": key}, code="unknown")
        return key

    @cached_property
    def indicators(self) -> dict[str, Indicator]:
        """The indicators by key."""
        return {indicator.key: indicator for indicator in Indicator.objects.select_related("base", "unit")}

    @cached_property
    def offered(self) -> list[str]:
        """The keys of the indicators with values, by name."""
        keys = {*with_values().values_list("key", flat=True), self.cleaned_data.get("indicator", "")}
        found = [indicator for key, indicator in self.indicators.items() if key in keys]
        return [indicator.key for indicator in sorted(found, key=lambda indicator: indicator.name.casefold())]

    @cached_property
    def problems(self) -> list[Problem]:
        """Every invalid parameter, in words."""
        unknown = [unknown_parameter(name, self.fields) for name in self.given if name not in self.fields]
        twice = [
            Problem(name, _("This filter may be given only once."))
            for name, values in self.given.items()
            if name in self.fields and len(values) > 1
        ]
        wrong = [
            Problem(name, str(message), str(self.fields[name].label))
            for name, messages in self.errors.items()
            for message in messages
        ]
        return [*unknown, *twice, *wrong]

    # Resolved values

    @property
    def key(self) -> str:
        """The count or indicator that colours the map."""
        return self.cleaned_data.get("indicator") or DEFAULT

    @property
    def is_of_record(self) -> bool:
        """Whether the map shows a count of the record."""
        return self.key in COUNTS

    @property
    def shown_area(self) -> Area:
        """The displayed area."""
        return Area(self.cleaned_data.get("area") or current_site().area)

    @property
    def asked_day(self) -> date | None:
        """The requested day, or None."""
        day: PartialDate | None = self.cleaned_data.get("on")
        return day.first if day else None

    @property
    def day(self) -> date:
        """The displayed day."""
        return self.asked_day or self.today

    @property
    def course_query(self) -> str:
        """The query string of this map on all days."""
        return f"?{urlencode({'indicator': self.key, 'area': self.shown_area.value})}"

    @property
    def narrowing(self) -> str:
        """The query string of what was asked for, without defaults; '' for none."""
        asked = {name: values[0] for name, values in self.given.items() if name in self.fields and values[0]}
        return f"?{urlencode(asked)}" if asked else ""

    @property
    def query(self) -> str:
        """A query string for this map on this day that does not depend on defaults."""
        return f"?{urlencode({'indicator': self.key, 'area': self.shown_area.value, 'on': self.day.isoformat()})}"

    @property
    def figures(self) -> list[Option]:
        """The indicators of countries, as options."""
        return [Option(key, self.indicators[key].name, key == self.key) for key in self.offered]

    @property
    def counts(self) -> list[Option]:
        """The counts of the record, as options."""
        return [Option(count.key, str(count.name), count.key == self.key) for count in COUNTS.values()]

    @property
    def areas(self) -> list[Option]:
        """The areas to choose from: that of the site, and the world."""
        areas = {Area(current_site().area): None, self.shown_area: None, Area.WORLD: None}
        return [Option(area.value, str(area.label), area == self.shown_area) for area in areas]


@dataclass(frozen=True, slots=True)
class Row:
    """A place, what the record has of it on the day, and the words of its shape; `entries` leads to the list."""

    place: Place
    in_force: InForce | None
    more: int
    less: int
    spark: Spark | None
    address: str
    entries: str
    title: str

    @property
    def reading(self) -> Reading | None:
        """Its reading on the map."""
        return self.place.reading

    @property
    def is_known(self) -> bool:
        """Whether the map has something to say about it."""
        return self.place.shade != FLAT

    @property
    def has_dot(self) -> bool:
        """Whether it is so small that it is drawn with a dot."""
        return self.place.shape is not None and self.place.shape.dot is not None


@dataclass(frozen=True, slots=True)
class HomeMap:
    """The map and its equivalent table; `span` are the years of the small charts by month."""

    map: WorldMap
    rows: tuple[Row, ...]
    day: PartialDate
    file: str
    span: str

    @property
    def listed(self) -> list[Row]:
        """The rows of the table: the highest counts first, or figures by name."""
        known = [row for row in self.rows if row.is_known]
        return sorted(known, key=_highest_first) if self.map.subject.is_whole else known

    @property
    def unlisted(self) -> list[Row]:
        """The covered countries of which the map has nothing to say."""
        return [row for row in self.rows if row.place.country.is_covered and not row.is_known]

    @property
    def stops(self) -> list[Row]:
        """The places drawn outside of the inset that lead to a country: those with a value first, dots last."""
        found = [row for row in self.rows if row.address and row.place.shape and not row.place.inset]
        return sorted(found, key=lambda row: (not row.is_known, row.has_dot))

    @property
    def land(self) -> list[Row]:
        """The places drawn that lead to no country."""
        return [row for row in self.rows if not row.address and row.place.shape and not row.place.inset]

    @property
    def enlarged(self) -> list[Row]:
        """The places drawn in the inset: those with a value first."""
        return sorted((row for row in self.rows if row.place.inset), key=lambda row: not row.is_known)


def _highest_first(row: Row) -> tuple[float, str]:
    value = row.reading.value if row.reading else None
    return -float(value or 0), str(row.place.country.name)


def home_map(question: MapQuery, index: PublicIndex) -> HomeMap:
    """The map that a valid question asks for; the number of queries does not grow with countries or days."""
    coloured = _coloured(question, index)
    record = _Record(
        question.day,
        in_force(index, question.day),
        totals_on(courses_of_direction(index), question.day),
        sparks(index) if question.is_of_record else {},
    )
    rows = tuple(_row(coloured.subject, place, record) for place in coloured.places)
    file = f"{reverse('map_csv')}{question.query}"
    return HomeMap(coloured, rows, PartialDate.from_date(question.day), file, span_of(index))


@dataclass(frozen=True, slots=True)
class _Record:
    """What the record has of the countries on a day, by ISO 3166-1."""

    day: date
    in_force: dict[str, InForce]
    directed: dict[str, tuple[int, ...]]
    sparks: dict[str, Spark]


def _coloured(question: MapQuery, index: PublicIndex) -> WorldMap:
    area = question.shown_area
    countries = countries_of(area)
    if count := COUNTS.get(question.key):
        return world_map(count.subject(index), area, countries, count.readings(index, question.day), count.scale(index))
    indicator = question.indicators[question.key]
    readings = readings_of(indicator, countries, question.day)
    return world_map(subject_of(indicator), area, countries, readings, _scale(question, indicator))


def _scale(question: MapQuery, indicator: Indicator) -> Scale:
    """The scale of an indicator, which is the same on every day: that of today’s values."""
    readings = readings_of(indicator, countries_of(question.shown_area), question.today).values()
    return scale_of(subject_of(indicator), [reading.value for reading in readings if reading.value is not None])


def stages(question: MapQuery, index: PublicIndex) -> Stages | None:
    """What the map shows on every day, to be played; None if that is too much."""
    if count := COUNTS.get(question.key):
        return count.stages(index)
    indicator = question.indicators[question.key]
    return stages_of(indicator, countries_of(question.shown_area), _scale(question, indicator))


def _row(subject: Subject, place: Place, record: _Record) -> Row:
    country = place.country
    measures = record.in_force.get(country.pk)
    more, less, *_same = record.directed.get(country.pk, (0, 0))
    return Row(
        place,
        measures,
        more,
        less,
        record.sparks.get(country.pk),
        country.get_absolute_url() if country.is_covered else "",
        f"{reverse('measures')}?country={country.pk}&on={record.day}" if measures and measures.possible else "",
        _title(place, subject, None if subject.key == IN_FORCE else measures),
    )


def _title(place: Place, subject: Subject, measures: InForce | None) -> str:
    """`Peru: 20.2 %, 2019; 12 measures possibly in force`; the code of a dot stands beside it."""
    reading = place.reading
    parts = [", ".join(filter(None, (reading.words, reading.when))) if reading else subject.absent]
    if measures and reading:
        text = ngettext(
            "%(number)s measure possibly in force", "%(number)s measures possibly in force", measures.possible
        )
        parts.append(text % {"number": in_words(measures.possible)})
    name = f"{place.country.name}, {place.country.iso2}" if place.inset and place.inset.label else place.country.name
    return f"{name}: {'; '.join(parts)}"


def file_rows(shown: HomeMap, absolute: Callable[[str], str]) -> Iterator[tuple[str, ...]]:
    """The rows of the map's file under `COLUMNS`; missing values are empty. `absolute` makes a URL absolute."""
    for row in shown.rows:
        reading = row.reading or Reading(None, "")
        yield (
            row.place.country.pk,
            row.place.country.name,
            shown.map.subject.key,
            str(shown.day),
            "" if reading.value is None else f"{reading.value.normalize():f}",
            reading.qualifier,
            reading.status,
            reading.period,
            str(reading.source_name or ""),
            absolute(reading.source_url) if reading.source_url else "",
        )
