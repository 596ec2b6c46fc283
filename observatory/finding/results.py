"""The results of the search over everything, in groups; each leads to its whole list."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from countries.models import Country
from foundation.characters import ReadableCharField
from foundation.texts import without_accents
from measures.archive.listing.filters import SourceFilter
from measures.listing.filters import LONGEST_TEXT, MeasureFilter, refuse_many_words
from measures.listing.index import PublicIndex
from measures.models import Measure
from measures.reference_lookup import meant_by
from measures.views.listing import Listing
from measures.views.source_listing import SourceListing
from observatory.finding.interpreting import Meaning, Names, country_named, interpret, names_of

MOST_ENTRIES, MOST_DOCUMENTS, MOST_COUNTRIES = 8, 5, 10
"""Results of a group that are shown."""


class Query(forms.Form):
    """What is looked for."""

    q = ReadableCharField(
        required=False, label=gettext_lazy("Words"), max_length=LONGEST_TEXT, validators=[refuse_many_words]
    )


@dataclass(frozen=True, slots=True)
class CountryLink:
    """A country whose name has the words, with its number of entries."""

    name: str
    address: str
    entries: int


class Results:
    """What answers a text: what it means, entries, countries and documents."""

    def __init__(self, text: str, index: PublicIndex) -> None:
        self.text = text
        self.index = index

    @cached_property
    def _names(self) -> Names:
        return self.index.get_or_cache("names of countries", lambda: names_of(Country.spellings()))

    @cached_property
    def _covered(self) -> dict[str, Country]:
        return self.index.get_or_cache(
            "covered countries", lambda: {country.pk: country for country in Country.objects.covered().by_name()}
        )

    def address(self) -> str:
        """The page that the text alone means: that of an act or a country; '' if it may mean several things."""
        iso3 = country_named(self.text, self._names)
        if iso3 in self._covered:
            return self._covered[iso3].get_absolute_url()
        named = Measure.objects.with_page().filter(public_id=self.text.strip().upper()).first()
        if named:
            return named.get_absolute_url()
        same = meant_by(self.text).same if any(map(str.isdigit, self.text)) else []
        return Measure.objects.get(pk=same[0]).get_absolute_url() if len(same) == 1 else ""

    @cached_property
    def meaning(self) -> Meaning:
        """The text as words, country and time, if entries answer to that; else as words alone."""
        found = interpret(self.text, self._names)
        if found.is_more_than_words and len(self._filter(found).selection):
            return found
        return Meaning(self.text)

    @cached_property
    def country(self) -> str:
        """The name of the country that was understood, or ''."""
        if not self.meaning.iso3:
            return ""
        country = Country.objects.filter(pk=self.meaning.iso3).first()
        return country.name if country else ""

    def _filter(self, meaning: Meaning) -> MeasureFilter:
        asked = {"q": meaning.words, "country": meaning.iso3}
        if meaning.time:
            asked |= {"from": str(meaning.time), "to": str(meaning.time)}
        query = urlencode({name: value for name, value in asked.items() if value})
        return MeasureFilter(QueryDict(query), index=self.index)

    @cached_property
    def entries(self) -> Listing:
        """The entries, the best first."""
        return Listing(self._filter(self.meaning), page_size=MOST_ENTRIES)

    @cached_property
    def documents(self) -> SourceListing:
        """The documents that have the words, the best first."""
        return SourceListing(SourceFilter(QueryDict(urlencode({"q": self.text}))), page_size=MOST_DOCUMENTS)

    @cached_property
    def countries(self) -> list[CountryLink]:
        """The covered countries whose name begins with or has the words, or that were understood."""
        words, counts = without_accents(self.text).strip(), self.index.everything.counts("country")
        found = [
            country
            for country in self._covered.values()
            if country.pk == self.meaning.iso3 or (len(words) > 1 and words in without_accents(country.name))
        ]
        links = (CountryLink(c.name, c.get_absolute_url(), counts.get(c.pk, 0)) for c in found)
        return list(links)[:MOST_COUNTRIES]

    @property
    def is_empty(self) -> bool:
        """Whether nothing answers."""
        return not (self.entries.counts.total or self.documents.total or self.countries)
