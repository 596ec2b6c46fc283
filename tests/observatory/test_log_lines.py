import logging
import sys

import pytest
from django.test import Client

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


@pytest.mark.parametrize("host", ["elsewhere.example.org", "a b", "x" * 500, "[::1"])
def test_foreign_host_takes_one_line_of_the_log(caplog: pytest.LogCaptureFixture, host: str) -> None:
    assert Client().get("/", headers={"host": host}).status_code == 400
    (record,) = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    (line,) = LineFormatter("%(message)s").format(record).splitlines()
    assert line.startswith("Invalid HTTP_HOST header")
