"""The tables that say the same as the pictures; each number is that of the list behind it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from countries.models import Country
from measures.choices import Direction
from measures.comparing.periods import last_days_of, periods_of
from measures.comparing.question import Comparison
from measures.comparing.series import Begun, Series
from measures.comparing.tallies import Count
from measures.listing.counted import LANE
from measures.timeline.axis import Axis


@dataclass(frozen=True, slots=True)
class Numbers:
    """What holds for certain, and at most."""

    certain: Count
    most: Count

    @property
    def is_open(self) -> bool:
        """Whether the record leaves the number open."""
        return self.certain.number != self.most.number


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A row of numbers, one for each day; `texts` stand in for them where a number has no list, such as a balance."""

    key: str
    label: str
    numbers: tuple[Numbers, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountryRows:
    """The rows of a country."""

    country: Country
    rows: tuple[NumberRow, ...]


def days_of(axis: Axis) -> list[date]:
    """The days that tables show."""
    return last_days_of(periods_of(axis), axis)


def begun_rows(query: Callable[..., str], country: Country, begun: Begun, days: Sequence[date]) -> CountryRows:
    """What has begun by each day: restricting, easing, and the balance of the two.

    `query` makes the query string of a list as of a day.
    """
    balances = [begun.on(day) for day in days]
    more = [(balance.more, balance.most_more) for balance in balances]
    less = [(balance.less, balance.most_less) for balance in balances]

    def numbers(direction: Direction, pairs: Sequence[tuple[int, int]]) -> tuple[Numbers, ...]:
        given = {"country": country.pk, "direction": direction.value}
        return tuple(
            Numbers(
                Count(certain, query(**given, begun=day.isoformat())),
                Count(most, query(**given, perhaps_begun=day.isoformat())),
            )
            for day, (certain, most) in zip(days, pairs, strict=True)
        )

    rows = (
        NumberRow("more", _("More restrictive"), numbers(Direction.MORE_RESTRICTIVE, more)),
        NumberRow("less", _("Less restrictive"), numbers(Direction.LESS_RESTRICTIVE, less)),
        NumberRow("", _("Balance"), texts=tuple(balance_in_words(b.line, b.low, b.high) for b in balances)),
    )
    return CountryRows(country, rows)


def balance_in_words(line: int, low: int, high: int) -> str:
    """`+2`, or `+2 (−1 to +4)` where the record leaves it open."""
    if low == high:
        return signed(line)
    between = {"line": signed(line), "low": signed(low), "high": signed(high)}
    return _("%(line)s (%(low)s to %(high)s)") % between


def signed(number: int) -> str:
    """A number with its sign, and a true minus."""
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"


def in_force_rows(comparison: Comparison, country: Country, series: Series, days: Sequence[date]) -> CountryRows:
    """What is in force on each day: all measures, then those of each lane that has any on one of the days."""
    found = [series.on(day) for day in days]
    lanes: list[tuple[str, str, dict[str, str]]] = [("", _("All topics"), {})]
    places = [len(comparison.lanes)]
    for place, lane in enumerate(comparison.lanes):
        if any(numbers[2 * place] or numbers[2 * place + 1] for numbers in found):
            lanes.append((lane.value, lane.label, {LANE: lane.value}))
            places.append(place)
    rows = [
        NumberRow(
            key, label, _numbers_in_force(comparison, country, narrower, days, [n[2 * p : 2 * p + 2] for n in found])
        )
        for (key, label, narrower), p in zip(lanes, places, strict=True)
    ]
    return CountryRows(country, tuple(rows))


def _numbers_in_force(
    comparison: Comparison,
    country: Country,
    narrower: dict[str, str],
    days: Sequence[date],
    found: Iterable[Sequence[int]],
) -> tuple[Numbers, ...]:
    def query(day: date, **more: str) -> str:
        return comparison.on_days(country=country.pk, **narrower, on=day.isoformat(), **more)

    return tuple(
        Numbers(Count(certain, query(day, status="in_force")), Count(certain + besides, query(day)))
        for day, (certain, besides) in zip(days, found, strict=True)
    )
