"""Counts of published entries per country on a day, as subjects of a map.

Everything is counted in memory, without a query, for all days at once: the course of a count has the days on which it
changes. A country has a value only once one of its entries is dated by that day: the map says nothing about a country
that has not been researched yet, least of all zero.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import wraps
from urllib.parse import urlencode

import numpy as np
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray

from countries.figures import number_in_words
from countries.world_map import Reading, Scale, Subject, scale_of
from foundation.partial_dates import PartialDate
from foundation.texts import in_active_language
from measures.choices import DRAWN_DIRECTIONS, STATE_FAMILIES, VALIDITY_FAMILIES, StatusGroup
from measures.coverage.ledger import Ledger, public_ledger
from measures.listing.columns import LATEST, PROPERTIES, Array, day_number
from measures.listing.filters import POSSIBLE
from measures.listing.index import Mask, PublicIndex
from measures.listing.steps import STEPS, moves_between

SIDES = ("more", "less")
IN_FORCE = "measures_in_force"


@dataclass(frozen=True, slots=True)
class Course:
    """The totals of one country: `days` on which they change, in order, and a row of `totals` for each."""

    days: Array
    totals: Array

    def on(self, day: date) -> tuple[int, ...] | None:
        """The totals on a day; None before the first."""
        place = int(np.searchsorted(self.days, day_number(day), side="right"))
        return tuple(self.totals[place - 1].tolist()) if place else None


Courses = Mapping[str, Course]
"""By ISO 3166-1."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The number of measures in force or possibly in force on a day, and how many of them are in force."""

    possible: int
    certain: int


def _once(count: Callable[[PublicIndex], Courses]) -> Callable[[PublicIndex], Courses]:
    """Cache the courses of a count until the record changes."""

    @wraps(count)
    def counted(index: PublicIndex) -> Courses:
        return index.days.get_or_cache(count, lambda: count(index))

    return counted


def _courses(index: PublicIndex, rows: Array, days: Array, changes: NDArray[np.int64]) -> Courses:
    """The totals that these changes add up to: entry `rows[n]` adds the row `changes[n]` from `days[n]` on."""
    places, bound = index.bound(rows)
    codes = np.concatenate([index.columns["country"][rows].astype(np.int64), bound])
    days, changes = np.concatenate([days, days[places]]), np.concatenate([changes, changes[places]])
    order = np.lexsort((days, codes))
    codes, days, totals = codes[order], days[order], np.cumsum(changes[order], axis=0)
    found = {}
    for country in np.unique(codes).tolist():
        start, end = np.searchsorted(codes, country), np.searchsorted(codes, country, side="right")
        is_last = np.r_[days[start + 1 : end] != days[start : end - 1], True]
        before = totals[start - 1] if start else 0
        iso3 = str(PROPERTIES["country"].decode(country))
        found[iso3] = Course(days[start:end][is_last], (totals[start:end] - before)[is_last])
    return found


def _dated(index: PublicIndex, among: Mask | None = None) -> Array:
    """The rows of the dated entries, among some."""
    dated = index.columns["first"] != LATEST
    return np.flatnonzero(dated if among is None else dated & among)


@_once
def courses_in_force(index: PublicIndex) -> Courses:
    """The number of measures in force or possibly in force, and of those certainly in force."""
    steps = index.tags[STEPS]
    moved = [moves_between(steps.rows, steps.values, groups) for groups in (POSSIBLE, (StatusGroup.IN_FORCE,))]
    known = _dated(index)
    rows = np.concatenate([known, *(rows for rows, _days, _by in moved)])
    days = np.concatenate([index.columns["first"][known], *(days for _rows, days, _by in moved)])
    changes = np.zeros((len(rows), 2), np.int64)
    first = len(known)
    for column, (_rows, _days, by) in enumerate(moved):
        changes[first : first + len(by), column] = by
        first += len(by)
    return _courses(index, rows, days, changes)


def in_force(index: PublicIndex, on: date) -> dict[str, InForce]:
    """By ISO 3166-1; every country with an entry dated by that day, or in force on it."""
    return {iso3: InForce(*totals) for iso3, totals in totals_on(courses_in_force(index), on).items()}


def totals_on(courses: Courses, on: date) -> dict[str, tuple[int, ...]]:
    """The totals of each country that has some on a day."""
    return {iso3: totals for iso3, course in courses.items() if (totals := course.on(on)) is not None}


@_once
def courses_of_direction(index: PublicIndex) -> Courses:
    """The number of norms and actions of each of `DRAWN_DIRECTIONS`."""
    masks = [index.as_mask("direction", [direction]) for direction in DRAWN_DIRECTIONS]
    rows = _dated(index, index.as_mask("family", VALIDITY_FAMILIES) & np.logical_or.reduce(masks))
    changes = np.stack([mask[rows] for mask in masks], axis=1).astype(np.int64)
    return _courses(index, rows, index.columns["first"][rows], changes)


@_once
def courses_of_state(index: PublicIndex) -> Courses:
    """The number of measures of the state."""
    rows = _dated(index, index.as_mask("family", STATE_FAMILIES))
    return _courses(index, rows, index.columns["first"][rows], np.ones((len(rows), 1), np.int64))


def _in_force_in_words(possible: int, certain: int) -> str:
    text = _("%(certain)s in force; %(open)s more possibly in force")
    return text % {"certain": in_words(certain), "open": in_words(possible - certain)}


