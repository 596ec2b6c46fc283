"""Days in the time zone of the site (`settings.TIME_ZONE`): the only place that asks for today."""

import datetime
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from foundation.partial_dates import PartialDate

_standing = threading.local()


def today() -> datetime.date:
    """The current day where the site is; it may differ from the day of the server and of the visitor.

    Inside `standing_at`, the day at which the record stands there.
    """
    day: datetime.date | None = getattr(_standing, "day", None)
    return day or calendar_day()


def calendar_day() -> datetime.date:
    """The current day where the site is, also for who reads the record of an earlier one."""
    return timezone.localdate()


@contextmanager
def standing_at(day: datetime.date) -> Iterator[None]:
    """Inside the block `day` is today, in this thread; see `foundation.records.past`."""
    before = getattr(_standing, "day", None)
    _standing.day = day
    try:
        yield
    finally:
        _standing.day = before


def end_of(day: datetime.date) -> datetime.datetime:
    """The first moment after a day where the site is."""
    return timezone.make_aware(datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time()))


def day_of(moment: datetime.datetime) -> PartialDate:
    """The day on which a moment falls where the site is."""
    return PartialDate.from_date(timezone.localdate(moment))
