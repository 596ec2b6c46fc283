"""A list of entries: what the page shows, one page of it, its rows, and what is wrong with the address.

A list in pages (`Paged`) is also that of the archive. A row is made once, and once more when its entry has changed.
"""

import datetime
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation.days import today
from foundation.partial_dates import PartialDate
from foundation.publication import EVERY_PARAMETER, public_page
from measures.choices import Precision, StatusGroup
from measures.entries import Entry, for_list
from measures.entries import entries_of as entries_from
from measures.listing.columns import STATUS
from measures.listing.facets import Facet
from measures.listing.filters import NEWEST, OLDEST, RELEVANCE, SORTS, AddressFilter, Chip, MeasureFilter, Problem
from measures.listing.index import Selection
from measures.models import Measure
from measures.search.headlines import highlighted
from measures.search.matching import RANKED
from measures.search.spelling import suggestion

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


# Entries as rows, each made once


@dataclass(frozen=True, slots=True)
class Look:
    """How rows are printed: as of which day, the level of their titles, whether they name the country.

    `is_asked` and `longest` are those of `measures.entries.entries_of`.
    """

    language: str
    day: datetime.date
    heading: int
    with_country: bool
    is_asked: bool = False
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An entry, its HTML, and its heading in a list by date."""

    entry: Entry
    html: SafeString
    month: str


def row_of(entry: Entry, look: Look) -> Row:
    """The row of `entry`."""
    variables = {"entry": entry, "heading": look.heading, "with_country": look.with_country}
    html = get_template("measures/_row.jinja", using="jinja2").render(variables)
    return Row(entry, mark_safe(html), _month(entry.date))  # noqa: S308  (escaped by Jinja2)


def entries_of(ids: Sequence[int], look: Look) -> list[Entry]:
    """The public entries among `ids`, in that order."""
    found = for_list(Measure.objects.published()).in_bulk(ids)
    measures = [found[pk] for pk in ids if pk in found]
    return entries_from(measures, look.day, is_asked=look.is_asked, longest=look.longest)


def rows_of(ids: Sequence[int], look: Look, kept: MutableMapping[Any, Any]) -> list[Row]:
    """The rows of `entries_of`; `kept` is used as a cache, except for what names another act, which may change."""
    found: dict[int, Row] = {pk: row for pk in ids if (row := kept.get((pk, look)))}
    missing = [pk for pk in ids if pk not in found]
    for entry in entries_of(missing, look) if missing else ():
        row = found[entry.number] = row_of(entry, look)
        if entry.words.act is None:
            kept[entry.number, look] = row
    return [found[pk] for pk in ids if pk in found]


@dataclass(frozen=True, slots=True)
class Month:
    """Entries dated in one month."""

    label: str
    rows: tuple[Row, ...]


def by_month(rows: Sequence[Row]) -> list[Month]:
    """Rows, in the order given, under headings no more precise than their dates."""
    return [Month(label, tuple(group)) for label, group in groupby(rows, key=lambda row: row.month)]


def _month(date: PartialDate | None) -> str:
    if not date:
        return _("Date not recorded")
    if not date.month:
        return _("%(year)d, day and month not recorded") % {"year": date.year}
    return PartialDate(date.year, date.month).in_words()


# The list


PAGE_SIZE = 50
MOST_WHOLE_SUMMARIES = 60
"""With more rows, summaries are cut to `SHORT_SUMMARY` characters: 150 rows are then 40 KB."""
SHORT_SUMMARY = 160

FIRST_FACETS = ("topic", "status", "family", "country", "direction")
"""The facets that are always visible; the others are collapsed under “More filters”."""
BOXES = ("from", "to", "q", "on", "updated_since")


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

    def __init__(self, filter: MeasureFilter, *, whole_up_to: int = 0) -> None:
        self.filter = filter
        self.counts = _counts(filter)
        self.is_whole = self.counts.total <= max(whole_up_to, PAGE_SIZE)
        self.last_page = 1 if self.is_whole else -(-self.counts.total // PAGE_SIZE)
        self.page = filter.value("page") or 1

    @property
    def ranked(self) -> int:
        """Number of the newest entries that are ranked, if not all are."""
        return RANKED if self.filter.order == RELEVANCE and self.counts.total > RANKED else 0

    @cached_property
    def ids(self) -> list[int]:
        """The ids of the measures on this page, in order."""
        if self.problems:
            return []
        first = (self.page - 1) * PAGE_SIZE
        part = slice(None) if self.is_whole else slice(first, first + PAGE_SIZE)
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
            heading=5 if country else 3,
            with_country=not country,
            longest=longest,
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
        meant = suggestion(words, self.filter.without_words.ids())
        return Meant(meant, self.filter.query(q=meant)) if meant else None

    @property
    def months(self) -> list[Month]:
        """The rows grouped by month."""
        return by_month(self.rows)

    @property
    def day_in_words(self) -> str:
        """The day of the filter “in force on”, in words."""
        day = self.filter.value("on")
        return day.in_words() if day else ""

    # The filter panel

    @property
    def facets(self) -> list[Facet]:
        """The visible facets."""
        return [facet for name, facet in self.filter.facets.items() if name in FIRST_FACETS]

    @property
    def more_facets(self) -> list[Facet]:
        """The collapsed facets that have options."""
        return [f for name, f in self.filter.facets.items() if name not in FIRST_FACETS and f.options]

    @property
    def has_more_chosen(self) -> bool:
        """Whether a collapsed facet has a selection."""
        typed = any(self.filter.data.get(name) for name in ("on", "updated_since"))
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


@public_page(reads=EVERY_PARAMETER)
@require_safe
def measure_list(request: HttpRequest) -> HttpResponse:
    """`/measures/`: every public entry, narrowed and ordered by the query string."""
    listing = Listing(MeasureFilter(request.GET))
    context = {"listing": listing, "scope": len(listing.filter.scope)}
    return render(request, "measures/measure_list.html", context, status=listing.status_code)
