"""The content of the archive's list, from its filter: one page of sources, with search excerpts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.safestring import SafeString

from foundation.languages import language_name
from foundation.partial_dates import PartialDate
from foundation.texts import Text
from measures.archive.details import Kept, LinkHealth, documents_of, kept_of, link_of, older_documents_of
from measures.archive.listing.filters import SORTS, SourceFilter, country_labels
from measures.archive.listing.search import RANKED, passages
from measures.listing.facets import Facet
from measures.listing.filters import RELEVANCE
from measures.models import Source
from measures.search.headlines import highlighted
from measures.views.listing import Box, Order, Paged

PAGE_SIZE = 20
"""Documents of a page: an excerpt takes some milliseconds to find."""


def _is_found(title: str, excerpt: str) -> bool:
    """Whether words of the search are marked in what a row shows."""
    return "<mark>" in title or "<mark>" in excerpt


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
    older: PartialDate | None
    """The date of the older copy that the excerpt is from, if the current one does not have the words."""


class SourceListing(Paged):
    """One page of the matching documents."""

    filter: SourceFilter

    def __init__(self, filter: SourceFilter, *, page_size: int = 0) -> None:
        """`page_size`: documents of a page, if not `PAGE_SIZE`."""
        self.filter = filter
        self.page_size = page_size or PAGE_SIZE
        self.total = len(filter.rows)
        self.kept = int(filter.sources.is_kept[filter.rows].sum())
        self.last_page = max(-(-self.total // self.page_size), 1)
        self.page = filter.value("page") or 1

    @property
    def ranked(self) -> int:
        """Number of the newest documents that are ranked, if not all are."""
        return RANKED if self.filter.order == RELEVANCE and self.total > RANKED else 0

    @cached_property
    def _numbers(self) -> list[int]:
        """The row numbers of this page in the index of public sources."""
        first = (self.page - 1) * self.page_size
        return [] if self.problems else self.filter.rows[first : first + self.page_size].tolist()

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
        older = self._older([s for s, *marked in zip(sources, titles, excerpts, strict=True) if not _is_found(*marked)])
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
                excerpt=older[source.pk][1] if source.pk in older else excerpt,
                older=older[source.pk][0] if source.pk in older else None,
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

    def _older(self, sources: Sequence[Source]) -> dict[int, tuple[PartialDate, str]]:
        """For sources in whose current copies nothing was found: the date and best passage of an older one."""
        words = self.filter.value("q")
        found = older_documents_of(sources, words) if words else {}
        hits = [source for source in sources if source.pk in found]
        texts = [Text(found[source.pk][1], source.language[:2], is_fallback=False) for source in hits]
        best = highlighted(passages(texts, words), words) if texts else []
        return {source.pk: (found[source.pk][0], passage) for source, passage in zip(hits, best, strict=True)}

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
