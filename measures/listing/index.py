"""The published entries as columns in memory, for fast counts, totals and orders of pages.

The database is authoritative: `MeasureFilter.qs` defines in SQL what a filter selects, and a test compares the two.
Each process has one index and follows the log of public changes: committed changes appear in the next response, and
only changed entries are read again. An index is immutable; a newer one replaces it.

Rows are in date order, undated ones last, so that the result of a filter is in list order.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from typing import Any, TypeVar

import numpy as np
from django.db import connection
from django.utils.translation import get_language
from numpy.typing import NDArray

from foundation.days import today
from foundation.publication import Follower, LogDelta
from foundation.records.past import past
from measures.choices import STATE_FAMILIES
from measures.listing.columns import (
    EARLIEST,
    EPOCH,
    FURTHER,
    LATEST,
    PROPERTIES,
    REPEATED,
    STATUS,
    TAGS,
    Array,
    day_number,
    day_of,
    read_columns,
    read_tags,
)
from measures.listing.steps import STEPS, DaysBegun, days_begun, read_steps, states_on
from measures.validity.states import GROUPS

Mask = NDArray[np.bool_]
T = TypeVar("T")

RELOADED_FROM = 0.2
"""Share of changed entries from which a full reload is faster than an update."""
MOST_FRAGMENTS = 10_000
"""Maximum number of cached page fragments, of some 3,000 bytes each."""
NO_MEASURE = 0
"""In place of the measure's id, in the key of a fragment that shows no measure."""
MOST_SEARCHES = 16
"""Maximum number of cached searches, one byte per entry of the index each."""
MOST_DAYS = 64
"""Maximum number of cached answers about days: days on which rows began, counts of a day."""
_ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Tags:
    """Which rows have which values: two arrays of the same length, unordered."""

    rows: Array
    values: Array

    def as_mask(self, codes: Iterable[int], size: int) -> Mask:
        """A mask of the first `size` rows that have one of `codes`."""
        mask = np.zeros(size, dtype=bool)
        mask[self.rows[_one_of(self.values, codes)]] = True
        return mask

    def among(self, rows: Array, size: int) -> tuple[Array, Array]:
        """The tags of some of `size` rows, in the order that they have here: places in `rows`, and values."""
        places = np.full(size, -1, dtype=np.int64)
        places[rows] = np.arange(len(rows))
        found = places[self.rows]
        return found[found >= 0], self.values[found >= 0]


class Fragments(dict[Any, Any]):
    """Page fragments by (id of a measure or `NO_MEASURE`, …); cleared when full."""

    most = MOST_FRAGMENTS

    def __setitem__(self, key: Any, fragment: Any) -> None:
        if len(self) >= self.most:
            self.clear()
        super().__setitem__(key, fragment)

    def get_or_cache(self, key: Any, make: Callable[[], T]) -> T:
        """Return the cached value, or compute and cache it."""
        found: T | None = self.get(key)
        if found is None:
            found = self[key] = make()
        return found


class Searches(Fragments):
    """Search results by their words; cleared when full."""

    most = MOST_SEARCHES


