"""A table of counts, topic by period, for too many entries for a timeline; each cell links to its entries.

Above the topics stand all entries of a period, and how many of them are more and less restrictive.

An entry counts under each of its topics, as in the filter, and in the one column that fits the precision of its date;
so a cell's number is the number of entries behind its link.
"""

import bisect
import datetime
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import TypeAlias
from urllib.parse import urlencode

import numpy as np
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from foundation.partial_dates import PartialDate
from measures.choices import Direction, Precision, Searched
from measures.coverage.ledger import CountryLedger
from measures.coverage.quarters import Quarter
from measures.listing.columns import PROPERTIES
from measures.listing.facets import topics_of
from measures.listing.index import Selection
from measures.timeline.axis import STEPS, month_after, months_between

DATED = (Precision.DAY, Precision.MONTH, Precision.YEAR)
MOST_COLUMNS = 24
SHADES = 5


@dataclass(frozen=True, slots=True)
class Column:
    """The months from `first` to `last`, or (both None) a kind of incomplete date; `short` stands below its year.

    `month` is its number if it is one month, else 0.
    """

    label: str
    short: str
    long_label: str
    precisions: tuple[Precision, ...]
    first: PartialDate | None = None
    last: PartialDate | None = None
    year: str = ""
    begins_year: bool = False
    month: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """The number of entries, the shade (0 for none, up to `SHADES`), and the query string that selects them.

    `more` and `less` of them are more and less restrictive.
    """

    count: int
    shade: int
    query: str
    column: Column | None
    more: int
    less: int
    searched: Searched | None = None
    """How far an empty cell was searched; None if nobody asked the ledger."""

    @property
    def direction(self) -> str:
        """The direction of most of those that have one, '' where as many go the other way."""
        if self.more == self.less:
            return ""
        return Direction.MORE_RESTRICTIVE.value if self.more > self.less else Direction.LESS_RESTRICTIVE.value


@dataclass(frozen=True, slots=True)
class Row:
    """A topic: all its entries, then a cell for each column."""

    label: str
    total: Cell
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """The entries of a column by direction: numbers, and heights in percent of the tallest of all columns."""

    column: Column
    more: int
    less: int
    up: str
    down: str


@dataclass(frozen=True, slots=True)
class Shade:
    """A class of the legend: the numbers of entries that have this shade."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The rows and columns that are not empty, and gaps between the first and the last period.

    `totals` has all topics; an entry with several counts once there. `years` are labels above the columns, with
    those below each; there are none above columns of years.
    """

    columns: tuple[Column, ...] = ()
    years: tuple[tuple[str, tuple[Column, ...]], ...] = ()
    balances: tuple[Balance, ...] = ()
    totals: Row | None = None
    rows: tuple[Row, ...] = ()
    shades: tuple[Shade, ...] = ()

    @property
    def is_of_months(self) -> bool:
        """Whether its columns are single months, of which narrow pages make a calendar."""
        return any(column.month for column in self.columns)

    @property
    def has_unsearched(self) -> bool:
        """Whether any cell is empty of which no search is recorded."""
        return any(cell.searched == Searched.NOT_CHECKED for row in self.rows for cell in row.cells)

    @property
    def has_directions(self) -> bool:
        """Whether any entry is more or less restrictive."""
        return any(balance.more or balance.less for balance in self.balances)


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """The current filter, which a cell can only narrow; `query` builds another query string."""

    precisions: Collection[str]
    since: PartialDate | None
    until: PartialDate | None
    query: Callable[..., str]


