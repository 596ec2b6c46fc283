"""What readers follow of a filter: the newest changes, and the days on which something ends or was to be voted on."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.sql import rows
from measures.choices import Status
from measures.listing.filters import MeasureFilter
from measures.listing.index import Selection
from measures.models import Measure
from measures.validity.answers import Answer
from measures.validity.store import answers_of

NEWEST = 50
"""Entries of a feed."""
BACK = timedelta(days=90)
"""How long a calendar keeps what is past."""
MOST_DAYS = 500
"""Days of a calendar, the earliest first."""

# Ends on or after a day, or answers that must be derived anew to tell
_ENDING = """
    select measure_id from measures_validity
    where measure_id = any(%s) and (is_stale or not upper_inf(possible) and upper(possible) > %s)
    order by upper(possible), measure_id limit %s
"""

_VOTES = r"""
    select measure_id, position, lower(date_range) from measures_statusevent
    where measure_id = any(%s) and status = %s and lower(date_range) >= %s and date ~ '^\d{4}-\d\d-\d\d$'
    order by date, id limit %s
"""
_NEWEST = """
    select id from measures_measure where id = any(%s) and workflow = 'published'
    order by updated_at desc, id desc limit %s
"""


def newest_changes(filter: MeasureFilter) -> QuerySet[Measure]:
    """The entries of a filter that changed last, newest first."""
    newest = [pk for (pk,) in rows(_NEWEST, [_changed_last(filter.selection), NEWEST])]
    found = Measure.objects.published().filter(pk__in=newest).prefetch_related("topics")
    return found.select_related("country").order_by("-updated_at", "-pk")


def _changed_last(selection: Selection) -> list[int]:
    """The entries that changed on the day of the last one that is shown, or later: after an import, perhaps all."""
    days, ids = selection.column("updated"), selection.index.columns["id"]
    ids = ids if selection.rows is None else ids[selection.rows]
    if len(ids) > NEWEST:
        ids = ids[days >= np.partition(days, -NEWEST)[-NEWEST]]
    found: list[int] = ids.tolist()
    return found


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day on which something happens to a measure; `what` says it in words, `key` in a file."""

    measure: Measure
    key: str
    what: str
    day: date


def calendar_days(filter: MeasureFilter, on: date) -> list[CalendarDay]:
    """The ends of validity and the votes among the entries of a filter, from `BACK` before a day on."""
    ids, since = filter.selection.ids().tolist(), on - BACK
    ending = [pk for (pk,) in rows(_ENDING, [ids, since, MOST_DAYS])]
    ends = {pk: end for pk, known in answers_of(ending).items() if (end := _end(known)) and end[0] >= since}
    days = [
        *(_Day(day, pk, "end", _last_day(is_certain)) for pk, (day, is_certain) in ends.items()),
        *(_Day(day, pk, f"agenda-{place}", str(Status.ON_AGENDA.label)) for pk, place, day in _votes(ids, since)),
    ]
    days = sorted(days)[:MOST_DAYS]
    measures = Measure.objects.published().in_bulk({day.measure for day in days})
    found = [CalendarDay(measures[day.measure], day.key, day.what, day.day) for day in days if day.measure in measures]
    return sorted(found, key=lambda each: (each.day, each.measure.public_id, each.key))


class _Day(NamedTuple):
    """A calendar day before its measure is read."""

    day: date
    measure: int
    key: str
    what: str


def _end(known: Answer) -> tuple[date, bool] | None:
    """The last day on which an act may be in force, and whether that is certain; None if nobody knows one."""
    last = known.possible[-1][1] if known.possible else None
    if last is None:
        return None
    return last, bool(known.certain) and known.certain[-1][1] == last


def _last_day(is_certain: bool) -> str:
    return _("Last day in force") if is_certain else _("Last possible day in force")


def _votes(ids: list[int], since: date) -> list[tuple[int, int, date]]:
    """The days, known exactly, on which bills are on the agenda of the floor: bill, place of the event, and day."""
    return rows(_VOTES, [ids, Status.ON_AGENDA.value, since, MOST_DAYS])
