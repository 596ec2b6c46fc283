"""Converting Python values to cells of our files."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from foundation.files.values import text_of_value

MIDNIGHT = datetime.datetime(2020, 5, 29)  # noqa: DTZ001  (as a spreadsheet has a day)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("  as it is\r\n", "  as it is\r\n"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (7.0, "7"),
        (0.0, "0"),
        (26.7, "26.7"),
        (1e21, "1000000000000000000000"),
        (0.000001, "0.000001"),
        (Decimal("1700000.50"), "1700000.5"),
        (Decimal("1E+3"), "1000"),
        (float("nan"), "nan"),
        (datetime.date(2020, 5, 29), "2020-05-29"),
        (MIDNIGHT, "2020-05-29"),
        (MIDNIGHT + datetime.timedelta(hours=8.5), "2020-05-29T08:30:00"),
        (MIDNIGHT.replace(tzinfo=datetime.UTC), "2020-05-29T00:00:00+00:00"),
    ],
)
def test_value_is_written_as_our_files_write_it(value: Any, text: str) -> None:
    assert text_of_value(value) == text
