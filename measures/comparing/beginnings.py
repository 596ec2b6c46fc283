"""When measures began: counts by lane, country and period, for too many entries for marks.

An entry stands in the lane of its first topic and in the one column that fits its date, so that numbers add up, and
each is that of the list behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate
from measures.choices import Precision
from measures.comparing.periods import DAY, periods_of
from measures.comparing.question import Comparison
from measures.comparing.series import lane_places
from measures.comparing.tallies import CLASSES, Tally, classes_of, tally_of
from measures.listing.columns import Array, day_number
from measures.listing.counted import LANE
from measures.listing.index import Selection
from measures.timeline.axis import Axis, months_between
from measures.timeline.matrix import Column, MatrixQuery, column_of, dates_of


@dataclass(frozen=True, slots=True)
class CountryRow:
    """The measures of one country in one lane: all of them, then those of each column."""

    name: str
    whole: Tally
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class LaneRows:
    """A lane with the countries that have anything in it; `empty` names the others."""

    key: str
    label: str
    rows: tuple[CountryRow, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The columns that are not empty, and the lanes."""

    columns: tuple[Column, ...]
    lanes: tuple[LaneRows, ...]


@dataclass(frozen=True, slots=True)
class _Slot:
    """A column with the days of its dates, as numbers, and the parameters that select them."""

    column: Column
    first: int
    last: int
    parameters: dict[str, str | list[str]]

    def mask(self, selection: Selection) -> Array:
        """The selected rows that stand in this column."""
        fits = selection.index.as_mask("precision", self.column.precisions)
        days = selection.column("first")
        found: Array = (days >= self.first) & (days <= self.last)
        return found & (fits if selection.rows is None else fits[selection.rows])


def beginnings(comparison: Comparison, axis: Axis) -> Beginnings:
    """The counts of all lanes that have anything."""
    selection = comparison.filter.selection
    slots = [slot for slot in _slots(comparison, axis) if slot.mask(selection).any()]
    numbers = numbers_by_lane(comparison, selection, slots)
    lanes = []
    for place, lane in enumerate(comparison.lanes):
        found = numbers[place]
        if not found.any():
            continue
        rows = [
            _row(comparison, n, lane.value, found[n], slots) for n in range(len(comparison.countries)) if found[n].any()
        ]
        empty = [
            comparison.with_search(country, lane.value)
            for country, own in zip(comparison.countries, found[:-1], strict=True)
            if not own.any()
        ]
        lanes.append(LaneRows(lane.value, lane.label, tuple(rows), tuple(empty)))
    return Beginnings(tuple(slot.column for slot in slots), tuple(lanes))


def numbers_by_lane(comparison: Comparison, selection: Selection, slots: Sequence[_Slot] = ()) -> Array:
    """Numbers by lane, country, class and slot; the last country is all of them, and so is the last slot.

    A measure that binds two of the countries counts with both, and once with all.
    """
    rows = slice(None) if selection.rows is None else selection.rows
    classes, lanes = classes_of(selection), lane_places(selection.index, comparison.lanes)[rows]
    members = [selection.index.as_mask("country", codes)[rows] for codes in _each_and_all(comparison.codes)]
    places = [*(slot.mask(selection) for slot in slots), np.ones(len(selection), dtype=bool)]
    found = np.zeros((len(comparison.lanes), len(members), CLASSES, len(places)), dtype=np.int64)
    counted = (classes >= 0) & (lanes >= 0)
    for country, member in enumerate(members):
        for place, mask in enumerate(places):
            own = counted & member & mask
            np.add.at(found, (lanes[own], country, classes[own], place), 1)
    return found


def _each_and_all(codes: Sequence[str]) -> list[list[str]]:
    return [*([code] for code in codes), list(codes)]


def _row(comparison: Comparison, place: int, lane: str, numbers: Array, slots: Sequence[_Slot]) -> CountryRow:
    country = comparison.countries[place]

    def tally(slot: int, **dates: str | list[str]) -> Tally:
        return tally_of(comparison.filter, numbers[:, slot].tolist(), country=country.pk, **{LANE: lane}, **dates)

    tallies = tuple(tally(n, **slot.parameters) for n, slot in enumerate(slots))
    return CountryRow(str(country), tally(len(slots)), tallies)


# Columns


def _slots(comparison: Comparison, axis: Axis) -> list[_Slot]:
    """Before the axis, its periods, after it, and dates that are no month."""
    filter = comparison.filter
    asked = MatrixQuery(filter.value("precision") or (), filter.value("from"), filter.value("to"), filter.query)
    periods = periods_of(axis)
    first, last = periods[0].first, periods[-1].last
    columns = [column_of(p.first, p.last, months_between(p.first, p.last) + 1) for p in periods]
    known = columns[0].precisions
    slots = [
        _slot(column, p.first, p.last, dates_of(column, asked)) for column, p in zip(columns, periods, strict=True)
    ]
    before, after = _of_month(first - DAY), _of_month(last + DAY)
    earlier = Column(_("Earlier"), _("Earlier"), _("To %(date)s") % {"date": before.in_words()}, known)
    later = Column(_("Later"), _("Later"), _("From %(date)s") % {"date": after.in_words()}, known)
    inexact = tuple(p for p in (Precision.YEAR, Precision.NONE) if p not in known)
    unknown = Column(_("No month"), _("No month"), _("Year only, or no date"), inexact)
    return [
        _slot(earlier, date.min, first - DAY, {**dates_of(earlier, asked), "to": str(before)}),
        *slots,
        _slot(later, last + DAY, date(9000, 1, 1), {**dates_of(later, asked), "from": str(after)}),
        _Slot(unknown, -(1 << 31), (1 << 31) - 1, dates_of(unknown, asked)),
    ]


def _slot(column: Column, first: date, last: date, parameters: dict[str, str | list[str]]) -> _Slot:
    return _Slot(column, day_number(first), day_number(last), parameters)


def _of_month(day: date) -> PartialDate:
    return PartialDate(day.year, day.month)