class Days(Fragments):
    """What follows from the days of all rows, by its name; cleared when full."""

    most = MOST_DAYS


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the rows of an index, in order."""

    index: "PublicIndex"
    mask: Mask | None
    """None selects all."""
    rows: Array | None
    """Their numbers; None for all."""
    known: dict[Any, Any] = field(default_factory=dict)
    """Cached results for these rows."""

    def __len__(self) -> int:
        return len(self.index) if self.rows is None else len(self.rows)

    def column(self, name: str) -> Array:
        """A column of the selected rows."""
        column = self.index.columns[name]
        return column if self.rows is None else column[self.rows]

    def tags(self, name: str) -> Tags:
        """The tags of the selected rows."""
        tags = self.index.tags[name]
        if self.mask is None:
            return tags
        chosen = self.mask[tags.rows]
        return Tags(tags.rows[chosen], tags.values[chosen])

    def tag_values(self, name: str) -> Array:
        """The tag values of the selected rows, repeated per row, plus any number of zeros."""
        tags = self.index.tags[name]
        return tags.values if self.mask is None else tags.values * self.mask[tags.rows]  # faster than fancy indexing

    def counts(self, name: str) -> dict[Any, int]:
        """The number of rows with each value of a property that occurs; missing values are not counted."""
        return self.get_or_cache(("counts", name), lambda: self._counted(name))

    def get_or_cache(self, question: Any, answer: Callable[[], T]) -> T:
        """Return the cached result for these rows, or compute and cache it."""
        if question not in self.known:
            self.known[question] = answer()
        found: T = self.known[question]
        return found

    def _counted(self, name: str) -> dict[Any, int]:
        codes = TAGS[name][1] if name in TAGS else PROPERTIES[name]
        numbers = np.bincount(self.tag_values(name) if name in TAGS else self.column(name))
        if name in FURTHER:
            numbers = _sum(numbers, np.bincount(self.tag_values(FURTHER[name])))
        numbers[:1] = 0
        return {codes.decode(int(code)): int(numbers[code]) for code in np.flatnonzero(numbers)}

    def of_state(self) -> int:
        """Number of measures of the state."""
        families = self.counts("family")
        return sum(families.get(family, 0) for family in STATE_FAMILIES)

    def distinct_count(self, name: str) -> int:
        """Number of different values of a tag."""
        return self.get_or_cache(
            ("variety", name), lambda: int(np.count_nonzero(np.bincount(self.tag_values(name))[1:]))
        )

    def shared(self, name: str) -> Any:
        """The value of a tag that every row has, and no other; None if there is none such."""
        return self.get_or_cache(("shared", name), lambda: self._shared(name))

    def _shared(self, name: str) -> Any:
        values = self.tags(name).values
        if not len(values) or len(values) != len(self) or (values != values[0]).any():
            return None
        return TAGS[name][1].decode(int(values[0]))

    def latest(self, name: str) -> dict[Any, date]:
        """The day of the last change among the rows of each value of a property that occurs."""
        codes, days = self.column(name), self.column("updated")
        if name in FURTHER:
            further = self.tags(FURTHER[name])
            codes = np.concatenate((codes, further.values))
            days = np.concatenate((days, self.index.columns["updated"][further.rows]))
        latest = np.full(int(codes.max(initial=0)) + 1, EARLIEST, dtype=np.int32)
        np.maximum.at(latest, codes, days)
        return {PROPERTIES[name].decode(int(code)): day_of(latest[code]) for code in np.flatnonzero(latest > EARLIEST)}

    def bounds(self) -> tuple[date, date] | None:
        """The first day of the earliest and of the latest date; None if no row has a date."""
        if not self.dated:
            return None
        first, last = (0, self.dated - 1) if self.rows is None else self.rows[[0, self.dated - 1]]
        days = self.index.columns["first"]
        return day_of(days[first]), day_of(days[last])

    def last_change(self) -> date | None:
        """The date of the last change; None without rows."""
        return self.get_or_cache("last change", lambda: day_of(self.column("updated").max()) if len(self) else None)

    def dates(self) -> tuple[list[tuple[date | None, str]], Array]:
        """The kinds of dates that occur, and for each row the number of its kind.

        A kind is the first day of a month (None for the undated) and the precision of the date.
        """
        first, precision = self.column("first"), self.column("precision").astype(np.int64)
        months = first.astype("M8[D]").astype("M8[M]").astype(np.int64) - _NO_MONTH
        months[first == LATEST] = 0
        found, kinds = np.unique(months << 3 | precision, return_inverse=True)
        decode = PROPERTIES["precision"].decode
        return [(_month(key >> 3) if key >> 3 else None, decode(key & 7)) for key in found.tolist()], kinds

    def crossed(self, name: str, groups: Array) -> dict[tuple[Any, int], int]:
        """The number of rows per group (an integer per row, negative for none) and tag value."""
        group_of = np.full(len(self.index), -1, dtype=np.int64)
        group_of[slice(None) if self.rows is None else self.rows] = groups
        tags, codes = self.tags(name), TAGS[name][1]
        group = group_of[tags.rows]
        width = int(groups.max(initial=0)) + 1
        numbers = np.bincount((tags.values.astype(np.int64) * width + group)[group >= 0])
        return {
            (codes.decode(key // width), key % width): int(numbers[key]) for key in np.flatnonzero(numbers).tolist()
        }

    def narrowed(self, mask: Mask) -> "Selection":
        """The selected rows that are also in `mask`."""
        return self.index.select(mask if self.mask is None else self.mask & mask)

    @property
    def dated(self) -> int:
        """Number of rows with a date; the others follow them."""
        return self.index.dated if self.rows is None else int(np.searchsorted(self.rows, self.index.dated))

    def ids(self, part: slice = slice(None), *, newest_first: bool = False) -> Array:
        """The measures' ids, or a slice of them, oldest or newest first; undated ones are last in both."""
        ids = self.index.columns["id"]
        found = ids if self.rows is None else self.rows
        if newest_first:
            first, last, _step = part.indices(len(self))
            dated, undated = found[: self.dated][::-1], found[self.dated :][::-1]
            beyond = slice(max(first - self.dated, 0), max(last - self.dated, 0))
            found = np.concatenate((dated[first:last], undated[beyond]))
        else:
            found = found[part]
        return found if self.rows is None else ids[found]


