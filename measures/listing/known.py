"""The indexes of earlier days: a few at once, built one at a time.

Whoever asks for many days makes the site read its history as often. So one thread builds, and rests as long as it
worked; one other may wait for that, and who else asks for a day that is not there is told to come back. Days that were
asked for last stay, within limits of number and bytes. An index has all entries of its day; which of these may still be
shown is asked again whenever public data have changed.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db import OperationalError
from django.utils import timezone

from foundation.days import end_of
from foundation.publication import public_version
from foundation.records.past import as_known, past, with_withdrawn
from measures.listing.columns import copied
from measures.listing.index import INDEX, Fragments, PublicIndex, load

MOST_DAYS = 8
"""Number of earlier days that a process keeps."""
MOST_BYTES = 1 << 28
"""Bytes that their columns may take; the day that was asked for last stays in any case."""
LATE = timedelta(hours=1)
"""For how long after its end a day may get changes: of transactions that began before, and count to it."""
PATIENCE = 2.0
"""Seconds that a request waits for another one that builds an index, and for its rest."""
_PUBLIC = "select id from public.measures_measure where workflow = 'published'"


class AnotherDayIsRead(OperationalError):
    """Another request reads the history. The visitor is asked to come back in some seconds, as for a busy database."""


class FewFragments(Fragments):
    """Fragments of an earlier day, which fewer readers share."""

    most = 1_000


@dataclass(frozen=True, slots=True)
class KnownDay:
    """The entries that were public at the end of a day: those that still are, and those that were withdrawn since."""

    public: PublicIndex
    withdrawn: PublicIndex


@dataclass(slots=True)
class _Kept:
    whole: PublicIndex
    is_final: bool
    """Whether the day was over for so long that nothing is added to it."""
    shown: tuple[str, KnownDay] | None = None
    """What may be shown, with the version of the public data: one value, since several threads write it."""

    @property
    def nbytes(self) -> int:
        """Bytes of all columns."""
        shown = self.shown[1] if self.shown else None
        return self.whole.nbytes + (shown.public.nbytes + shown.withdrawn.nbytes if shown else 0)


class _Days:
    def __init__(self) -> None:
        self._kept: OrderedDict[date, _Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._building = threading.Lock()
        self._waiting = threading.Lock()
        self._rests_until = 0.0

    def get(self, day: date) -> KnownDay:
        """What was known on a day. Raise AnotherDayIsRead if it is not there and another one is being built."""
        version = public_version()
        kept = self._found(day, version) or self._built(day, version)
        shown = kept.shown
        if shown is None or shown[0] != version:
            shown = kept.shown = version, _shown(kept.whole, day)
            self._make_room()
        return shown[1]

    def _found(self, day: date, version: str) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(day)
            if kept is None or not (kept.is_final or kept.shown is None or kept.shown[0] == version):
                return None
            self._kept.move_to_end(day)
            return kept

    def _built(self, day: date, version: str) -> _Kept:
        with self._turn():
            if kept := self._found(day, version):
                return kept
            start = time.monotonic()
            try:
                kept = _Kept(_whole(), is_final=timezone.now() >= end_of(day) + LATE)
            finally:  # whoever was broken off, as by the time limit of a statement, has worked as well
                now = time.monotonic()
                self._rests_until = now + (now - start)
            with self._lock:
                self._kept[day] = kept
                self._kept.move_to_end(day)
            self._make_room()
            return kept

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The right to build, after the rest of who built last; one thread at most waits for it."""
        if not self._waiting.acquire(blocking=False):
            raise AnotherDayIsRead("The history is read for another day, and somebody waits for that.")
        try:
            is_ours = self._building.acquire(timeout=PATIENCE)
            rest = self._rests_until - time.monotonic()
            if is_ours and 0 < rest <= PATIENCE:
                time.sleep(rest)
        finally:
            self._waiting.release()
        if not is_ours:
            raise AnotherDayIsRead("The history is read for another day.")
        try:
            if rest > PATIENCE:
                raise AnotherDayIsRead("The history was read for another day just now.")
            yield
        finally:
            self._building.release()

    def _make_room(self) -> None:
        with self._lock:
            while len(self._kept) > MOST_DAYS or (len(self._kept) > 1 and self._size() > MOST_BYTES):
                self._kept.popitem(last=False)

    def _size(self) -> int:
        return sum(kept.nbytes for kept in self._kept.values())


def _whole() -> PublicIndex:
    """All entries that were public on the day that is read, with what followed then from each other."""
    with with_withdrawn():
        return load()


def _shown(whole: PublicIndex, day: date) -> KnownDay:
    (public,) = copied(_PUBLIC, ["i8"])
    still = np.isin(whole.columns["id"], public)
    shown, gone = (whole.only(rows, FewFragments()).on(day) for rows in (still, ~still))
    return KnownDay(shown, gone)


_days = _Days()


@contextmanager
def record_of(day: date | None) -> Iterator[None]:
    """Read the record as it was publicly known at the end of `day`, with its index; None: as it is.

    Raise AnotherDayIsRead if that index is not there and another one is being built.
    """
    with as_known(day):
        reading = past()
        if reading and INDEX not in reading.found:
            known = _days.get(day) if reading.is_shared and day else _shown(_whole(), reading.day)
            reading.found |= {INDEX: known.public, _WITHDRAWN: known.withdrawn}
        yield


def withdrawn_index() -> PublicIndex | None:
    """The entries of the day that is read which were withdrawn since; None for the record of today."""
    reading = past()
    return reading.found.get(_WITHDRAWN) if reading else None


_WITHDRAWN = "withdrawn"
