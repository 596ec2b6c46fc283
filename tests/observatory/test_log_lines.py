import logging
import sys
import time

import pytest
from django.test import Client

from observatory.log_lines import LineFormatter, SuspicionsFilter


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


def test_long_message_is_cut() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "by %s", ("a" * 60_000,), None)
    line = LineFormatter("%(message)s").format(record)
    assert line == f"by {'a' * 997}… (60003 characters)"


def _suspicious() -> logging.LogRecord:
    return logging.LogRecord("django.security.DisallowedHost", logging.ERROR, "", 0, "Invalid host", (), None)


def test_flood_of_suspicious_requests_leaves_the_log_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    suspicions = SuspicionsFilter()
    passed = [record.levelname for record in [_suspicious() for _number in range(1000)] if suspicions.filter(record)]
    assert passed == ["WARNING"] * 30
    assert suspicions.filter(logging.LogRecord("observatory", logging.ERROR, "", 0, "Disk full", (), None))
    now += 60
    first, second = _suspicious(), _suspicious()
    assert (suspicions.filter(first), suspicions.filter(second)) == (True, True)
    assert first.getMessage() == "Invalid host (970 more were not logged)"
    assert second.getMessage() == "Invalid host"