@dataclass(frozen=True)
class PublicIndex:
    """All published entries; see the module docstring."""

    columns: Mapping[str, Array]
    tags: Mapping[str, Tags]
    day: date | None = None
    """The day of the column `STATUS`; None if there is no such column."""
    fragments: Fragments = field(default_factory=Fragments)
    """Cached fragments of an entry; removed when the entry changes."""
    known: dict[str, dict[Any, Any]] = field(default_factory=dict)
    """Cached results for the rows of each country."""
    searches: Searches = field(default_factory=Searches)
    """Cached rows of searches; not carried over to a new index, since any change may affect them."""
    days: Days = field(default_factory=Days)
    """Cached counts of a day; not carried over to a new index either."""
    whole: Fragments = field(default_factory=Fragments)
    """Cached values made from measures and from other tables; not carried over to a new index either."""

    def __len__(self) -> int:
        return len(self.columns["id"])

    @cached_property
    def dated(self) -> int:
        """Number of rows with a date; the others follow them."""
        return int(np.searchsorted(self.columns["first"], LATEST))

    @cached_property
    def everything(self) -> Selection:
        """All rows."""
        return Selection(self, None, None)

    def of_country(self, iso3: str) -> Selection:
        """The rows of a country, its own acts and those that bind it, with cached results."""
        known = self.known.setdefault(iso3, {})
        mask = self.as_mask("country", [iso3])
        if _ROWS not in known:
            known[_ROWS] = np.flatnonzero(mask)
        return Selection(self, mask, known[_ROWS], known)

    def get_or_cache(self, name: Any, make: Callable[[], T]) -> T:
        """Cache a value in the active language, made from tables other than measures, until one of them changes."""
        return self.fragments.get_or_cache((NO_MEASURE, name, get_language()), make)

    def get_or_cache_whole(self, name: Any, make: Callable[[], T]) -> T:
        """The same for a value that is made from measures too: any change of the public data drops it."""
        return self.whole.get_or_cache((name, get_language()), make)

    @cached_property
    def _row_of_id(self) -> Array:
        """Row numbers by id, -1 if absent: four bytes per id ever assigned."""
        ids = self.columns["id"]
        rows = np.full(int(ids.max(initial=0)) + 1, -1, dtype=np.int32)
        rows[ids] = np.arange(len(ids), dtype=np.int32)
        return rows

    def places_of(self, ids: Array) -> Array:
        """The number of the row of each of these measures, -1 for those that are not here."""
        rows = self._row_of_id
        return np.where(ids < len(rows), rows[np.minimum(ids, len(rows) - 1)], np.int32(-1))

    def rows_of(self, ids: Array) -> Array:
        """The row numbers of these measures, without absent ones."""
        places = self.places_of(ids)
        return places[places >= 0]

    def select(self, mask: Mask) -> Selection:
        """The rows of a mask."""
        return Selection(self, mask, np.flatnonzero(mask))

    # Masks: the rows that match one parameter

    def as_mask(self, name: str, values: Iterable[Any]) -> Mask:
        """The rows that have one of these values of a property."""
        if name in TAGS:
            return self.tags[name].as_mask(map(TAGS[name][1].encode, values), len(self))
        codes = [PROPERTIES[name].encode(value) for value in values]
        mask = _one_of(self.columns[name], codes)
        if name in FURTHER:
            further = self.tags[FURTHER[name]]
            mask[further.rows[_one_of(further.values, codes)]] = True
        return mask

    def bound(self, rows: Array) -> tuple[Array, Array]:
        """The countries that acts among these rows bind, beside their own: places in `rows`, and codes."""
        tags = self.tags[FURTHER["country"]]
        order = np.argsort(tags.rows, kind="stable")
        of_rows, codes = tags.rows[order], tags.values[order]
        starts, ends = np.searchsorted(of_rows, rows), np.searchsorted(of_rows, rows, side="right")
        numbers = ends - starts
        places = np.repeat(np.arange(len(rows)), numbers)
        within = np.arange(len(places)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
        return places, codes[np.repeat(starts, numbers) + within].astype(np.int64)

    def between(self, first: str, last: str, since: date | None, until: date | None) -> Mask:
        """The rows whose range from column `first` to column `last` overlaps `since` to `until`."""
        starts = self.columns[first] <= (LATEST - 1 if until is None else day_number(until))
        ends = self.columns[last] >= (EARLIEST + 1 if since is None else day_number(since))
        overlap: Mask = starts & ends
        return overlap

    def states_on(self, day: date) -> Array:
        """The number of the state of each row on a day; `STATES` has its name."""
        steps = self.tags[STEPS]
        return states_on(day, steps.rows, steps.values, len(self))

    @property
    def days_begun(self) -> DaysBegun:
        """When each row began, as far as known; independent of the day."""
        steps = self.tags[STEPS]
        return self.days.get_or_cache("begun", lambda: days_begun(steps.rows, steps.values, len(self)))

    def on(self, day: date) -> "PublicIndex":
        """The same entries with the status of each on a day. It shares the caches that do not depend on the day."""
        if day == self.day:
            return self
        columns = {**self.columns, STATUS: _GROUP_CODES[self.states_on(day)]}
        known = {iso3: _of_any_day(results) for iso3, results in self.known.copy().items()}
        other = PublicIndex(columns, self.tags, day, self.fragments, known, self.searches, self.days, self.whole)
        other.everything.known.update(_of_any_day(self.everything.known))
        return other

    def among(self, ids: Array) -> Mask:
        """The rows of these measures."""
        mask = np.zeros(len(self), dtype=bool)
        mask[self.rows_of(ids)] = True
        return mask

    def only(self, mask: Mask, fragments: Fragments) -> "PublicIndex":
        """An index of some of the rows alone, whose `fragments` are its own."""
        moved = np.full(len(self), -1, dtype=np.int32)
        moved[mask] = np.arange(int(mask.sum()))
        columns = {name: column[mask] for name, column in self.columns.items()}
        tags = {name: _moved(found, moved) for name, found in self.tags.items()}
        return PublicIndex(columns, tags, self.day, fragments)

    @property
    def nbytes(self) -> int:
        """Bytes of the columns and tags, without what is cached."""
        arrays = [*self.columns.values(), *(array for tag in self.tags.values() for array in (tag.rows, tag.values))]
        return sum(array.nbytes for array in arrays)

    # Changes

    def updated(self, changed: Sequence[int]) -> "PublicIndex":
        """A new index with the changed measures read from the database."""
        leaving = self.rows_of(np.array(sorted(changed), dtype=np.int64))
        stays = np.ones(len(self), dtype=bool)
        stays[leaving] = False
        kept = {name: column[stays] for name, column in self.columns.items() if name != STATUS}
        fresh, fresh_tags = _load(changed)
        places = np.searchsorted(_keys(kept), _keys(fresh))
        columns = {name: np.insert(column, places, fresh[name]) for name, column in kept.items()}

        moved = np.full(len(self), -1, dtype=np.int32)
        count = int(stays.sum())
        shift = np.cumsum(np.bincount(places, minlength=count + 1))[:count]
        moved[stays] = np.arange(count) + shift
        added = (places + np.arange(len(places))).astype(np.int32)
        tags = {name: _merged(self.tags[name], moved, fresh_tags[name], added) for name in (*TAGS, STEPS)}
        gone = set(changed)
        fragments = Fragments((key, fragment) for key, fragment in self.fragments.copy().items() if key[0] not in gone)
        return PublicIndex(columns, tags, fragments=fragments)


def _of_any_day(known: dict[Any, Any]) -> dict[Any, Any]:
    """The cached results that do not follow from the status of the rows: which they are, and counts of properties."""
    return {
        question: result
        for question, result in known.copy().items()
        if question == _ROWS
        or (isinstance(question, tuple) and question[0] in _OF_A_PROPERTY and question[1] != STATUS)
    }


_OF_A_PROPERTY = ("counts", "variety", "shared")
"""Beginnings of the questions that concern one property of the rows."""

_GROUP_CODES = np.array([PROPERTIES[STATUS].encode(group) for group in GROUPS], dtype=np.uint8)
"""The code of the status group of each state."""
_NO_MONTH = -(1 << 20)


@cache
def _month(number: int) -> date:
    years, month = divmod(number + _NO_MONTH, 12)
    return date(1970 + years, month + 1, 1)


def _one_of(column: Array, codes: Iterable[int]) -> Mask:
    """Where a column of codes is one of `codes`."""
    wanted = np.fromiter(codes, dtype=np.int64)
    wanted = wanted[wanted > 0]
    if not len(wanted) or not len(column):
        return np.zeros(len(column), dtype=bool)
    if len(wanted) == 1:
        equal: Mask = column == wanted[0]
        return equal
    table = np.zeros(max(int(column.max()), int(wanted.max())) + 1, dtype=bool)
    table[wanted] = True
    found: Mask = table[column]
    return found


def _sum(one: Array, other: Array) -> Array:
    """The sum of two arrays of counts, the shorter of which is filled up with zeros."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    longer[: len(shorter)] += shorter
    return longer


def _moved(tags: Tags, moved: Array) -> Tags:
    """The tags of the rows that stay, which are those with a new number."""
    rows = moved[tags.rows]
    stays = rows >= 0
    return Tags(rows[stays].astype(np.int32), tags.values[stays])


def _merged(old: Tags, moved: Array, fresh: Tags, added: Array) -> Tags:
    kept = _moved(old, moved)
    return Tags(
        np.concatenate((kept.rows, added[fresh.rows])).astype(np.int32), np.concatenate((kept.values, fresh.values))
    )


def _keys(columns: Mapping[str, Array]) -> Array:
    """A sort key per row: first day, last day, id."""
    first = columns["first"].astype(np.int64)
    length = np.where(first == LATEST, 0, columns["last"] - first)
    day = np.where(first == LATEST, (1 << 22) - 1, first + EPOCH)
    keys: Array = day << 41 | length << 32 | columns["id"]
    return keys


def load(ids: Sequence[int] | None = None) -> PublicIndex:
    """Read every published entry, or those among `ids`."""
    return PublicIndex(*_load(ids))


def _load(ids: Sequence[int] | None) -> tuple[dict[str, Array], dict[str, Tags]]:
    """Columns in order and tags of the published entries, or of those with `ids`."""
    condition = "m.workflow = 'published'"
    if ids is not None:
        condition = f"{condition} and m.id = any('{{{', '.join(map(str, ids))}}}')"
    columns = read_columns(condition)
    order = np.argsort(_keys(columns), kind="stable")
    index = PublicIndex({name: column[order] for name, column in columns.items()}, {})
    tags = {name: _tags(index, *read_tags(name, condition)) for name in TAGS}
    tags[STEPS] = _tags(index, *read_steps(condition))
    return dict(index.columns), {name: _once(found) if name in REPEATED else found for name, found in tags.items()}


def _tags(index: PublicIndex, measures: Array, values: Array) -> Tags:
    """Without those published since the columns were read, which come with the next change."""
    places = index.places_of(measures)
    there = places >= 0
    return Tags(places[there], values[there])


def _once(tags: Tags) -> Tags:
    """Remove repeated pairs of row and value."""
    pairs = np.unique(tags.rows.astype(np.int64) << 32 | tags.values)
    return Tags((pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(tags.values.dtype))


# The index of this process


class _Current:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._follower = Follower()
        self._index: PublicIndex | None = None

    def get(self) -> PublicIndex:
        if connection.in_atomic_block:  # uncommitted data must not be cached
            return load().on(today())
        with self._lock:
            try:
                self._index = self._after(self._follower.look())
            except BaseException:
                self._index = None  # what the log has returned must not be lost
                raise
            return self._index

    def _after(self, changes: LogDelta) -> PublicIndex:
        index, changed = self._index, changes.records
        if index is None or changed is None or len(changed) > RELOADED_FROM * len(index) + 1:
            index = load()
        elif changed:
            index = index.updated(changed)
        if changes.has_others:
            index = PublicIndex(index.columns, index.tags, index.day)
        return index.on(today())


_current = _Current()
INDEX = "index"
"""Under this name `measures.listing.known.record_of` leaves the index of an earlier day."""


def public_index() -> PublicIndex:
    """The current published entries, with the status of each today; of an earlier day where that is read."""
    reading = past()
    if reading is None:
        return _current.get()
    found: PublicIndex = reading.found[INDEX]
    return found
