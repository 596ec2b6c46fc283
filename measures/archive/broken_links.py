"""Public sources with broken or moved links, by country of the entries that cite them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from measures.archive.choices import LinkState
from measures.archive.details import Kept, LinkHealth, kept_of, link_of
from measures.archive.listing.filters import country_labels
from measures.archive.listing.index import PublicSources
from measures.models import Source

BROKEN = (LinkState.BROKEN, LinkState.MOVED)
MOST_OF_A_COUNTRY = 50
"""Number of links listed per country; the archive's filter finds the others."""


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """A document that is no longer at its URL."""

    title: str
    language: str
    address: str
    url: str
    link: LinkHealth
    kept: Kept


@dataclass(frozen=True, slots=True)
class CountryLinks:
    """The broken links of a country, broken before moved; `total` includes those not listed."""

    iso3: str
    name: str
    links: tuple[BrokenLink, ...]
    total: int

    @property
    def skipped(self) -> int:
        """Number of links that are counted but not listed."""
        return self.total - len(self.links)


def broken_links(public: PublicSources) -> list[CountryLinks]:
    """Countries with broken links, by name; international bodies come last."""
    rows_of = _rows_by_country(public)
    listed = {iso3: rows[:MOST_OF_A_COUNTRY] for iso3, rows in rows_of.items()}
    found = _links(public, sorted({row for rows in listed.values() for row in rows}))
    return [
        CountryLinks(iso3, name, tuple(found[row] for row in listed[iso3] if row in found), len(rows_of[iso3]))
        for iso3, name in country_labels(rows_of).items()
    ]


def _rows_by_country(public: PublicSources) -> dict[str, list[int]]:
    """The row numbers of each country's broken links, broken before moved, by title."""
    link, country = public.marks["link"], public.marks["country"]
    rows_of = defaultdict[str, list[int]](list)
    for state in BROKEN:
        is_broken = link.as_mask([state.value], len(public))[country.rows]
        for row, code in zip(country.rows[is_broken].tolist(), country.codes[is_broken].tolist(), strict=True):
            rows_of[country.values[code]].append(row)
    return rows_of


def _links(public: PublicSources, rows: Sequence[int]) -> dict[int, BrokenLink]:
    sources = Source.objects.select_related("link").in_bulk(public.ids[rows].tolist() if rows else [])
    kept = kept_of(list(sources.values()))
    return {
        row: BrokenLink(
            title=source.title,
            language=source.language,
            address=source.get_absolute_url(),
            url=source.url,
            link=link_of(source),
            kept=kept[source.pk],
        )
        for row in rows
        if (source := sources.get(int(public.ids[row])))
    }
