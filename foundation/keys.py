"""Parse keys and numbers from URLs and forms, which may be any text."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

MOST_DIGITS = 18
"""Number of digits that always fits in PostgreSQL's bigint."""


def whole_number(text: str) -> int | None:
    """Parse a text of ASCII digits, or return None; `"²".isdigit()` is true, but `int` rejects it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def key_of(model: type[Model], text: str) -> Any:
    """Convert a text to a primary key of `model`, or return None."""
    if "\0" in str(text):
        return None
    try:
        key = model._meta.pk.to_python(text)
    except ValidationError:
        return None
    return key if not isinstance(key, int) or -(10**MOST_DIGITS) < key < 10**MOST_DIGITS else None
