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
    Place,
    Reading,
    Subject,
    WorldMap,
    countries_of,
    readings_of,
    subject_of,
    with_values,
    world_map,
)
from foundation.partial_dates import PartialDate
from measures.listing.filters import Problem
from measures.listing.index import PublicIndex
from measures.listing.parameters import DayField
from observatory.home.record_map import COUNTS, IN_FORCE, InForce, in_force, in_words

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
        return {indicator.key: indicator for indicator in Indicator.objects.select_related("base")}

    @cached_property
    def offered(self) -> list[str]:
        """The keys of the indicators with values, by name."""
        keys = {*with_values().values_list("key", flat=True), self.cleaned_data.get("indicator", "")}
        found = [indicator for key, indicator in self.indicators.items() if key in keys]
        return [indicator.key for indicator in sorted(found, key=lambda indicator: indicator.name.casefold())]

    @cached_property
    def problems(self) -> list[Problem]:
        """Every invalid parameter, in words."""
        unknown = [Problem(name, _("This filter does not exist.")) for name in self.given if name not in self.fields]
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
        """The indicator that colours the map; by default, the first headline with values."""
        asked: str = self.cleaned_data.get("indicator", "")
        return asked or next((key for key in self._headlines if key in self.offered), "measures_recorded")

    @property
    def _headlines(self) -> list[str]:
        places = {key: indicator.headline_position for key, indicator in self.indicators.items()}
        return sorted((key for key in places if places[key] is not None), key=lambda key: (places[key], key))

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
    """A place with its full name and the number of its measures in force, if any of its entries is dated by then."""

    place: Place
    in_force: InForce | None
    address: str
    entries: str
    title: str

    @property
    def reading(self) -> Reading | None:
        """Its reading on the map."""
        return self.place.reading


@dataclass(frozen=True, slots=True)
class HomeMap:
    """The map and its equivalent table."""

    map: WorldMap
    rows: tuple[Row, ...]
    day: PartialDate
    file: str

    @property
    def listed(self) -> list[Row]:
        """The rows of the table: the covered countries, and all others with a value."""
        return [row for row in self.rows if row.place.country.is_covered or row.reading]

    @property
    def unlisted(self) -> list[Row]:
        """The other places, which are drawn without a value."""
        return [row for row in self.rows if not (row.place.country.is_covered or row.reading)]

    @property
    def drawn(self) -> list[Row]:
        """The places drawn on the map but not in its inset; dots last, so that they are on top."""
        found = [row for row in self.rows if row.place.shape and not row.place.inset]
        return sorted(found, key=lambda row: row.place.shape is not None and row.place.shape.dot is not None)

    @property
    def enlarged(self) -> list[Row]:
        """The places drawn in the inset."""
        return [row for row in self.rows if row.place.inset]


def home_map(question: MapQuery, index: PublicIndex) -> HomeMap:
    """The map that a valid question asks for; the number of queries does not grow with countries or days."""
    coloured, measures = _coloured(question, index), in_force(index, question.day)
    rows = tuple(
        _row(coloured.subject, place, measures.get(place.country.pk), question.day) for place in coloured.places
    )
    return HomeMap(coloured, rows, PartialDate.from_date(question.day), f"{reverse('map_csv')}{question.query}")


def _coloured(question: MapQuery, index: PublicIndex) -> WorldMap:
    countries = countries_of(question.shown_area)
    if count := COUNTS.get(question.key):
        return world_map(count.subject(index), question.shown_area, countries, count.readings(index, question.day))
    indicator = question.indicators[question.key]
    readings = readings_of(indicator, countries, question.day)
    return world_map(subject_of(indicator), question.shown_area, countries, readings)


def _row(subject: Subject, place: Place, measures: InForce | None, day: date) -> Row:
    country = place.country
    return Row(
        place,
        measures,
        country.get_absolute_url() if country.is_covered else "",
        f"{reverse('measures')}?country={country.pk}&on={day.isoformat()}" if measures and measures.possible else "",
        _title(place, None if subject.key == IN_FORCE else measures),
    )


def _title(place: Place, measures: InForce | None) -> str:
    """`Peru: 20.2 %, 2019; 12 measures possibly in force`."""
    reading = place.reading
    parts = [", ".join(filter(None, (reading.words, reading.when))) if reading else _("no value")]
    if measures:
        text = ngettext(
            "%(number)s measure possibly in force", "%(number)s measures possibly in force", measures.possible
        )
        parts.append(text % {"number": in_words(measures.possible)})
    return f"{place.country.name}: {'; '.join(parts)}"


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
            reading.source_name,
            absolute(reading.source_url) if reading.source_url else "",
        )
