"""Charts of an indicator over time, each with an equivalent table.

A value is drawn exactly as long as its period: a day as a day, a year as a year. Consecutive periods are joined; where
one is missing the line is interrupted, never interpolated. For a line of many values, each of the `COLUMNS` columns
keeps the first, lowest, highest and last point, which on a plot of so many pixels looks as if all were drawn.
"""

import calendar
import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby, pairwise

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q

from countries.figures import in_unit, short_in_unit, stated_period, stated_remark, stated_value
from countries.models import (
    Country,
    Indicator,
    Observation,
    ObservationQuerySet,
    ObservationStatus,
    Qualifier,
    by_period,
)
from countries.profile import Origin, origin_of
from foundation.partial_dates import PartialDate
from foundation.texts import translated

COLUMNS = 1000
"""Width of a drawing in units, one per column of pixels; no plot has more."""
HEIGHT = 100
"""Height of a drawing in units."""
MOST_ROWS = 60
"""With more days than this, the table has a row for each month."""

DAY = datetime.timedelta(days=1)


def dated(country: Country, indicator: Indicator | OuterRef) -> ObservationQuerySet:
    """The values for `country` as a whole whose period has both ends, newest first."""
    is_bounded = Q(period_range__isnull=False, period_range__lower_inf=False, period_range__upper_inf=False)
    found = Observation.objects.of_the_whole().filter(is_bounded, country=country, indicator=indicator)
    return found.exclude(status=ObservationStatus.MISSING).newest_first()


def numbers_of(country: Country, indicator: Indicator | OuterRef) -> ObservationQuerySet:
    """Those of `dated` that are numbers, and can be drawn."""
    return dated(country, indicator).filter(value__isnull=False)


def offered(country: Country) -> list[Indicator]:
    """The indicators with at least two dated numbers for `country`: daily ones first, then the others, by name."""
    numbers = numbers_of(country, OuterRef("pk"))
    found = Indicator.objects.filter(Exists(numbers[1:2])).select_related("unit")
    return sorted(found, key=lambda indicator: (not indicator.is_daily, translated(indicator, "name").text))


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one indicator and country in time order; `first` and `last` are the bounds of all existing values."""

    indicator: Indicator
    values: tuple[Observation, ...]
    first: datetime.date
    last: datetime.date

    @property
    def drawn(self) -> list[Observation]:
        """The values that are numbers."""
        return [value for value in self.values if value.value is not None]

    @property
    def sources(self) -> list[Origin]:
        """The sources of the values."""
        return list(dict.fromkeys(map(origin_of, self.values)))

    @property
    def is_by_day(self) -> bool:
        """Whether there are more days than the table has room for."""
        return len(self.values) > MOST_ROWS and all(_first(value) == _last(value) for value in self.values)


def bounds(country: Country, indicator: Indicator) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of all dated numbers; reads two rows."""
    numbers = numbers_of(country, indicator)
    last, first = numbers.first(), numbers.reverse().first()
    assert first, "the indicator is not offered"
    assert last
    return _first(first), _last(last)


def series_of(country: Country, indicator: Indicator, first: datetime.date, last: datetime.date) -> Series:
    """The values from `first` to `last`, including a period that began earlier. Reads no other daily values."""
    values = dated(country, indicator).begun_by(last)
    if indicator.is_daily:
        values = values.alias(age=by_period()).filter(age__gte=DateRange(first, first + DAY))
    else:
        values = values.filter(period_range__overlap=DateRange(first, last + DAY))
    found = tuple(values.reverse())
    for value in found:
        value.indicator = indicator
    return Series(indicator, found, *bounds(country, indicator))


def _first(value: Observation) -> datetime.date:
    day: datetime.date = value.period_range.lower
    return day


def _last(value: Observation) -> datetime.date:
    day: datetime.date = value.period_range.upper - DAY
    return day


# The drawing


@dataclass(frozen=True, slots=True)
class Level:
    """A grid line: its vertical position, in drawing units and in percent, and its number."""

    y: float
    down: str
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG paths in a field of `COLUMNS` by `HEIGHT`: exact values, inexact values, and breaks of the series."""

    exact: str
    inexact: str
    breaks: tuple[str, ...]
    levels: tuple[Level, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is no value in this range."""
        return not (self.exact or self.inexact)


Point = tuple[float, float]
At = Callable[[datetime.date], float]


def drawing_of(series: Series, at: At) -> Drawing:
    """The lines of `series`; `at` maps the start of a day to a horizontal position in percent."""
    values = series.drawn
    numbers = [value.value for value in values if value.value is not None]
    levels = _levels(min(numbers, default=Decimal(0)), max(numbers, default=Decimal(0)), series.indicator.unit.is_whole)
    down = _scale(levels[0], levels[-1])
    paths: dict[bool, list[str]] = {True: [], False: []}
    for is_exact, line in _lines(values, lambda day: at(day) * COLUMNS / 100, down):
        paths[is_exact].append(_path(_thinned(line)))
    return Drawing(
        exact="".join(paths[True]),
        inexact="".join(paths[False]),
        breaks=tuple(f"{at(_first(v)):.2f}%" for v in values if v.status == ObservationStatus.BREAK),
        levels=tuple(_level(number, down(number), series.indicator) for number in levels),
    )


