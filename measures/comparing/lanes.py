"""The lanes of several countries on one axis: topic by topic, each country in a row of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from countries.models import Country
from foundation.days import today
from measures.choices import OPPOSED_DIRECTIONS, Direction
from measures.comparing.beginnings import numbers_by_lane
from measures.comparing.periods import Reach
from measures.comparing.question import Comparison
from measures.comparing.tallies import ANNOUNCED, BILL, Tally, classes_of, tally_of
from measures.entries import Entry, entries_of, for_list
from measures.listing.columns import PROPERTIES
from measures.listing.counted import LANE
from measures.listing.index import Selection
from measures.models import Measure
from measures.timeline.axis import Axis, Tick, percent, ticks
from measures.timeline.chart import Lane, chart

MOST_COUNTRIES = 3
"""With more countries, or more marks than a timeline has, counts stand in for marks."""
EVEN = "even"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a mark of a comparison adds: its page, the shape of its direction, and whether it is only an outline.

    `name` is what its name says besides that of a timeline.
    """

    url: str
    shape: str
    is_hollow: bool
    name: str


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as a row of the table that says the same as the marks; `words` are its direction, days and state."""

    url: str
    title: str
    language: str
    shape: str
    is_hollow: bool
    words: str


@dataclass(frozen=True, slots=True)
class CountryLane:
    """The entries of a country in a lane; `beyond` is where its record stops, '' if that is beyond the axis."""

    key: str
    name: str
    tally: Tally
    lane: Lane
    beyond: str
    width: str
    rows: tuple[EntryRow, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """A topic with the lanes of the countries that have anything in it; `empty` names the others."""

    key: str
    label: str
    tally: Tally
    lanes: tuple[CountryLane, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lanes:
    """All bands on one axis; `signs` has what marks add, by the identifier of the entry."""

    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    signs: Mapping[str, Signed]


def lanes(comparison: Comparison, shown: Selection, reaches: Sequence[Reach]) -> Lanes:
    """The lanes of the entries of `shown`, which are all that is counted."""
    numbers = numbers_by_lane(comparison, shown)
    entries, signs = _entries(shown, comparison.codes)
    topics = [(lane.value, lane.label) for lane in comparison.lanes]
    by_country = [
        {lane.key: lane for lane in chart(entries.get(country.pk, []), topics, axis=comparison.axis).lanes}
        for country in comparison.countries
    ]
    bands = []
    for place, (key, label) in enumerate(topics):
        own = numbers[place, :, :, 0]
        if own.any():
            found = [
                _country_lane(
                    comparison,
                    n,
                    own[n].tolist(),
                    by_country[n][key],
                    reaches[n],
                    [entry for entry in entries[comparison.codes[n]] if entry.lane == key],
                    signs,
                )
                for n in range(len(comparison.countries))
                if own[n].any() and key in by_country[n]
            ]
            empty = [
                comparison.with_search(c, key)
                for c, row in zip(comparison.countries, own[:-1], strict=True)
                if not row.any()
            ]
            tally = tally_of(comparison.filter, own[-1].tolist(), **{LANE: key})
            bands.append(Band(key, label, tally, tuple(found), tuple(empty)))
    return Lanes(tuple(bands), ticks(comparison.axis) if comparison.axis else (), signs)


def _country_lane(
    comparison: Comparison,
    place: int,
    numbers: Sequence[int],
    lane: Lane,
    reach: Reach,
    entries: Sequence[Entry],
    signs: Mapping[str, Signed],
) -> CountryLane:
    country: Country = comparison.countries[place]
    beyond = _beyond(reach, comparison.axis)
    return CountryLane(
        country.pk,
        str(country),
        tally_of(comparison.filter, numbers, country=country.pk, **{LANE: lane.key}),
        lane,
        percent(beyond) if beyond < 100 else "",
        percent(100 - beyond) if beyond < 100 else "",
        tuple(_entry_row(entry, signs[entry.public_id]) for entry in entries),
    )


def _entry_row(entry: Entry, signed: Signed) -> EntryRow:
    words = [part for part in (entry.direction_label, signed.name) if part]
    words += [entry.span.sentence, entry.words.sentence]
    language = entry.title.language if entry.title.is_fallback else ""
    return EntryRow(entry.url, entry.title.text, language, signed.shape, signed.is_hollow, ". ".join(words) + ".")


def _beyond(reach: Reach, axis: Axis | None) -> float:
    """Where the record of a country stops, in percent of the axis."""
    return axis.at(reach.last + timedelta(days=1)) if axis and reach.last else 100.0


def _entries(shown: Selection, countries: Sequence[str]) -> tuple[dict[str, list[Entry]], dict[str, Signed]]:
    """The entries by country, and what their marks add. A fixed number of queries."""
    ids, classes, directions = shown.ids().tolist(), classes_of(shown).tolist(), shown.column("direction").tolist()
    found = for_list(Measure.objects.published()).in_bulk(ids)
    rows = {entry.number: entry for entry in entries_of([found[pk] for pk in ids if pk in found], today())}
    signs = {}
    for pk, class_, direction in zip(ids, classes, directions, strict=True):
        if pk in rows:
            chosen = PROPERTIES["direction"].decode(direction) if direction else ""
            signs[rows[pk].public_id] = _sign(rows[pk], class_, str(chosen))
    return {iso3: [rows[pk] for pk in _ids_of(shown, iso3) if pk in rows] for iso3 in countries}, signs


def _ids_of(shown: Selection, iso3: str) -> list[int]:
    ids: list[int] = shown.narrowed(shown.index.as_mask("country", [iso3])).ids().tolist()
    return ids


def _sign(entry: Entry, class_: int, direction: str) -> Signed:
    words = [str(Direction(direction).label)] if direction and not entry.direction_label else []
    if class_ == BILL:
        words.append(_("Bill"))
    if class_ == ANNOUNCED:
        words.append(_("Only announced"))
    return Signed(
        entry.url,
        direction if direction in OPPOSED_DIRECTIONS else EVEN,
        class_ in (ANNOUNCED, BILL),
        ". ".join(words),
    )
