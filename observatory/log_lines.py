"""One message, one line: a name with a line break in it forges no line of the log."""

import copy
import logging
import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

SUSPICIONS = "django.security."
"""The loggers of Django's SuspiciousOperation and its kinds."""


class LineFormatter(logging.Formatter):
    """Writes control characters of a message as Python does, `\\n`; a traceback below it keeps its lines."""

    def format(self, record: logging.LogRecord) -> str:
        """What a stranger has sent that no browser sends, such as a host of another site, is no error of ours to be
        traced: anybody could fill the log with tracebacks."""
        if record.name.startswith(SUSPICIONS):
            record = copy.copy(record)
            record.exc_info = record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = CONTROL.sub(lambda found: repr(found[0])[1:-1], record.message)
        return super().formatMessage(record)
