"""The ledger of a country as a table: topics by quarter, each cell with its state and the number of entries."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from measures.choices import Precision, Searched
from measures.coverage.ledger import CountryLedger
from measures.coverage.quarters import Quarter
from measures.listing.columns import Array
from measures.listing.facets import topics_of
from measures.listing.index import Selection

SIGNS = {Searched.NOT_CHECKED: "–", Searched.NOTHING_FOUND: "○", Searched.PARTIAL: "◐", Searched.COMPLETE: "●"}
"""The sign of each state; its words stand beside it or in the legend."""
_TO_THE_MONTH = (Precision.DAY, Precision.MONTH)


@dataclass(frozen=True, slots=True)
class Cell:
    """A topic in a quarter; `is_own` if a row says it, otherwise it follows from the topic above or those below."""

    topic: str
    quarter: Quarter
    state: Searched
    is_own: bool
    count: int
    """Entries with a date in the quarter that is known to the month."""

    @property
    def key(self) -> str:
        """Its name in a form."""
        return f"{self.topic}:{self.quarter}"

    @property
    def sign(self) -> str:
        """The sign of its state."""
        return SIGNS[self.state]

    @property
    def is_contradicted(self) -> bool:
        """Whether entries are recorded where nothing was found."""
        return self.state == Searched.NOTHING_FOUND and self.count > 0


@dataclass(frozen=True, slots=True)
class Row:
    """A topic with its cells; `is_below` if it is of the second level."""

    topic: str
    label: str
    is_below: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows, and the quarters by year."""

    years: tuple[tuple[int, tuple[Quarter, ...]], ...]
    rows: tuple[Row, ...]


def years_of(quarters: Sequence[Quarter]) -> tuple[tuple[int, tuple[Quarter, ...]], ...]:
    """The quarters by year, in order."""
    return tuple((year, tuple(own)) for year, own in groupby(quarters, key=lambda quarter: quarter.year))


def table_of(
    ledger: CountryLedger, entries: Selection, quarters: Sequence[Quarter], opened: Iterable[str] = ()
) -> Table:
    """The topics of the upper level, and below them those that have rows of their own or are `opened`."""
    counts = _counts(entries)
    rows = []
    for upper in topics_of(entries.index):
        below = [term for term in upper.children if upper.value in opened or term.value in ledger.rows]
        if upper.is_deprecated and upper.value not in ledger.rows and not below:
            continue
        for term, is_below in [(upper, False), *((term, True) for term in below)]:
            own = ledger.rows.get(term.value, {})
            cells = tuple(
                Cell(
                    term.value,
                    quarter,
                    ledger.state(term.value, quarter),
                    quarter in own,
                    counts[term.pk, is_below, quarter],
                )
                for quarter in quarters
            )
            rows.append(Row(term.value, term.label, is_below, cells))
    return Table(years_of(quarters), tuple(rows))


def _counts(entries: Selection) -> Counter[tuple[int, bool, Quarter]]:
    """The number of entries by topic, level and quarter; those known to the year alone are in none."""
    kinds, of_rows = entries.dates()
    quarters = [Quarter.of_day(month) if month and kind in _TO_THE_MONTH else None for month, kind in kinds]
    known = {quarter: place for place, quarter in enumerate(dict.fromkeys(q for q in quarters if q))}
    places: Array = np.array([known[quarter] if quarter else -1 for quarter in quarters] or [-1], dtype=np.int64)
    named = list(known)
    found: Counter[tuple[int, bool, Quarter]] = Counter()
    groups = places[of_rows] if len(of_rows) else np.zeros(0, dtype=np.int64)
    for name, is_below in (("upper_topic", False), ("topic", True)):
        for (topic, place), number in entries.crossed(name, groups).items():
            found[topic, is_below, named[place]] += number
    return found
