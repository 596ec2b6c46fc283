"""Rules at entry that depend on the day or on several fields: the same in a form and in an import.

They refuse what cannot be, such as an event that is still to come. An unusual course is never refused: bills come
back, and repeals are struck down. Every function gets the day on which it is asked, `on`.
"""

import datetime
from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate
from measures.choices import ENDING_STATUSES, Family, Status, is_usual_move
from measures.durations import Duration

YEARS_AHEAD = 50
"""A year further ahead is assumed to be a typing error; the earliest year is that of `PartialDate`."""
LAST_DAY_STATUSES = (Status.EXPIRED, Status.FULFILLED)
"""The date of these is the last day of effect; that of any other status is the first day of the new state."""
_RUNNING = (Status.IN_FORCE, Status.IN_OPERATION)
_ONE_DAY = datetime.timedelta(days=1)

Events = Sequence[tuple[Status | str, PartialDate | None]]


def last_year(on: datetime.date) -> int:
    """The last year that a date of an act may have."""
    return on.year + YEARS_AHEAD


def year_problem(date: PartialDate | None, *, on: datetime.date) -> str:
    """Why the year of a date cannot be right, in words; '' if it can."""
    if date is None or date.year <= last_year(on):
        return ""
    return _("%(date)s lies more than %(years)d years ahead. Is the year right?") % {"date": date, "years": YEARS_AHEAD}


def event_problem(date: PartialDate, *, on: datetime.date) -> str:
    """Why something cannot have happened on a date, in words; '' if it can."""
    if date.first <= on:
        return ""
    return _(
        "%(date)s is still to come, and an event has happened. Write what is planned in “valid from” or “valid until”."
    ) % {"date": date}


def check_problem(checked_on: datetime.date, last_day: datetime.date | None, *, on: datetime.date) -> str:
    """Why a check cannot have been on a day, in words; '' if it can. `last_day` is that of the act, if it is known."""
    if checked_on > on:
        return _("%(day)s is still to come. Write the day on which somebody looked.") % {"day": checked_on}
    if last_day and checked_on > last_day:
        return _(
            "The act had ended by then: its last possible day was %(day)s. Write the day of an earlier check,"
            " or correct the end."
        ) % {"day": last_day}
    return ""


def last_possible_day(
    events: Events,
    *,
    valid_from: PartialDate | None,
    valid_until: PartialDate | None,
    duration: str,
    basis: str,
    country: str,
    is_prolonged: bool,
) -> datetime.date | None:
    """The last day on which the act can have been in force by its own dates; None if they do not say.

    `is_prolonged` tells that another act extends or revives it, so that its planned end is not its last day.
    """
    if events and events[-1][0] in ENDING_STATUSES:
        status, date = events[-1]
        if date is None:
            return None
        return date.last if status in LAST_DAY_STATUSES else date.last - _ONE_DAY
    planned = valid_until.last if valid_until else _end_of(valid_from, duration, basis, country)
    if planned is None or is_prolonged:
        return None
    runs_on = any(status in _RUNNING and (date is None or date.last > planned) for status, date in events)
    return None if runs_on else planned


def _end_of(start: PartialDate | None, duration: str, basis: str, country: str) -> datetime.date | None:
    """The latest day on which a time of this duration can end."""
    return Duration.parse(duration).last_days(start.last, basis, country)[1] if start and duration else None


def unusual_moves(family: Family, events: Events) -> list[str]:
    """In words, the moves of a course that are unusual for an act of `family`, so that the order may be wrong."""
    statuses = [Status(status) for status, _date in events]
    return [
        _("Unusual: “%(status)s” after “%(before)s”. Is the order right?")
        % {"status": after.label, "before": before.label}
        for before, after in pairwise(statuses)
        if not is_usual_move(family, before, after)
    ]
