"""One message, one line: a name with a line break in it forges no line of the log."""

import logging
import re

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class LineFormatter(logging.Formatter):
    """Writes control characters of a message as Python does, `\\n`; a traceback below it keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = CONTROL.sub(lambda found: repr(found[0])[1:-1], record.message)
        return super().formatMessage(record)
