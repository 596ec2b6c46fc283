"""English date formats, in place of Django's American ones."""

from observatory.formats.zones import with_zone

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = with_zone("j F Y, H:i")
DATE_INPUT_FORMATS = ["%Y-%m-%d"]  # one reading, whoever typed it and whoever approves or publishes it
