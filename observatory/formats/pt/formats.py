"""Portuguese date formats that differ from Django's."""

from observatory.formats.zones import with_zone

DATETIME_FORMAT = with_zone(r"j \d\e F \d\e Y à\s H:i")
DATE_INPUT_FORMATS = ["%Y-%m-%d"]  # one reading, whoever typed it and whoever approves or publishes it
