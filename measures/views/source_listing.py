"""The content of the archive's list, from its filter: one page of sources, with search excerpts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.safestring import SafeString

from foundation.languages import language_name
from foundation.texts import Text
from measures.archive.details import Kept, LinkHealth, documents_of, kept_of, link_of
from measures.archive.listing.filters import SORTS, SourceFilter, country_labels
from measures.archive.listing.search import RANKED, passages
from measures.listing.facets import Facet
from measures.listing.filters import RELEVANCE
from measures.models import Source
from measures.search.headlines import highlighted
from measures.views.listing import Box, Order, Paged

PAGE_SIZE = 20
"""Documents of a page: an excerpt takes some milliseconds to find."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A document as a list row; in a search, `title` and `excerpt` are HTML."""

    key: str
    address: str
    title: str | SafeString
    language: str
    kind: str
    publisher: str
    published: str
    language_name: str
    countries: tuple[str, ...]
    entries: int
    link: LinkHealth
    kept: Kept
    excerpt: SafeString | str


class SourceListing(Paged):
    """One page of the matching documents."""

    filter: SourceFilter

    def __init__(self, filter: SourceFilter) -> None:
        self.filter = filter
        self.total = len(filter.rows)
        self.kept = int(filter.sources.is_kept[filter.rows].sum())
        self.last_page = max(-(-self.total // PAGE_SIZE), 1)
        self.page = filter.value("page") or 1

    @property
    def ranked(self) -> int:
        """Number of the newest documents that are ranked, if not all are."""
        return RANKED if self.filter.order == RELEVANCE and self.total > RANKED else 0

    @cached_property
    def _numbers(self) -> list[int]:
        """The row numbers of this page in the index of public sources."""
        first = (self.page - 1) * PAGE_SIZE
        return [] if self.problems else self.filter.rows[first : first + PAGE_SIZE].tolist()

    @cached_property
    def rows(self) -> list[SourceRow]:
        """The documents of this page, with search words marked."""
        public = self.filter.sources
        found = Source.objects.select_related("link").in_bulk(public.ids[self._numbers].tolist())
        shown = [(number, found[pk]) for number in self._numbers if (pk := int(public.ids[number])) in found]
        sources = [source for _number, source in shown]
        kept = kept_of(sources)
        country = public.marks["country"]
        names = country_labels(country.values) if shown else {}
        titles, excerpts = self._marked(sources)
        return [
            SourceRow(
                key=source.key,
                address=source.get_absolute_url(),
                title=title,
                language=source.language,
                kind=source.get_kind_display(),
                publisher=source.publisher,
                published=source.published.in_words() if source.published else "",
                language_name=language_name(source.language),
                countries=tuple(names[iso3] for iso3 in country.of_row(number)),
                entries=int(public.entries[number]),
                link=link_of(source),
                kept=kept[source.pk],
                excerpt=excerpt,
            )
            for (number, source), title, excerpt in zip(shown, titles, excerpts, strict=True)
        ]

    def _marked(self, sources: Sequence[Source]) -> tuple[Sequence[str], Sequence[str]]:
        """The titles, and the best passage of each document; '' if only title, publisher or URL match."""
        words = self.filter.value("q")
        titles = [Text(source.title, source.language[:2], is_fallback=False) for source in sources]
        if not words or not sources:
            return [source.title for source in sources], [""] * len(sources)
        texts = documents_of(sources)
        documents = [Text(texts.get(s.pk, ""), s.language[:2], is_fallback=False) for s in sources]
        marked = highlighted([*titles, *passages(documents, words)], words)
        excerpts = [excerpt if "<mark>" in excerpt else "" for excerpt in marked[len(titles) :]]
        return marked[: len(titles)], excerpts

    # The filter panel

    @property
    def facets(self) -> list[Facet]:
        """The facets that have options."""
        return [facet for facet in self.filter.facets.values() if facet.options]

    @property
    def boxes(self) -> dict[str, Box]:
        """The text field, with its value and errors."""
        wrong = {problem.parameter: problem.message for problem in self.problems}
        return {"q": Box("q", self.filter.data.get("q", ""), wrong.get("q", ""))}

    @property
    def orders(self) -> list[Order]:
        """The available orders; “best match” requires words."""
        offered = [value for value in SORTS if value != RELEVANCE or self.filter.value("q")]
        return [
            Order(value, str(SORTS[value]), self.filter.query(sort=value), value == self.filter.order)
            for value in offered
        ]
