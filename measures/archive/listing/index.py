"""The sources of published entries as columns in memory, for the counts and orders of the archive's list.

A source is public while a published entry cites it. The in-memory index of entries says which; their data is read again
when that index, or anything else public, has changed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.db import connection

from measures.listing.columns import PROPERTIES, Array
from measures.listing.index import NO_MEASURE, Mask, PublicIndex, Tags, public_index

_KEY = (NO_MEASURE, "sources")
"""The cache key of these columns in the entry index, whose cache is cleared when anything else public changes."""

_ROWS = """
select s.id, s.kind, s.publisher, lower(split_part(s.language, '-', 1)), coalesce(l.state, 'unknown'),
    extract(year from lower(s.published_range))::int::text,
    exists (select from measures_capture k where k.source_id = s.id),
    lower(s.published_range) - date '1970-01-01'
from measures_source s left join measures_link l on l.source_id = s.id
where s.id = any(%s) order by sort_key(s.title), s.id
"""
_COLUMNS = ("kind", "publisher", "language", "link", "year")


@dataclass(frozen=True, slots=True)
class Marks:
    """Which rows have which values of a property: two arrays of the same length; a code is an index into `values`."""

    values: tuple[str, ...]
    rows: Array
    codes: Array

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, str]]) -> "Marks":
        """Build from pairs of row and value; empty values are ignored."""
        codes: dict[str, int] = {}
        marks = [(row, codes.setdefault(value, len(codes))) for row, value in pairs if value]
        rows, places = zip(*marks, strict=True) if marks else ((), ())
        return cls(tuple(codes), np.array(rows, np.int64), np.array(places, np.int64))

    def as_mask(self, values: Collection[str], size: int) -> Mask:
        """A mask of the first `size` rows that have one of `values`."""
        wanted = np.array([value in values for value in self.values], dtype=bool)
        mask = np.zeros(size, dtype=bool)
        mask[self.rows[wanted[self.codes]]] = True
        return mask

    def counts(self, mask: Mask) -> dict[str, int]:
        """The number of rows in `mask` with each value that occurs anywhere."""
        numbers = np.bincount(self.codes[mask[self.rows]], minlength=len(self.values))
        return dict(zip(self.values, numbers.tolist(), strict=True))

    def of_row(self, row: int) -> list[str]:
        """The values of one row."""
        return [self.values[code] for code in self.codes[self.rows == row]]


@dataclass(frozen=True)
class PublicSources:
    """All public sources in title order; `days` is the publication date in days since 1970, masked if unknown."""

    ids: Array
    days: Array
    is_dated: Mask
    marks: Mapping[str, Marks]
    entries: Array
    """Number of published entries that cite each source."""
    is_kept: Mask
    """Whether the source has a capture."""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def newest_first(self) -> Array:
        """The rows by date of publication, newest first; rows without a date come last."""
        return np.lexsort((np.arange(len(self)), -self.days, ~self.is_dated))

    @cached_property
    def oldest_first(self) -> Array:
        """The rows by date of publication, oldest first; rows without a date come last here too."""
        return np.lexsort((np.arange(len(self)), self.days, ~self.is_dated))

    @cached_property
    def _by_id(self) -> Array:
        return np.argsort(self.ids)

    def rows_of(self, ids: Array) -> Array:
        """The row numbers of these sources, without those that are not public."""
        if not len(self):
            return np.zeros(0, np.int64)
        known = self.ids[self._by_id]
        places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        rows: Array = self._by_id[places[known[places] == ids]]
        return rows

    def among(self, ids: Array) -> Mask:
        """A mask of the rows of these sources."""
        mask = np.zeros(len(self), dtype=bool)
        mask[self.rows_of(ids)] = True
        return mask

    def everything(self) -> Mask:
        """A mask of all rows."""
        return np.ones(len(self), dtype=bool)


def public_sources() -> PublicSources:
    """The current public sources."""
    index = public_index()
    tags = index.tags["source"]
    kept: tuple[Tags, PublicSources] | None = index.fragments.get(_KEY)
    if kept is None or kept[0] is not tags:
        kept = index.fragments[_KEY] = (tags, _load(index))
    return kept[1]


def _load(index: PublicIndex) -> PublicSources:
    tags = index.tags["source"]
    ids = np.unique(tags.values)
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [ids.tolist()])
        rows = cursor.fetchall()
    found = np.array([row[0] for row in rows], np.int64)
    days = [row[-1] for row in rows]
    marks = {name: Marks.of((n, row[place]) for n, row in enumerate(rows)) for place, name in enumerate(_COLUMNS, 1)}
    places = np.full(int(ids.max(initial=0)) + 1, -1, dtype=np.int64)
    places[found] = np.arange(len(found))
    cited = places[tags.values]
    return PublicSources(
        ids=found,
        days=np.array([day or 0 for day in days], np.int64),
        is_dated=np.array([day is not None for day in days], bool),
        marks={**marks, "country": _countries(index, cited)},
        entries=np.bincount(cited[cited >= 0], minlength=len(found)),
        is_kept=np.array([row[-2] for row in rows], bool),
    )


def _countries(index: PublicIndex, cited: Array) -> Marks:
    """The countries whose entries cite each source; a negative row is a source deleted in the meantime."""
    decode = PROPERTIES["country"].decode
    citing = index.tags["source"].rows
    places, bound = index.bound(citing)
    cited = np.concatenate((cited, cited[places]))
    codes = np.concatenate((index.columns["country"][citing].astype(np.int64), bound))
    pairs = np.unique((cited << 16 | codes)[cited >= 0])
    found, places = np.unique(pairs & 0xFFFF, return_inverse=True)
    return Marks(tuple(str(decode(int(code))) for code in found), pairs >> 16, places)
