"""A table of counts, topic by period, for too many entries for a timeline; each cell links to its entries.

An entry counts under each of its topics, as in the filter, and in the one column that fits the precision of its date;
so a cell's number is the number of entries behind its link.
"""

import bisect
import datetime
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from foundation.partial_dates import PartialDate
from measures.choices import Precision
from measures.listing.facets import topics_of
from measures.listing.index import Selection
from measures.timeline.axis import STEPS, month_after, months_between

DATED = (Precision.DAY, Precision.MONTH, Precision.YEAR)
MOST_COLUMNS = 24
SHADES = 5


@dataclass(frozen=True, slots=True)
class Column:
    """The months from `first` to `last`, or (both None) a kind of incomplete date."""

    label: str
    long_label: str
    precisions: tuple[Precision, ...]
    first: PartialDate | None = None
    last: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """The number of entries, the shade (0 for none, up to `SHADES`), and the query string that selects them."""

    count: int
    shade: int
    query: str
    column: Column | None


@dataclass(frozen=True, slots=True)
class Row:
    """A topic: all its entries, then a cell for each column."""

    label: str
    total: Cell
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The rows and columns that are not empty, and gaps between the first and the last period."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class MatrixQuery:
    """The current filter, which a cell can only narrow; `query` builds another query string."""

    precisions: Collection[str]
    since: PartialDate | None
    until: PartialDate | None
    query: Callable[..., str]


def matrix(matching: Selection, topics: Sequence[tuple[str, str]], asked: MatrixQuery) -> Matrix:
    """Counts of `matching`; `topics` are keys and labels of the rows, of either level."""
    levels = frozenset(_level(key) for key, _label in topics)
    columns, numbers = matching.get_or_cache(("matrix", get_language(), levels), lambda: _counted(matching, levels))
    most = max((numbers.get((key, place), 0) for key, _label in topics for place in range(len(columns))), default=0)
    whole = _beside_topic(asked.query(topic=None))
    queries = [_beside_topic(asked.query(topic=None, **_dates(column, asked))) for column in columns]
    rows = []
    for key, label in topics:
        found = [numbers.get((key, place), 0) for place in range(len(columns))]
        topic = f"?{urlencode({'topic': key})}"
        cells = (
            Cell(number, -(-number * SHADES // most), topic + query, column)
            for number, query, column in zip(found, queries, columns, strict=True)
        )
        if any(found):
            rows.append(Row(label, Cell(sum(found), 0, topic + whole, None), tuple(cells)))
    return Matrix(tuple(columns), tuple(rows))


def _counted(matching: Selection, levels: Iterable[str]) -> tuple[list[Column], dict[tuple[str, int], int]]:
    """The columns, and the number of entries by topic key and column index."""
    dates, kinds = matching.dates()
    months = [month for month, precision in dates if month and precision != Precision.YEAR]
    years = [month for month, precision in dates if month and precision == Precision.YEAR]
    precisions = {precision for _month, precision in dates}
    columns = [
        column for column in _columns(months, years) if column.first or precisions.intersection(column.precisions)
    ]
    return columns, _numbers(matching, levels, np.array(_places(columns, dates), dtype=np.int64)[kinds])


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


def _numbers(matching: Selection, levels: Iterable[str], places: NDArray[np.int64]) -> dict[tuple[str, int], int]:
    """The number of entries by topic key and column index; `places` has the column index of each entry."""
    topics = {topic.pk: topic.value for above in topics_of(matching.index) for topic in (above, *above.children)}
    return {
        (topics[topic], place): number
        for level in levels
        for (topic, place), number in matching.crossed(level, places).items()
        if topic in topics and _level(topics[topic]) == level
    }


def _level(key: str) -> str:
    return "topic" if "." in key else "upper_topic"


def _beside_topic(query: str) -> str:
    """What follows a topic in a query string that has none yet."""
    others = query.removeprefix("?")
    return f"&{others}" if others else ""


def _dates(column: Column, asked: MatrixQuery) -> dict[str, str | list[str]]:
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


def _columns(months: Collection[datetime.date], years: Collection[datetime.date]) -> list[Column]:
    """Months, quarters, years or multiples of these, as they fit; then the columns of less precise dates."""
    undated = Column(_("No date"), _("Date not recorded"), (Precision.NONE,))
    only_year = Column(_("Year only"), _("Year only"), (Precision.YEAR,))
    if not months:
        return [only_year, undated]
    first, last = min(months), max(months)
    step = _step(first, last)
    if step >= 12:
        first, last = min(first, *years, first), max(last, *years, last)
        step = _step(first, last)
    first = month_after(first, -((first.year * 12 + first.month - 1) % step))
    starts = [first]
    while month_after(starts[-1], step) <= last:
        starts.append(month_after(starts[-1], step))
    periods = [_column(start, month_after(start, step - 1), step) for start in starts]
    return [*periods, *([only_year] if step < 12 else []), undated]


def _step(first: datetime.date, last: datetime.date) -> int:
    months = months_between(first, last) + 1
    return next((step for step in STEPS if months <= step * MOST_COLUMNS), STEPS[-1])


def _column(first: datetime.date, last: datetime.date, step: int) -> Column:
    """The column from the month of `first` to that of `last`."""
    if step >= 12:
        label = str(first.year) if step == 12 else f"{first.year}–{last.year}"
        return Column(label, label, DATED, PartialDate(first.year), PartialDate(last.year))
    known = (Precision.DAY, Precision.MONTH)
    since, until = PartialDate(first.year, first.month), PartialDate(last.year, last.month)
    if step == 1:
        return Column(date_format(first, "M Y"), since.in_words(), known, since, until)
    label = f"{date_format(first, 'M')}–{date_format(last, 'M Y')}"
    long_label = _("%(start)s to %(end)s") % {"start": since.in_words(), "end": until.in_words()}
    return Column(label, long_label, known, since, until)
