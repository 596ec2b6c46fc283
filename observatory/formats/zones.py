"""The time zone of the site in a format of Django: times in the admin name it."""

from django.conf import settings


def with_zone(format_of_times: str) -> str:
    """`j F Y, H:i` with the name of the zone behind it, each of its letters escaped."""
    return f"{format_of_times} " + "".join(f"\\{letter}" for letter in settings.TIME_ZONE)
