"""Convert a Python value, or a spreadsheet cell, to the text in our files. Needs no settings."""

import datetime
from decimal import Decimal
from typing import Any


def text_of_value(value: Any) -> str:
    """The cell as our files write it: nothing for None, `true`, whole numbers without `.0`, days as `2020-05-29`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, datetime.datetime) and value.tzinfo is None and value.time() == datetime.time():
        return value.date().isoformat()  # spreadsheets store dates as midnights
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _number(value: float | Decimal) -> str:
    """A decimal number with no more digits than needed."""
    exact = Decimal(str(value))
    if not exact.is_finite():
        return str(value)
    digits = format(exact, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
