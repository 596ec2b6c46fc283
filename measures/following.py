"""What readers follow of a filter: the newest changes, and the days on which something ends or was to be voted on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.sql import rows
from measures.choices import Status
from measures.listing.filters import MeasureFilter
from measures.models import Measure, StatusEvent
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


def newest_changes(filter: MeasureFilter) -> QuerySet[Measure]:
    """The entries of a filter that changed last, newest first."""
    selection = filter.selection
    days, ids = selection.column("updated"), selection.index.columns["id"]
    ids = ids if selection.rows is None else ids[selection.rows]
    if len(ids) > NEWEST:  # all that changed on the day of the last one that is shown, or later
        ids = ids[days >= np.partition(days, -NEWEST)[-NEWEST]]
    found = Measure.objects.published().filter(pk__in=ids.tolist()).prefetch_related("topics")
    return found.select_related("country").order_by("-updated_at", "-pk")[:NEWEST]


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
    votes = list(_votes(ids, since))
    measures = Measure.objects.published().in_bulk({*ends, *(vote.measure_id for vote in votes)})
    found = [
        *(_ending(measures[pk], *end) for pk, end in ends.items() if pk in measures),
        *(_voted(measures[vote.measure_id], vote) for vote in votes if vote.measure_id in measures),
    ]
    return sorted(found, key=lambda each: (each.day, each.measure.public_id, each.key))[:MOST_DAYS]


def _end(known: Answer) -> tuple[date, bool] | None:
    """The last day on which an act may be in force, and whether that is certain; None if nobody knows one."""
    last = known.possible[-1][1] if known.possible else None
    if last is None:
        return None
    return last, bool(known.certain) and known.certain[-1][1] == last


def _ending(measure: Measure, day: date, is_certain: bool) -> CalendarDay:
    return CalendarDay(measure, "end", _("Last day in force") if is_certain else _("Last possible day in force"), day)


def _votes(ids: Iterable[int], since: date) -> QuerySet[StatusEvent]:
    """The days, known exactly, on which bills are on the agenda of the floor."""
    events = StatusEvent.objects.filter(
        measure__in=list(ids), status=Status.ON_AGENDA, date_range__startswith__gte=since
    )
    return events.filter(date__regex=r"^\d{4}-\d\d-\d\d$").order_by("date", "pk")[:MOST_DAYS]


def _voted(measure: Measure, event: Any) -> CalendarDay:
    return CalendarDay(measure, f"agenda-{event.position}", str(Status.ON_AGENDA.label), event.date.first)