def _balance(more: int, less: int, _same: int) -> str:
    numbers = {"by": in_words(abs(less - more)), "less": in_words(less), "more": in_words(more)}
    if less > more:
        return _("less restrictive by %(by)s (%(less)s less, %(more)s more)") % numbers
    if more > less:
        return _("more restrictive by %(by)s (%(less)s less, %(more)s more)") % numbers
    return _("balanced (%(less)s less, %(more)s more)") % numbers


def in_words(number: int | Decimal) -> str:
    """A count, formatted for the page's language."""
    return number_in_words(Decimal(number))


def _searched_in_words(ledger: Ledger, iso3: str) -> str:
    """How many topics were searched for in a country, if any."""
    some = ledger.of(iso3).searched_of(ledger.upper)
    if not some:
        return _("no search recorded")
    return _("%(some)s of %(all)s topics searched, at least in part") % {"some": some, "all": len(ledger.upper)}


@dataclass(frozen=True)
class Count:
    """A count of the record: the totals of each country, and what is read of them."""

    key: str
    name: Promise | str
    unit: Promise | str
    definition: Promise | str
    courses: Callable[[PublicIndex], Courses]
    value_of: Callable[..., int]
    words_of: Callable[..., str]
    asked: Mapping[str, Iterable[str]]
    """The parameters of the list of the counted entries, beside country and day."""
    parameter_of_day: str = "to"
    lowest: int = 0
    """The least that a country can have."""
    sides: tuple[str, str] | None = None

    def subject(self, index: PublicIndex) -> Subject:
        """This count as the subject of a map."""
        change = index.everything.last_change()
        return Subject(
            self.key,
            str(self.name),
            str(self.unit),
            str(self.definition),
            in_words,
            is_whole=True,
            sides=self.sides,
            absent=_("nothing recorded by this day"),
            changed_on=PartialDate.from_date(change) if change else None,
        )

    def readings(self, index: PublicIndex, on: date) -> dict[str, Reading]:
        """The reading of each country that has one on a day."""
        ledger = public_ledger(index)
        return {
            iso3: self._reading(totals, iso3, on, _searched_in_words(ledger, iso3))
            for iso3, totals in totals_on(self.courses(index), on).items()
        }

    def scale(self, index: PublicIndex) -> Scale:
        """One scale for all days: that of the value of each country that is furthest from zero."""
        values = [max(self._values(course), key=abs) for course in self.courses(index).values()]
        return scale_of(self.subject(index), [*values, Decimal(self.lowest)] if values else [])

    def _values(self, course: Course) -> list[Decimal]:
        return [Decimal(self.value_of(*totals)) for totals in course.totals.tolist()]

    def stages(self, index: PublicIndex) -> dict[str, list[tuple[int, str, str]]]:
        """For each country, the days since 1970 on which its value changes, each with its shade and the value in
        words."""
        scale = self.scale(index)
        return {
            iso3: [
                (int(day), scale.shade_of_value(Decimal(self.value_of(*totals))), self.words_of(*totals))
                for day, totals in zip(course.days.tolist(), course.totals.tolist(), strict=True)
            ]
            for iso3, course in self.courses(index).items()
        }

    def _reading(self, totals: tuple[int, ...], iso3: str, on: date, searched: str) -> Reading:
        """A count as a reading, with how much was searched at all, whose source is the list of the counted entries."""
        day = on.isoformat()
        query = urlencode({"country": iso3, **self.asked, self.parameter_of_day: day}, doseq=True)
        return Reading(
            Decimal(self.value_of(*totals)),
            self.words_of(*totals),
            period=day,
            when=PartialDate.parse(day).in_words(),
            remark=searched,
            source_name=in_active_language(_("The record of this observatory")),
            source_url=f"{reverse('measures')}?{query}",
        )


COUNTS = {
    count.key: count
    for count in (
        Count(
            "measures_recorded",
            gettext_lazy("Measures recorded"),
            gettext_lazy("norms, bills and actions of the state"),
            gettext_lazy(
                "Norms, bills and actions dated up to that day, without those that have no date. The number shows how "
                "much has been recorded, not how much a state has done."
            ),
            courses_of_state,
            lambda total: total,
            in_words,
            {"family": STATE_FAMILIES},
            lowest=1,
        ),
        Count(
            "net_direction",
            gettext_lazy("Net direction of change"),
            gettext_lazy("more restrictive (▲) minus less restrictive (▼) norms and actions"),
            gettext_lazy(
                "The number of norms and actions dated up to that day that are more restrictive than before, minus "
                "those that are less restrictive. All count the same, and the number says nothing about how good a "
                "policy is."
            ),
            courses_of_direction,
            lambda more, less, _same: more - less,
            _balance,
            {"direction": DRAWN_DIRECTIONS, "family": VALIDITY_FAMILIES},
            sides=SIDES,
        ),
        Count(
            IN_FORCE,
            gettext_lazy("Measures possibly in force"),
            gettext_lazy("norms and actions of the state"),
            gettext_lazy(
                "Norms and actions that may have been in force on that day: from the earliest start that the sources "
                "allow to the latest end. Bills are never in force."
            ),
            courses_in_force,
            lambda possible, _certain: possible,
            _in_force_in_words,
            {},
            parameter_of_day="on",
        ),
    )
}
"""The counts of the record as map subjects, by key, in display order."""
