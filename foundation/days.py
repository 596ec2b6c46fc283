"""The day, in the time zone of the site (`settings.TIME_ZONE`): the only place that asks for it."""

import datetime

from django.utils import timezone


def today() -> datetime.date:
    """The current day where the site is; it may differ from the day of the server and of the visitor."""
    return timezone.localdate()
