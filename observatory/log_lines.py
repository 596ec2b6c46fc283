"""One line per log message, so that a line break in a name cannot forge a line."""

import copy
import logging
import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

SUSPICIONS = "django.security."
"""The loggers of Django's SuspiciousOperation and its kinds."""


class LineFormatter(logging.Formatter):
    """Escapes control characters of a message as Python does, `\\n`; tracebacks keep their lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Omit the traceback of a suspicious request, such as one for another host.

        It is not an error of ours, and anybody could fill the log with tracebacks.
        """
        if record.name.startswith(SUSPICIONS):
            record = copy.copy(record)
            record.exc_info = record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = CONTROL.sub(lambda found: repr(found[0])[1:-1], record.message)
        return super().formatMessage(record)
