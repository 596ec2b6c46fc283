"""A list in pages: which there are, how each is asked for, and what is wrong with the address."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from measures.listing.filters import AddressFilter, Chip, Problem


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page of the list; a gap in the row of pages has the number 0."""

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
    """What every list with pages has; the numbers of pages are those of the heir."""

    filter: AddressFilter
    page: int
    last_page: int

    @cached_property
    def problems(self) -> list[Problem]:
        """What is wrong with the address, its page included."""
        if self.filter.problems or self.page <= self.last_page:
            return self.filter.problems
        message = _("There is no page %(page)d. The last one is %(last)d.")
        return [Problem("page", message % {"page": self.page, "last": self.last_page})]

    @cached_property
    def chips(self) -> list[Chip]:
        """Everything that is chosen."""
        return self.filter.chips

    @property
    def chosen_in_words(self) -> str:
        """Says how much is chosen."""
        chosen = len(self.chips)
        return ngettext("%(n)s selected", "%(n)s selected", chosen) % {"n": chosen}

    @property
    def status_code(self) -> int:
        """400 where the address asks for what cannot be."""
        return 400 if self.problems else 200

    @property
    def pages(self) -> list[PageLink]:
        """First, last and neighbouring pages, with gaps between; none where all entries stand on one page."""
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
