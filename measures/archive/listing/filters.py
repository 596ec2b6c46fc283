"""SourceFilter: the query string as the whole state of the archive's list, its counts and its file."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import Country
from foundation.characters import ReadableCharField
from foundation.languages import language_name
from measures.archive.choices import LinkState, SourceKind
from measures.archive.listing.index import Marks, PublicSources, public_sources
from measures.archive.listing.search import RANKED, best_sources, found_sources
from measures.listing.columns import INTERNATIONAL
from measures.listing.facets import LONGEST, Facet, Option, unknown_among
from measures.listing.filters import (
    LONGEST_TEXT,
    NEWEST,
    OLDEST,
    RELEVANCE,
    AddressFilter,
    Chip,
    refuse_many_words,
)
from measures.listing.index import Mask
from measures.listing.parameters import Presentation, PropertyFilter
from measures.models import Source
from measures.search.matching import Ids

TITLE = "title"
SORTS = {
    NEWEST: gettext_lazy("Newest first"),
    OLDEST: gettext_lazy("Oldest first"),
    TITLE: gettext_lazy("By title"),
    RELEVANCE: gettext_lazy("Best match first"),
}

Labels = Callable[[Collection[str]], dict[str, str]]
"""A function from values to the labels of those that exist, in display order."""


def country_labels(values: Collection[str]) -> dict[str, str]:
    """Country names by code, in order; international bodies come last."""
    names = dict(Country.objects.by_name().filter(pk__in=values).names())
    return names | ({INTERNATIONAL: _("International bodies")} if INTERNATIONAL in values else {})


def _language_labels(values: Collection[str]) -> dict[str, str]:
    names = {value: language_name(value) for value in values}
    return dict(sorted(names.items(), key=lambda item: item[1]))


def _coded(choices: Any) -> Labels:
    """Labels of a fixed list, in its order."""
    return lambda values: {c.value: str(c.label) for c in choices if c.value in values}


FACETS: dict[str, tuple[Any, Labels]] = {
    "country": (gettext_lazy("Country"), country_labels),
    "kind": (gettext_lazy("Kind of document"), _coded(SourceKind)),
    "publisher": (gettext_lazy("Publisher"), lambda values: {value: value for value in sorted(values, key=str.lower)}),
    "language": (gettext_lazy("Language"), _language_labels),
    "link": (gettext_lazy("Link"), _coded(LinkState)),
    "year": (gettext_lazy("Year of publication"), lambda values: {v: v for v in sorted(values, reverse=True)}),
}
"""The label of each facet by parameter name, and the labels of its values."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The values of a facet in public sources: others are unknown, so that nothing about drafts can be guessed."""

    values: Collection[str]

    def unknown(self, values: Collection[str]) -> dict[str, str]:
        """See `facets.Property`."""
        return unknown_among(values, frozenset(self.values))


class Words(Presentation):
    """Typed words, which `SourceFilter` looks for itself."""


class SourceFilter(AddressFilter):
    """The public sources that match a query string."""

    q = Words(ReadableCharField, label=gettext_lazy("Words"), max_length=LONGEST_TEXT, validators=[refuse_many_words])
    sort = Presentation(
        forms.ChoiceField,
        label=gettext_lazy("Order"),
        choices=list(SORTS.items()),
        error_messages={"invalid_choice": gettext_lazy("Write newest, oldest, title or relevance.")},
    )
    page = Presentation(forms.IntegerField, label=gettext_lazy("Page"), min_value=1)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, Source.objects.none())
        facets = {
            name: PropertyFilter(label=label, subject=_Known(self._known(name)))
            for name, (label, _labels) in FACETS.items()
        }
        self.filters.update(facets)

    @cached_property
    def sources(self) -> PublicSources:
        """The public sources; all counts of a page use the same state."""
        return public_sources()

    def _marks(self, name: str) -> Marks:
        return self.sources.marks[name]

    def _known(self, name: str) -> Collection[str]:
        """The valid values of a parameter; a fixed list is valid as a whole."""
        fixed = {"kind": SourceKind, "link": LinkState}.get(name)
        return fixed.values if fixed else self._marks(name).values

    @property
    def order(self) -> str:
        """The effective order; “best match” requires words that match."""
        words = self.value("q")
        chosen = self.value("sort") or (RELEVANCE if words else NEWEST)
        return NEWEST if chosen == RELEVANCE and not words else str(chosen)

    # Results

    @cached_property
    def _masks(self) -> dict[str, Mask]:
        size = len(self.sources)
        masks = {name: self._marks(name).as_mask(value, size) for name in FACETS if (value := self.value(name))}
        words = self.value("q")
        return masks | ({"q": self.sources.among(found_sources(words))} if words else {})

    def _selected(self, *, ignoring: str = "") -> Mask:
        mask = self.sources.everything()
        for name, narrower in self._masks.items():
            if name != ignoring:
                mask &= narrower
        return mask

    @cached_property
    def rows(self) -> Ids:
        """The row numbers of the matching sources, in the requested order; empty if a parameter is invalid."""
        if not self.is_valid():
            return np.zeros(0, np.int64)
        mask, sources = self._selected(), self.sources
        order = {OLDEST: sources.oldest_first, TITLE: np.arange(len(sources))}.get(self.order, sources.newest_first)
        rows: Ids = order[mask[order]]
        if self.order != RELEVANCE:
            return rows
        best = sources.rows_of(best_sources(self.value("q"), sources.ids[rows[:RANKED]]))
        return np.concatenate((best, rows[RANKED:]))

    @property
    def ids(self) -> Ids:
        """The ids of the matching sources, in the requested order."""
        return self.sources.ids[self.rows]

    @cached_property
    def facets(self) -> dict[str, Facet]:
        """The counts of every facet, each ignoring its own selection."""
        return {name: self._facet(name) for name in FACETS}

    def _facet(self, name: str) -> Facet:
        label, labels = FACETS[name]
        counts = self._marks(name).counts(self._selected(ignoring=name))
        chosen = self.value(name) or ()
        frequent = sorted(counts, key=lambda value: (-counts[value], value))[:LONGEST]
        options = tuple(
            Option(value, text, counts.get(value, 0), value in chosen)
            for value, text in labels({*frequent, *chosen}).items()
        )
        return Facet(name, str(label), options, skipped=len(counts) - len(frequent))

    def typed_chips(self) -> list[Chip]:
        """A chip for the typed words."""
        words = self.value("q")
        return [Chip(_("“%(words)s”") % {"words": words}, self.query(q=None))] if words else []


PARAMETERS = frozenset([*SourceFilter.base_filters, *FACETS])
"""The query parameters of the archive's list and its file."""
