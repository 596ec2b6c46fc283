"""Counts of published entries per country on a day, as subjects of a map.

Everything is counted in memory, without a query. A country has a value only once one of its entries is dated by that
day: the map says nothing about a country that has not been researched yet, least of all zero.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import TypeVar
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.figures import in_unit
from countries.models import Unit
from countries.world_map import Reading, Subject
from foundation.partial_dates import PartialDate
from measures.choices import STATE_FAMILIES, VALIDITY_FAMILIES, Direction, StatusGroup
from measures.listing.columns import STATUS
from measures.listing.filters import POSSIBLE
from measures.listing.index import Mask, PublicIndex

DIRECTIONS = (Direction.LESS_RESTRICTIVE, Direction.MORE_RESTRICTIVE, Direction.NO_CHANGE)
IN_FORCE = "measures_in_force"
MINUS = "\u2212"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InForce:
    """The number of measures in force or possibly in force on a day, and how many of them are in force."""

    possible: int
    certain: int


def _once(count: Callable[[PublicIndex, date], T]) -> Callable[[PublicIndex, date], T]:
    """Cache the count of a day until the record changes."""

    @wraps(count)
    def counted(index: PublicIndex, on: date) -> T:
        return index.days.get_or_cache((count, on), lambda: count(index, on))

    return counted


@_once
def in_force(index: PublicIndex, on: date) -> dict[str, InForce]:
    """By ISO 3166-1; every country with an entry dated by that day, or in force on it."""
    day = index.on(on)
    possible = _counts(index, day.as_mask(STATUS, POSSIBLE))
    certain = _counts(index, day.as_mask(STATUS, [StatusGroup.IN_FORCE]))
    known = _counts(index, index.between("first", "last", None, on))
    return {iso3: InForce(possible.get(iso3, 0), certain.get(iso3, 0)) for iso3 in known | possible}


def _counts(index: PublicIndex, mask: Mask) -> dict[str, int]:
    return index.select(mask).counts("country")


def _in_force(index: PublicIndex, on: date) -> dict[str, Reading]:
    return {
        iso3: _reading(Decimal(number.possible), _in_force_in_words(number), iso3, on=on.isoformat())
        for iso3, number in in_force(index, on).items()
    }


def _in_force_in_words(number: InForce) -> str:
    text = _("%(certain)s in force; %(open)s more possibly in force")
    return text % {"certain": in_words(number.certain), "open": in_words(number.possible - number.certain)}


@_once
def _directed(index: PublicIndex, on: date) -> list[dict[str, int]]:
    """How many of each of `DIRECTIONS`, by ISO 3166-1."""
    dated = index.between("first", "last", None, on) & index.as_mask("family", VALIDITY_FAMILIES)
    return [_counts(index, dated & index.as_mask("direction", [direction])) for direction in DIRECTIONS]


def _direction(index: PublicIndex, on: date) -> dict[str, Reading]:
    less, more, same = _directed(index, on)
    asked = {"direction": DIRECTIONS, "family": VALIDITY_FAMILIES, "to": on.isoformat()}
    return {
        iso3: _reading(
            Decimal(less.get(iso3, 0) - more.get(iso3, 0)),
            _balance(less.get(iso3, 0), more.get(iso3, 0)),
            iso3,
            **asked,
        )
        for iso3 in less | more | same
    }


def _balance(less: int, more: int) -> str:
    numbers = {"by": in_words(abs(less - more)), "less": in_words(less), "more": in_words(more)}
    if less > more:
        return _("less restrictive by %(by)s (%(less)s less, %(more)s more)") % numbers
    if more > less:
        return _("more restrictive by %(by)s (%(less)s less, %(more)s more)") % numbers
    return _("balanced (%(less)s less, %(more)s more)") % numbers


@_once
def _of_state(index: PublicIndex, on: date) -> dict[str, int]:
    return _counts(index, index.between("first", "last", None, on) & index.as_mask("family", STATE_FAMILIES))


def _recorded(index: PublicIndex, on: date) -> dict[str, Reading]:
    return {
        iso3: _reading(Decimal(number), in_words(number), iso3, family=STATE_FAMILIES, to=on.isoformat())
        for iso3, number in _of_state(index, on).items()
    }


def _reading(value: Decimal, words: str, iso3: str, **asked: str | Iterable[str]) -> Reading:
    """A count as a reading, whose source is the list of the counted entries."""
    day = str(asked.get("on") or asked["to"])
    query = urlencode({"country": iso3, **asked}, doseq=True)
    return Reading(
        value,
        words,
        period=day,
        when=PartialDate.parse(day).in_words(),
        source_name=_("The record of this observatory"),
        source_url=f"{reverse('measures')}?{query}",
    )


def in_words(number: int | Decimal) -> str:
    """A count, formatted for the page's language."""
    return in_unit(Decimal(number), Unit.CASES, 0)


def _signed(number: Decimal) -> str:
    sign = "+" if number > 0 else MINUS if number < 0 else ""
    return f"{sign}{in_words(abs(number))}"


@dataclass(frozen=True, slots=True)
class Count:
    """A count of the record."""

    key: str
    name: Promise | str
    unit: Promise | str
    definition: Promise | str
    readings: Callable[[PublicIndex, date], dict[str, Reading]]
    number: Callable[[Decimal], str] = in_words

    def subject(self, index: PublicIndex) -> Subject:
        """This count as the subject of a map."""
        change = index.everything.last_change()
        return Subject(
            self.key,
            str(self.name),
            str(self.unit),
            str(self.definition),
            self.number,
            changed_on=PartialDate.from_date(change) if change else None,
        )


COUNTS = {
    count.key: count
    for count in (
        Count(
            IN_FORCE,
            gettext_lazy("Measures possibly in force"),
            gettext_lazy("norms and actions of the state"),
            gettext_lazy(
                "Norms and actions that may have been in force on that day: from the earliest start that the sources "
                "allow to the latest end. Bills are never in force."
            ),
            _in_force,
        ),
        Count(
            "net_direction",
            gettext_lazy("Net direction of change"),
            gettext_lazy("less restrictive minus more restrictive norms and actions"),
            gettext_lazy(
                "The number of norms and actions dated up to that day that are less restrictive than before, minus "
                "those that are more restrictive. All count the same, and the number says nothing about how good a "
                "policy is."
            ),
            _direction,
            _signed,
        ),
        Count(
            "measures_recorded",
            gettext_lazy("Measures recorded"),
            gettext_lazy("norms, bills and actions of the state"),
            gettext_lazy(
                "Norms, bills and actions dated up to that day, without those that have no date. The number shows how "
                "much has been recorded, not how much a state has done."
            ),
            _recorded,
        ),
    )
}
"""The counts of the record as map subjects, by key, in display order."""