def is_exact(value: Observation) -> bool:
    """Whether a value is neither estimated nor provisional nor a bound."""
    inexact = (ObservationStatus.ESTIMATED, ObservationStatus.PROVISIONAL)
    return value.status not in inexact and value.qualifier == Qualifier.EQ


def _lines(
    values: Sequence[Observation], across: At, down: Callable[[Decimal], float]
) -> Iterable[tuple[bool, list[Point]]]:
    """Yield the outline of each run of consecutive periods, and whether its values are exact."""
    run: list[Point] = []
    before: Observation | None = None
    for value in values:
        is_joined = before is not None and _follows(before, value)
        if run and before is not None and not (is_joined and is_exact(before) == is_exact(value)):
            yield is_exact(before), run
            run = run[-1:] if is_joined else []
        assert value.value is not None
        y = down(value.value)
        run += [(across(_first(value)), y), (across(_last(value) + DAY), y)]
        before = value
    if run and before is not None:
        yield is_exact(before), run


def _follows(before: Observation, value: Observation) -> bool:
    return _last(before) + DAY == _first(value) and value.status != ObservationStatus.BREAK


def _thinned(line: Iterable[Point]) -> list[Point]:
    """Keep the first, lowest, highest and last point of each column, in order."""
    kept: list[Point] = []
    for _column, group in groupby(line, key=lambda point: int(point[0])):
        points = list(group)
        heights = [y for _x, y in points]
        places = {0, heights.index(min(heights)), heights.index(max(heights)), len(points) - 1}
        kept += [points[place] for place in sorted(places)]
    return kept


def _path(line: Sequence[Point]) -> str:
    (x, y), *others = line
    path = f"M{x:.1f},{y:.1f}"
    for (x0, y0), (x1, y1) in pairwise([(x, y), *others]):
        path += f"H{x1:.1f}" if y0 == y1 else f"V{y1:.1f}" if x0 == x1 else f"L{x1:.1f},{y1:.1f}"
    return path


NICE = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))


def _levels(lowest: Decimal, highest: Decimal, is_whole: bool) -> list[Decimal]:
    """Round numbers that span `lowest` to `highest`, including zero."""
    low, high = min(lowest, Decimal(0)), max(highest, Decimal(0))
    rough = (high - low) / 3 or Decimal(1)
    power = Decimal(10) ** rough.adjusted()
    step = next(nice * power for nice in NICE if nice * power >= rough)
    if is_whole:
        step = max(step, Decimal(1))
    first, last = (low / step).to_integral_value(ROUND_FLOOR), (high / step).to_integral_value(ROUND_CEILING)
    return [step * number for number in range(int(first), max(int(last), int(first) + 1) + 1)]


def _scale(lowest: Decimal, highest: Decimal) -> Callable[[Decimal], float]:
    return lambda number: float(HEIGHT - (number - lowest) / (highest - lowest) * HEIGHT)


def _level(number: Decimal, y: float, indicator: Indicator) -> Level:
    decimals = 0 if indicator.unit.is_whole else max(indicator.places, 2)
    return Level(y, f"{y / HEIGHT * 100:.2f}%", short_in_unit(number, indicator.unit, decimals))


# The table


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value as it is stated."""

    period: str
    value: str
    remark: str
    source: Origin


@dataclass(frozen=True, slots=True)
class MonthRow:
    """The days of a month: how many have a value, of how many, and the lowest, highest and last value."""

    month: str
    days: int
    of: int
    lowest: str
    highest: str
    last: str


def value_rows(series: Series) -> tuple[ValueRow, ...]:
    """Every value with its period, its remark and its source."""
    return tuple(ValueRow(stated_period(v), stated_value(v), stated_remark(v), origin_of(v)) for v in series.values)


def month_rows(series: Series) -> tuple[MonthRow, ...]:
    """Days grouped by month, including months without values."""
    by_month = {
        key: list(group) for key, group in groupby(series.drawn, key=lambda v: (_first(v).year, _first(v).month))
    }
    return tuple(_month_row(key, by_month.get(key, []), series.indicator) for key in _months(sorted(by_month)))


def _months(present: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Every month from the first to the last."""
    if not present:
        return []
    (first_year, first), (last_year, last) = present[0], present[-1]
    numbers = range(first_year * 12 + first - 1, last_year * 12 + last)
    return [(number // 12, number % 12 + 1) for number in numbers]


def _month_row(key: tuple[int, int], days: Sequence[Observation], indicator: Indicator) -> MonthRow:
    numbers = [day.value for day in days if day.value is not None]

    def written(number: Decimal) -> str:
        return in_unit(number, indicator)

    lowest, highest, last = (written(f(numbers)) if numbers else "" for f in (min, max, lambda some: some[-1]))
    month = PartialDate(*key).in_words()
    return MonthRow(month, len(numbers), calendar.monthrange(*key)[1], lowest, highest, last)
