import logging
import sys

from observatory.log_lines import LineFormatter


def test_message_stays_on_its_line_and_a_traceback_below_it() -> None:
    formatter = LineFormatter("%(levelname)s %(name)s: %(message)s")
    try:
        raise ValueError("wrong")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "by %s", ("a\nb\r\x1b[2Jñ\u2028",), sys.exc_info())
    first, *others = formatter.format(record).splitlines()
    assert first == r"ERROR x: by a\nb\r\x1b[2Jñ\u2028"
    assert others[0] == "Traceback (most recent call last):"
