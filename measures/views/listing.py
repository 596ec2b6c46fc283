"""What a page with a list shows, from its filter: counts, one page of entries, and what is wrong with the address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.utils.translation import get_language

from measures.choices import Precision
from measures.entries import Entry
from measures.listing.facets import Facet
from measures.listing.filters import NEWEST, OLDEST, RELEVANCE, SORTS, MeasureFilter
from measures.listing.index import Selection
from measures.search.headlines import highlighted
from measures.search.matching import RANKED
from measures.search.spelling import suggestion
from measures.views.paging import Box, Order, Paged
from measures.views.rows import Look, Month, Row, by_month, entries_of, row_of, rows_of

PAGE_SIZE = 50
MOST_WHOLE_SUMMARIES = 60
"""With more rows than this, rows are short ones, with `SHORT_SUMMARY` characters of summary: 150 weigh 40 KB."""
SHORT_SUMMARY = 160

FIRST_FACETS = ("topic", "status", "family", "country", "direction")
"""The facets that are always in view; the others are folded under "More filters"."""
BOXES = ("from", "to", "q", "on", "updated_since")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many entries the filter gives, and of them: measures of the state, without day and month, certain."""

    total: int
    state: int
    undated: int
    certain: int

    @property
    def others(self) -> int:
        """Statements, alerts, responses and findings: never counted as measures of the state."""
        return self.total - self.state

    @property
    def possible(self) -> int:
        """What was in force on the day asked for possibly, and not certainly."""
        return self.total - self.certain


@dataclass(frozen=True, slots=True)
class Meant:
    """What a search may have meant, and the query string that asks for it under the same filters."""

    words: str
    query: str


class Listing(Paged):
    """One page of the entries that a filter gives; `whole_up_to` entries are never parted."""

    filter: MeasureFilter

    def __init__(self, filter: MeasureFilter, *, whole_up_to: int = 0) -> None:
        self.filter = filter
        self.counts = _counts(filter)
        self.is_whole = self.counts.total <= max(whole_up_to, PAGE_SIZE)
        self.last_page = 1 if self.is_whole else -(-self.counts.total // PAGE_SIZE)
        self.page = filter.value("page") or 1

    @property
    def ranked(self) -> int:
        """How many of the newest entries are in order of match, where that is not all of them."""
        return RANKED if self.filter.order == RELEVANCE and self.counts.total > RANKED else 0

    @cached_property
    def ids(self) -> list[int]:
        """The measures of this page, in order."""
        if self.problems:
            return []
        first = (self.page - 1) * PAGE_SIZE
        part = slice(None) if self.is_whole else slice(first, first + PAGE_SIZE)
        ids: list[int] = self.filter.ids_of(part).tolist()
        return ids

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of this page; the words of a search are marked, and such rows are made for it alone."""
        words, country = self.filter.value("q"), self.filter.country
        longest = SHORT_SUMMARY if len(self.ids) > MOST_WHOLE_SUMMARIES and not words else None
        look = Look(
            language=get_language() or "",
            heading=5 if country else 3,
            with_country=not country,
            day=self.filter.day,
            longest=longest,
        )
        if not words:
            return rows_of(self.ids, look, self.filter.index.fragments)
        return [row_of(entry, look) for entry in _with_marks(entries_of(self.ids, look), words)]

    @cached_property
    def meant(self) -> Meant | None:
        """Of a search that finds nothing: the words that would."""
        words = self.filter.value("q")
        if not words or self.problems or self.counts.total:
            return None
        meant = suggestion(words, self.filter.without_words.ids())
        return Meant(meant, self.filter.query(q=meant)) if meant else None

    @property
    def months(self) -> list[Month]:
        """The rows under a heading for each month."""
        return by_month(self.rows)

    @property
    def day_in_words(self) -> str:
        """The day of the question what was in force."""
        day = self.filter.value("on")
        return day.in_words() if day else ""

    # The panel of filters

    @property
    def facets(self) -> list[Facet]:
        """The facets in view."""
        return [facet for name, facet in self.filter.facets.items() if name in FIRST_FACETS]

    @property
    def more_facets(self) -> list[Facet]:
        """The folded facets that have anything to choose."""
        return [f for name, f in self.filter.facets.items() if name not in FIRST_FACETS and f.options]

    @property
    def has_more_chosen(self) -> bool:
        """Whether something is chosen in the folded part."""
        typed = any(self.filter.data.get(name) for name in ("on", "updated_since"))
        return typed or any(facet.chosen for facet in self.more_facets)

    @property
    def boxes(self) -> dict[str, Box]:
        """The text boxes by name, as typed, with what is wrong with them."""
        wrong = {problem.parameter: problem.message for problem in self.problems}
        return {name: Box(name, self.filter.data.get(name, ""), wrong.get(name, "")) for name in BOXES}

    @property
    def orders(self) -> list[Order]:
        """The orders to choose from; the best match needs words."""
        offered = SORTS if self.filter.value("q") else (NEWEST, OLDEST)
        return [
            Order(value, str(SORTS[value]), self.filter.query(sort=value), value == self.filter.order)
            for value in offered
        ]


def _counts(filter: MeasureFilter) -> Counts:
    selection = filter.selection
    return Counts(
        total=len(selection), state=selection.of_state(), undated=_undated(selection), certain=_certain(filter)
    )


def _undated(selection: Selection) -> int:
    precisions = selection.counts("precision")
    return sum(precisions.get(precision, 0) for precision in (Precision.YEAR, Precision.NONE))


def _certain(filter: MeasureFilter) -> int:
    if not filter.day:
        return 0
    return len(filter.selection.narrowed(filter.index.between("certain_first", "certain_last", filter.day, filter.day)))


def _with_marks(entries: Sequence[Entry], words: str) -> list[Entry]:
    texts = [text for entry in entries for text in (entry.title, entry.summary)]
    marked = highlighted(texts, words)
    return [
        replace(entry, marked_title=marked[2 * i], marked_summary=marked[2 * i + 1]) for i, entry in enumerate(entries)
    ]
