"""A list of entries: what the page shows, one page of it, its rows, and what is wrong with the address.

A list in pages (`Paged`) is also that of the archive.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from countries.models.site import current_site
from foundation.days import calendar_day, today
from foundation.files import parquet
from foundation.files.formats import FORMATS
from foundation.publication import public_page
from measures.choices import Precision, StatusGroup
from measures.comparing.question import MOST, comparison_query, covered_by
from measures.coverage.ledger import Extent, extent_of_filter
from measures.entries import Entry
from measures.listing.columns import STATUS
from measures.listing.facets import Facet
from measures.listing.filters import (
    NEWEST,
    OLDEST,
    PARAMETERS,
    RELEVANCE,
    SORTS,
    AddressFilter,
    Chip,
    MeasureFilter,
    Problem,
)
from measures.listing.index import Selection
from measures.listing.parameters import KNOWN
from measures.listing.shortcuts import Shortcut, shortcuts
from measures.metadata import Metadata, dataset, interval
from measures.models import Source
from measures.search.headlines import highlighted
from measures.search.matching import RANKED
from measures.search.spelling import suggestion
from measures.views.addresses import permanent_address
from measures.views.known import at_known_day, known_then
from measures.views.rows import Look, MonthGroup, Row, by_month, entries_of, month_totals, row_of, rows_of
from measures.views.signposts import with_signposts

MEDIA_TYPES = {
    **{ending: FORMATS[ending].media_type for ending in ("csv", "xlsx", "ods", "json")},
    "parquet": parquet.MEDIA_TYPE,
}
"""The files of a list, by their ending."""

# A list in pages


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link to a page of the list; 0 means a gap."""

    number: int
    query: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A text box of the form."""

    name: str
    value: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the list, and the query string that asks for it."""

    value: str
    label: str
    query: str
    is_current: bool


class Paged:
    """What all paginated lists share; subclasses define the number of pages."""

    filter: AddressFilter
    page: int
    last_page: int

    @cached_property
    def problems(self) -> list[Problem]:
        """The problems with the URL, including its page."""
        if self.filter.problems or self.page <= self.last_page:
            return self.filter.problems
        message = _("Page %(page)d does not exist. The last page is %(last)d.")
        return [Problem("page", message % {"page": self.page, "last": self.last_page})]

    @cached_property
    def chips(self) -> list[Chip]:
        """All active filters."""
        return self.filter.chips

    @property
    def chosen_in_words(self) -> str:
        """Says how many filters are active."""
        chosen = len(self.chips)
        return ngettext("%(n)s selected", "%(n)s selected", chosen) % {"n": chosen}

    @property
    def status_code(self) -> int:
        """400 if the URL has an invalid parameter."""
        return 400 if self.problems else 200

    @property
    def pages(self) -> list[PageLink]:
        """First, last and neighbouring pages, with gaps between; empty if there is only one page."""
        if self.last_page == 1:
            return []
        shown = sorted({1, *range(max(self.page - 2, 1), min(self.page + 2, self.last_page) + 1), self.last_page})
        links: list[PageLink] = []
        for number in shown:
            if links and number > links[-1].number + 1:
                links.append(PageLink(0, ""))
            links.append(self._page(number))
        return links

    def _page(self, number: int) -> PageLink:
        return PageLink(number, self.filter.query(page=str(number)), number == self.page)

    @property
    def everything(self) -> str:
        """The query string of all pages together, for a file."""
        return self.filter.query()

    @property
    def previous(self) -> PageLink | None:
        """The page before."""
        return self._page(self.page - 1) if self.page > 1 else None

    @property
    def next(self) -> PageLink | None:
        """The page after."""
        return self._page(self.page + 1) if self.page < self.last_page else None


# The list


PAGE_SIZE = 50
MOST_WHOLE_SUMMARIES = 60
"""With more rows, summaries are cut to `SHORT_SUMMARY` characters: 150 rows and their marks are then 39 KB."""
SHORT_SUMMARY = 120

