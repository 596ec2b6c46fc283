"""What became public, changed and was withdrawn in a filter between two moments.

The filter is asked twice: of the record as it is, and of those entries that changed since, as they were before. What
was published and withdrawn in between is in neither, so that nothing is told of it; of what was withdrawn, the
identifier and the reason are. An entry that a filter has only since time passed, such as one that ended, has not
changed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

import numpy as np
from django.utils import timezone

from foundation.days import today
from foundation.records.changes import event_models
from foundation.records.past import as_known, with_withdrawn
from foundation.sql import value
from measures.citing import of_list
from measures.corrections.ledger import Correction, corrections_of
from measures.entries import Entry, entries_of, for_list
from measures.listing.filters import MeasureFilter
from measures.listing.index import PublicIndex, load, public_index
from measures.listing.withdrawn import Withdrawn, named
from measures.models import Measure

MOST_READ = 200
"""Entries of a filter whose changes are read for one letter, so that its memory is bounded; the newest first."""
MOST_TOLD = 50
"""Entries that a letter tells of; more are counted."""
SETTLING = timedelta(minutes=1)
"""By how much the clocks of the worker and of the database may differ."""
_OLDEST = """
    select min(xact_start) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
"""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry with what changed of it: nothing where it became public."""

    entry: Entry
    changes: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What is new in a filter. `more` is the number of further new or changed entries, `problems` what is wrong."""

    new: tuple[Told, ...] = ()
    changed: tuple[Told, ...] = ()
    left: tuple[Told, ...] = ()
    """Those that changed, are public, and no longer belong to the filter."""
    withdrawn: tuple[Withdrawn, ...] = ()
    more: int = 0
    more_withdrawn: int = 0
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.left or self.withdrawn or self.more or self.problems)

    @property
    def entries(self) -> list[int]:
        """The entries of which it has more than the identifier."""
        return [told.entry.number for told in chain(self.new, self.changed, self.left)]


def title_of(query: str) -> str:
    """A filter in words, in the active language."""
    return of_list(MeasureFilter.of_query(query), "", None, today()).title


def settled(*, at: datetime) -> datetime:
    """A moment before `at` before which nothing is written any more that is not visible yet.

    The history dates a change at the beginning of its transaction, which may commit much later.
    """
    oldest: datetime | None = value(_OLDEST)
    return min(at - SETTLING, oldest) if oldest else at - SETTLING


@dataclass(frozen=True, slots=True)
class Window:
    """A period that is over: which entries changed in it, and those of them that were public before, as they were then.

    `since` belongs to the period, `until` does not.
    """

    since: datetime
    until: datetime
    changed: frozenset[int]
    before: PublicIndex


def window(since: datetime, until: datetime) -> Window:
    """What changed in a period; `until` is not after `settled()`."""
    changed = frozenset(_changed(since, until))
    with as_known(timezone.localdate(since), before=since), with_withdrawn():
        before = load(sorted(changed))
    return Window(since, until, changed, before.on(today()))


def _changed(since: datetime, until: datetime) -> set[int]:
    """The entries, public or not, of which a version was written in a period."""
    found: set[int] = set()
    for event_model, owner in event_models(Measure):
        events = event_model._default_manager.filter(pgh_created_at__gte=since, pgh_created_at__lt=until)
        found.update(events.order_by().values_list(owner or "pgh_obj_id", flat=True).distinct())
    return found


def news_of(query: str, period: Window) -> News:
    """What is new in a filter in a period, in the active language.

    The number of queries does not depend on how many entries changed.
    """
    now = MeasureFilter.of_query(query, index=public_index())
    if not now.is_valid():
        return News(problems=tuple(problem.message for problem in now.problems))
    if not period.changed:
        return News()
    here = _ids(now) & period.changed
    there = _ids(MeasureFilter.of_query(query, index=period.before))
    changed = np.array(sorted(period.changed), dtype=np.int64)
    published = set(changed[now.index.places_of(changed) >= 0].tolist())
    return _told(here, there, published, period)


def _ids(filter: MeasureFilter) -> set[int]:
    return set(filter.selection.ids().tolist())


def _told(here: set[int], there: set[int], published: set[int], period: Window) -> News:
    """`here` are the changed entries that the filter has, `there` those that it had, `published` those still public."""
    candidates, gone = here | (there & published), sorted(there - published)
    newest = Measure.objects.published().filter(pk__in=candidates).order_by("-updated_at", "-pk")[:MOST_READ]
    measures = list(newest.select_related("country"))
    steps: dict[int, list[Correction]] = {}
    for each in corrections_of(measures, since=period.since, until=period.until):
        steps.setdefault(each.record.pk, []).append(each)
    telling = [measure.pk for measure in measures if measure.pk not in there or measure.pk in steps]
    rows = for_list(Measure.objects.published()).in_bulk(telling[:MOST_TOLD])
    entries = entries_of([rows[pk] for pk in telling[:MOST_TOLD] if pk in rows], today())
    told = [Told(entry, tuple(steps.get(entry.number, ()))) for entry in entries]
    return News(
        new=tuple(each for each in told if each.entry.number not in there),
        changed=tuple(each for each in told if each.entry.number in here & there),
        left=tuple(each for each in told if each.entry.number not in here),
        withdrawn=_withdrawn(gone[:MOST_TOLD], period),
        more=max(len(telling) - MOST_TOLD, 0) + len(candidates) - len(measures),
        more_withdrawn=max(len(gone) - MOST_TOLD, 0),
    )


def _withdrawn(ids: list[int], period: Window) -> tuple[Withdrawn, ...]:
    """Those of these entries that were no longer public at the end of the period; the others are left to the next."""
    if not ids:
        return ()
    with as_known(timezone.localdate(period.until), before=period.until), with_withdrawn():
        later = set(Measure.objects.published().filter(pk__in=ids).values_list("pk", flat=True))
    with as_known(timezone.localdate(period.since), before=period.since), with_withdrawn():
        return tuple(named([pk for pk in ids if pk not in later]))