Numbers: TypeAlias = dict[tuple[str, int], int]
"""The number of entries by topic key ('' for all topics) and column index."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """Columns, and the numbers of all entries and of those of either direction."""

    columns: list[Column]
    every: Numbers
    more: Numbers
    less: Numbers

    def cells(self, key: str, limits: Sequence[int], queries: Sequence[str]) -> tuple[Cell, ...]:
        """The cells of a topic; `queries` select them."""
        return tuple(
            Cell(
                count=(count := self.every.get((key, place), 0)),
                shade=bisect.bisect_left(limits, count) + 1 if count and limits else 0,
                query=query,
                column=column,
                more=self.more.get((key, place), 0),
                less=self.less.get((key, place), 0),
            )
            for place, (column, query) in enumerate(zip(self.columns, queries, strict=True))
        )


def matrix(
    matching: Selection,
    topics: Sequence[tuple[str, str]],
    asked: MatrixQuery,
    ledger: CountryLedger | None = None,
) -> Matrix:
    """Counts of `matching`; `topics` are keys and labels of the rows, of either level.

    The `ledger` says of empty cells whether anybody looked.
    """
    levels = frozenset(_level(key) for key, _label in topics)
    counted = matching.get_or_cache(("matrix", get_language(), levels), lambda: _counted(matching, levels))
    named = {key: label for key, label in topics if any(topic == key for topic, _place in counted.every)}
    if not named:
        return Matrix()
    limits = _limits([count for (key, _place), count in counted.every.items() if key in named])
    dates = [dates_of(column, asked) for column in counted.columns]
    whole, parts = _beside_topic(asked.query(topic=None)), [_beside_topic(asked.query(topic=None, **d)) for d in dates]
    rows = []
    for key, label in named.items():
        topic = f"?{urlencode({'topic': key})}"
        cells = counted.cells(key, limits, [topic + part for part in parts])
        rows.append(_row(label, _with_searches(cells, key, ledger), topic + whole))
    totals = _row(_("All topics"), counted.cells("", (), [asked.query(**d) for d in dates]), asked.query())
    return Matrix(
        columns=tuple(counted.columns),
        years=_years(counted.columns),
        balances=_balances(totals.cells),
        totals=totals,
        rows=tuple(rows),
        shades=_shades(limits),
    )


def _with_searches(cells: Sequence[Cell], key: str, ledger: CountryLedger | None) -> tuple[Cell, ...]:
    """The cells, the empty ones of a period with what the ledger says of their topic."""
    if ledger is None:
        return tuple(cells)
    return tuple(
        replace(
            cell,
            searched=ledger.over(key, Quarter.of_day(cell.column.first.first), Quarter.of_day(cell.column.last.last)),
        )
        if cell.column and cell.column.first and cell.column.last and not cell.count
        else cell
        for cell in cells
    )


def _row(label: str, cells: tuple[Cell, ...], query: str) -> Row:
    count, more, less = (sum(numbers) for numbers in zip(*((c.count, c.more, c.less) for c in cells), strict=True))
    return Row(label, Cell(count, 0, query, None, more, less), cells)


def _balances(cells: Sequence[Cell]) -> tuple[Balance, ...]:
    tallest = max((number for cell in cells for number in (cell.more, cell.less)), default=0) or 1
    return tuple(
        Balance(
            cell.column,
            cell.more,
            cell.less,
            f"{cell.more / tallest * 100:.0f}%",
            f"{cell.less / tallest * 100:.0f}%",
        )
        for cell in cells
        if cell.column
    )


def _years(columns: Sequence[Column]) -> tuple[tuple[str, tuple[Column, ...]], ...]:
    if not any(column.year for column in columns):
        return ()
    return tuple((year, tuple(group)) for year, group in groupby(columns, key=lambda column: column.year))


# Shades: each has about as many entries as any other


def _limits(counts: Iterable[int]) -> tuple[int, ...]:
    """The largest number of each shade, in order; equal limits are one shade."""
    ordered = sorted(counts)
    running = list(accumulate(ordered))
    quantiles = (running[-1] * part / SHADES for part in range(1, SHADES + 1))
    return tuple(sorted({ordered[bisect.bisect_left(running, quantile)] for quantile in quantiles}))


def _shades(limits: Sequence[int]) -> tuple[Shade, ...]:
    lows = [1, *(limit + 1 for limit in limits)]
    return tuple(
        Shade(number, str(low) if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high})
        for number, (low, high) in enumerate(zip(lows, limits, strict=False), 1)
    )


# Counts


def _counted(matching: Selection, levels: Collection[str]) -> _Counted:
    """The columns, and the numbers of entries by topic key and column index."""
    dates, kinds = matching.dates()
    months = Counter[datetime.date]()
    for (month, precision), number in zip(dates, np.bincount(kinds, minlength=len(dates)).tolist(), strict=True):
        if month and precision != Precision.YEAR:
            months[month] += number
    years = [month for month, precision in dates if month and precision == Precision.YEAR]
    precisions = {precision for _month, precision in dates}
    columns = [
        column for column in _columns(months, years) if column.first or precisions.intersection(column.precisions)
    ]
    places = np.array(_places(columns, dates), dtype=np.int64)[kinds]
    more, less = (
        np.where(matching.column("direction") == PROPERTIES["direction"].encode(direction), places, -1)
        for direction in (Direction.MORE_RESTRICTIVE, Direction.LESS_RESTRICTIVE)
    )
    return _Counted(columns, *(_numbers(matching, levels, of_rows) for of_rows in (places, more, less)))


def _places(columns: Sequence[Column], dates: Iterable[tuple[datetime.date | None, str]]) -> list[int]:
    """The column index of each kind of date; periods come first, in time order and without gaps."""
    starts = [column.first.first for column in columns if column.first]
    closer = columns[0].precisions if starts else ()
    beside: dict[str, int] = {
        precision: place for place in range(len(starts), len(columns)) for precision in columns[place].precisions
    }
    return [
        bisect.bisect_right(starts, month) - 1 if month and precision in closer else beside[precision]
        for month, precision in dates
    ]


def _numbers(matching: Selection, levels: Iterable[str], places: NDArray[np.int64]) -> Numbers:
    """The numbers of entries; `places` has the column index of each entry, negative for those not to be counted."""
    topics = {topic.pk: topic.value for above in topics_of(matching.index) for topic in (above, *above.children)}
    of_topics = {
        (topics[topic], place): number
        for level in levels
        for (topic, place), number in matching.crossed(level, places).items()
        if topic in topics and _level(topics[topic]) == level
    }
    of_all = {("", place): number for place, number in enumerate(np.bincount(places[places >= 0]).tolist())}
    return of_topics | of_all


def _level(key: str) -> str:
    return "topic" if "." in key else "upper_topic"


def _beside_topic(query: str) -> str:
    """What follows a topic in a query string that has none yet."""
    others = query.removeprefix("?")
    return f"&{others}" if others else ""


def dates_of(column: Column, asked: MatrixQuery) -> dict[str, str | list[str]]:
    """The parameters that select a column within the current filter; dated entries need no precision."""
    precisions = [p.value for p in column.precisions if not asked.precisions or p.value in asked.precisions]
    if not (column.first and column.last):
        return {"precision": precisions}
    if len(precisions) == len(DATED):
        precisions = []
    since, until = column.first, column.last
    if asked.since and asked.since.first > since.first:
        since = asked.since
    if asked.until and asked.until.last < until.last:
        until = asked.until
    return {"from": str(since), "to": str(until), "precision": precisions}


# Columns


def _columns(months: Mapping[datetime.date, int], years: Collection[datetime.date]) -> list[Column]:
    """Months, quarters, years or multiples of these, as they fit; then the columns of less precise dates.

    `months` has the number of entries of each. A few early ones share a column, so that the others have finer ones.
    """
    undated = Column(_("No date"), _("No date"), _("Date not recorded"), (Precision.NONE,))
    only_year = Column(_("Year only"), _("Year only"), _("Year only"), (Precision.YEAR,))
    if not months:
        return [only_year, undated]
    first, last = _first_without_early(months), max(months)
    step = _step(first, last)
    if step >= 12:
        first, last = min(*months, *years), max(last, *years, last)
        step = _step(first, last)
    first = month_after(first, -((first.year * 12 + first.month - 1) % step))
    starts = [first]
    while month_after(starts[-1], step) <= last:
        starts.append(month_after(starts[-1], step))
    periods = [column_of(start, month_after(start, step - 1), step) for start in starts]
    periods[0] = replace(periods[0], begins_year=bool(periods[0].year))
    if min(months) < first:
        periods.insert(0, _earlier(min(months), first))
    return [*periods, *([only_year] if step < 12 else []), undated]


def _first_without_early(months: Mapping[datetime.date, int]) -> datetime.date:
    """The month to begin with: past at most a tenth of the entries, if the columns are finer then."""
    last, early, room = max(months), 0, sum(months.values()) / 10
    whole = _step(min(months), last)
    for month in sorted(months):
        if _step(month, last) < whole:
            return month
        early += months[month]
        if early > room:
            break
    return min(months)


def _earlier(first: datetime.date, after: datetime.date) -> Column:
    """The column of all months before `after`."""
    since, until = PartialDate(first.year, first.month), month_after(after, -1)
    label = _("Before %(date)s") % {"date": date_format(after, "M Y")}
    long_label = _("before %(date)s") % {"date": PartialDate(after.year, after.month).in_words()}
    known = (Precision.DAY, Precision.MONTH)
    return Column(label, label, long_label, known, since, PartialDate(until.year, until.month))


def _step(first: datetime.date, last: datetime.date) -> int:
    months = months_between(first, last) + 1
    return next((step for step in STEPS if months <= step * MOST_COLUMNS), STEPS[-1])


def column_of(first: datetime.date, last: datetime.date, step: int) -> Column:
    """The column from the month of `first` to that of `last`."""
    if step >= 12:
        label = str(first.year) if step == 12 else f"{first.year}–{last.year}"
        return Column(label, label, label, DATED, PartialDate(first.year), PartialDate(last.year))
    since, until = PartialDate(first.year, first.month), PartialDate(last.year, last.month)
    short, long_label = date_format(first, "M"), since.in_words()
    if step > 1:
        short = f"{short}–{date_format(last, 'M')}"
        long_label = _("%(start)s to %(end)s") % {"start": since.in_words(), "end": until.in_words()}
    return Column(
        label=f"{short} {last.year}",
        short=short,
        long_label=long_label,
        precisions=(Precision.DAY, Precision.MONTH),
        first=since,
        last=until,
        year=str(first.year),
        begins_year=first.month == 1,
        month=first.month if step == 1 else 0,
    )
