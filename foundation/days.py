"""Days in the time zone of the site (`settings.TIME_ZONE`): the only place that asks for today."""

import datetime

from django.utils import timezone

from foundation.partial_dates import PartialDate


def today() -> datetime.date:
    """The current day where the site is; it may differ from the day of the server and of the visitor."""
    return timezone.localdate()


def day_of(moment: datetime.datetime) -> PartialDate:
    """The day on which a moment falls where the site is."""
    return PartialDate.from_date(timezone.localdate(moment))
