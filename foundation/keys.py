"""Keys and numbers as an address or a form has them, which may be any text."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

MOST_DIGITS = 18
"""Digits of a number that PostgreSQL's bigint surely holds."""


def whole_number(text: str) -> int | None:
    """The number that a text writes with the digits 0 to 9 alone, or None; `"²".isdigit()` is true, and no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def key_of(model: type[Model], text: str) -> Any:
    """The primary key of `model` that a text is, or None where it can be none."""
    if "\0" in str(text):
        return None
    try:
        key = model._meta.pk.to_python(text)
    except ValidationError:
        return None
    return key if not isinstance(key, int) or -(10**MOST_DIGITS) < key < 10**MOST_DIGITS else None