FIRST_FACETS = ("topic", "status", "family", "country", "direction")
"""The facets that are always visible; the others are collapsed under “More filters”."""
BOXES = ("from", "to", "q", "on", "known", "updated_since")
UNLISTED = ("begun", "perhaps_begun")
"""The filters to which a comparison leads."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Number of matching entries, and of those that are measures of the state, imprecisely dated, or certain."""

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
        """Number of measures possibly, but not certainly, in force on the requested day."""
        return self.total - self.certain


@dataclass(frozen=True, slots=True)
class Meant:
    """A suggestion for a search, and the query string for it with the same filters."""

    words: str
    query: str


class Listing(Paged):
    """One page of the matching entries; a list of up to `whole_up_to` entries is not split."""

    filter: MeasureFilter

    def __init__(self, filter: MeasureFilter, *, whole_up_to: int = 0, page_size: int = 0) -> None:
        """`page_size`: entries of a page, if not `PAGE_SIZE`."""
        self.filter = filter
        self.page_size = page_size or PAGE_SIZE
        self.counts = _counts(filter)
        self.is_whole = self.counts.total <= max(whole_up_to, self.page_size)
        self.last_page = 1 if self.is_whole else -(-self.counts.total // self.page_size)
        self.page = filter.value("page") or 1

    @property
    def comparison(self) -> str:
        """The query string that compares the chosen countries with the same filter."""
        covered = covered_by(self.filter.index)
        chosen = [code for code in self.filter.data.getlist("country") if code in covered]
        return comparison_query(self.filter.data, chosen[:MOST])

    @property
    def followed(self) -> str:
        """The query string of the feed and the calendar, which are of the record of today."""
        return self.filter.query(known=None)

    @property
    def lasting(self) -> str:
        """The query string of these entries as known on the day that ended last; '' if they are of an earlier day."""
        if self.problems or any(self.filter.value(name) for name in (KNOWN, "q")):
            return ""
        return self.filter.query(known=str(calendar_day() - timedelta(days=1)))

    @property
    def ranked(self) -> int:
        """Number of the newest entries that are ranked, if not all are."""
        return RANKED if self.filter.order == RELEVANCE and self.counts.total > RANKED else 0

    @cached_property
    def ids(self) -> list[int]:
        """The ids of the measures on this page, in order."""
        if self.problems:
            return []
        first = (self.page - 1) * self.page_size
        part = slice(None) if self.is_whole else slice(first, first + self.page_size)
        ids: list[int] = self.filter.ids_of(part).tolist()
        return ids

    @cached_property
    def rows(self) -> list[Row]:
        """The rows of this page; rows with marked search words are not cached."""
        words, country = self.filter.value("q"), self.filter.country
        longest = SHORT_SUMMARY if len(self.ids) > MOST_WHOLE_SUMMARIES and not words else None
        look = Look(
            language=get_language() or "",
            day=self.filter.day or today(),
            is_asked=self.filter.day is not None,
            heading=4 if country else 3,
            with_country=not country,
            longest=longest,
            with_sources=self.shared_source is None,
        )
        if not words:
            return rows_of(self.ids, look, self.filter.index.fragments)
        return [row_of(entry, look) for entry in _with_marks(entries_of(self.ids, look), words)]

    @cached_property
    def meant(self) -> Meant | None:
        """For a search without matches: words that would match."""
        words = self.filter.value("q")
        if not words or self.problems or self.counts.total:
            return None
        meant = suggestion(words, self.filter.without("q").ids())
        return Meant(meant, self.filter.query(q=meant)) if meant else None

    @cached_property
    def extent(self) -> Extent | None:
        """How far that was searched which the filter asks for."""
        return extent_of_filter(self.filter)

    @cached_property
    def shared_source(self) -> Source | None:
        """The one document that all of several entries rest on."""
        selection = self.filter.selection
        shared = selection.shared("source") if self.filter.country and len(selection) > 1 else None
        if shared is None:
            return None
        return self.filter.index.get_or_cache((Source, shared), Source.objects.filter(pk=shared).first)

    @property
    def months(self) -> list[MonthGroup]:
        """The rows grouped by month."""
        return by_month(self.rows, month_totals(self.filter.selection))

    @property
    def first_shown(self) -> int:
        """The number of the first entry of this page among all."""
        return 1 if self.is_whole else (self.page - 1) * self.page_size + 1

    @property
    def last_shown(self) -> int:
        """The number of the last entry of this page among all."""
        return self.first_shown + len(self.rows) - 1

    @cached_property
    def shortcuts(self) -> list[Shortcut]:
        """The filters that most readers want."""
        return shortcuts(self.filter)

    @property
    def day_in_words(self) -> str:
        """The day of the filter “in force on”, in words."""
        day = self.filter.value("on")
        return day.in_words() if day else ""

    # The filter panel

    @property
    def facets(self) -> list[Facet]:
        """The visible facets that have options."""
        return [f for name, f in self.filter.facets.items() if name in FIRST_FACETS and f.options]

    @property
    def more_facets(self) -> list[Facet]:
        """The collapsed facets that have options."""
        return [f for name, f in self.filter.facets.items() if name not in FIRST_FACETS and f.options]

    @property
    def unlisted(self) -> list[tuple[str, str]]:
        """The filters that the panel keeps and does not offer."""
        return [(name, value) for name in UNLISTED if (value := self.filter.data.get(name, ""))]

    @property
    def has_more_chosen(self) -> bool:
        """Whether a collapsed facet has a selection."""
        typed = any(self.filter.data.get(name) for name in ("on", "known", "updated_since"))
        return typed or any(facet.chosen for facet in self.more_facets)

    @property
    def boxes(self) -> dict[str, Box]:
        """The text fields by name, with their values and errors."""
        wrong = {problem.parameter: problem.message for problem in self.problems}
        return {name: Box(name, self.filter.data.get(name, ""), wrong.get(name, "")) for name in BOXES}

    @property
    def orders(self) -> list[Order]:
        """The available orders; “best match” requires words."""
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
    return len(filter.selection.narrowed(filter.index.as_mask(STATUS, [StatusGroup.IN_FORCE])))


def _with_marks(entries: Sequence[Entry], words: str) -> list[Entry]:
    texts = [text for entry in entries for text in (entry.title, entry.summary)]
    marked = highlighted(texts, words)
    return [
        replace(entry, marked_title=marked[2 * i], marked_summary=marked[2 * i + 1]) for i, entry in enumerate(entries)
    ]


# The page of all entries


@public_page(reads=PARAMETERS)
@require_safe
@at_known_day
def measure_list(request: HttpRequest) -> HttpResponse:
    """`/measures/`: every public entry, narrowed and ordered by the query string."""
    listing = Listing(MeasureFilter(request.GET))
    metadata = _metadata(request, listing.filter)
    context = {
        "listing": listing,
        "scope": len(listing.filter.scope),
        "metadata": metadata,
        "known": known_then(listing.filter),
    }
    page = render(request, "measures/measure_list.html", context, status=listing.status_code)
    return with_signposts(request, page, metadata.address, "Dataset")


def _metadata(request: HttpRequest, filter: MeasureFilter) -> Metadata:
    """The list as a data set; its permanent address is that of all pages together, without a language."""
    address = permanent_address(request, "measures") + filter.query()
    change = filter.scope.last_change()
    modified = change.isoformat() if change else ""
    name = f"{current_site().citation}: {_('Measures')}"
    files = files_of(request, filter.query())
    data = dataset(
        name=name, address=address, modified=modified, files=files, temporalCoverage=interval(filter.scope.bounds())
    )
    return Metadata(address=address, title=name, data=data, modified=modified, follow=filter.followed)


def files_of(request: HttpRequest, query: str) -> list[tuple[str, str]]:
    """The media type and URL of each file of the entries that a query string selects."""
    return [
        (media_type, request.build_absolute_uri(reverse(f"measures_{ending}") + query))
        for ending, media_type in MEDIA_TYPES.items()
    ]
