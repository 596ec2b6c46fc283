"""How the dates in the form of a measure read: from when until when the act is in force by its own dates."""

import datetime
from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate
from measures.choices import DurationBasis, EndKind
from measures.durations import Duration

FIELDS = ("valid_from", "valid_until", "end_kind", "duration", "duration_basis", "country")
"""The fields of the form that it follows from."""
_OPEN = (EndKind.FURTHER_NOTICE, EndKind.INDEFINITE)


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates as typed so far."""

    start: PartialDate | None
    until: PartialDate | None
    end_kind: str
    duration: Duration | None
    basis: str
    country: str

    @classmethod
    def of(cls, data: Any) -> Self:
        """Read them from `data` by the names of the fields; raise ValidationError or ValueError for what is none."""
        said = {name: str(data.get(name) or "").strip() for name in FIELDS}
        return cls(
            start=PartialDate.parse(said["valid_from"]) if said["valid_from"] else None,
            until=PartialDate.parse(said["valid_until"]) if said["valid_until"] else None,
            end_kind=said["end_kind"],
            duration=Duration.parse(said["duration"]) if said["duration"] else None,
            basis=said["duration_basis"] or DurationBasis.CALENDAR,
            country=said["country"],
        )


def validity_in_words(data: Any) -> str:
    """`Reads as: in force from 20 March 2020 to 18 April 2020 (30 calendar days); …`, '' if the dates say nothing."""
    try:
        dates = Dates.of(data)
    except (ValidationError, ValueError):
        return ""
    if not (dates.start or dates.until or dates.duration):
        return ""
    parts = [_("Reads as: %(validity)s") % {"validity": _validity(dates)}, _other_end(dates)]
    return "; ".join(part for part in parts if part) + "."


def _validity(dates: Dates) -> str:
    start, end = dates.start, _end(dates)
    if start and end:
        return _("in force from %(start)s to %(end)s") % {"start": start.in_words(), "end": end}
    if start:
        return _("in force from %(start)s, %(end)s") % {"start": start.in_words(), "end": _without_date(dates)}
    if end:
        return _("in force to %(end)s, start not recorded") % {"end": end}
    assert dates.duration
    return _("in force for %(duration)s, start not recorded") % {"duration": dates.duration.in_words(dates.basis)}


def _end(dates: Dates) -> str:
    """The planned end in words; '' if there is none."""
    if dates.until:
        return dates.until.in_words()
    if not (dates.start and dates.duration):
        return ""
    if dates.basis != DurationBasis.UNSTATED or not dates.duration.days:
        return _ending(dates, dates.basis)
    calendar, working = (_ending(dates, basis) for basis in (DurationBasis.CALENDAR, DurationBasis.WORKING))
    return _("%(calendar)s, or %(working)s") % {"calendar": calendar, "working": working}


def _ending(dates: Dates, basis: str) -> str:
    """`18 April 2020 (30 calendar days)`."""
    assert dates.duration
    return f"{_last_day(dates, basis)} ({dates.duration.in_words(basis)})"


def _last_day(dates: Dates, basis: str) -> str:
    """The last day of the duration in words: of a start that is no day, the first and the last that it can be."""
    assert dates.start
    assert dates.duration
    first, last = (dates.duration.last_day(day, basis, dates.country) for day in (dates.start.first, dates.start.last))
    if first == last:
        return _day(first)
    return _("some day between %(first)s and %(last)s") % {"first": _day(first), "last": _day(last)}


def _day(day: datetime.date) -> str:
    return PartialDate.from_date(day).in_words()


def _without_date(dates: Dates) -> str:
    """What is known of an end without a date."""
    if dates.end_kind in _OPEN:
        return _("the end is open on purpose")
    return _("no end recorded")


def _other_end(dates: Dates) -> str:
    """When the act would end if days counted otherwise, or if the duration counted and not its last day."""
    if not (dates.start and dates.duration):
        return ""
    if dates.until:
        words = _("“valid until” counts; %(duration)s would end on %(day)s")
        return words % {"duration": dates.duration.in_words(dates.basis), "day": _last_day(dates, _counted(dates))}
    if not dates.duration.days or dates.basis == DurationBasis.UNSTATED:
        return ""
    if dates.basis == DurationBasis.WORKING:
        return _("calendar days would end on %(day)s") % {"day": _last_day(dates, DurationBasis.CALENDAR)}
    return _("working days would end on %(day)s") % {"day": _last_day(dates, DurationBasis.WORKING)}


def _counted(dates: Dates) -> str:
    return DurationBasis.WORKING if dates.basis == DurationBasis.WORKING else DurationBasis.CALENDAR
