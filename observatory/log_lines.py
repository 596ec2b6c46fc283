"""One line per log message, so that neither a line break nor a long name can forge a line, and no flood of them."""

import copy
import logging
import re
import time

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

SUSPICIONS = "django.security."
"""The loggers of Django's SuspiciousOperation and its kinds."""
LONGEST = 1000
"""Characters of a message; a header of a request may have a hundred thousand."""
MOST_SUSPICIONS = 30
"""Suspicious requests logged per minute and process; anyone can send thousands, and old lines would be lost."""


class SuspicionsFilter(logging.Filter):
    """Lets the first suspicious requests of each minute pass; the next minute begins with the number of the others."""

    def __init__(self) -> None:
        super().__init__()
        self._began, self._number = 0.0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged; the record becomes a warning, since it is not an error of ours."""
        if not record.name.startswith(SUSPICIONS):
            return True
        now = time.monotonic()
        others = 0
        if now - self._began >= 60:
            others = max(0, self._number - MOST_SUSPICIONS)
            self._began, self._number = now, 0
        self._number += 1
        if self._number > MOST_SUSPICIONS:
            return False
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        if others:
            record.msg, record.args = f"{_cut(record.getMessage())} ({others} more were not logged)", ()
        return True


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
        record.message = CONTROL.sub(lambda found: repr(found[0])[1:-1], _cut(record.message))
        return super().formatMessage(record)


def _cut(message: str) -> str:
    return message if len(message) <= LONGEST else f"{message[:LONGEST]}… ({len(message)} characters)"
