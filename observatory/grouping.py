"""`{% load grouping %}`: counts with the separators of their language, unlike Django's filter of the same name."""

from typing import Any

from django.template import Library
from django.utils.formats import number_format
from django.utils.translation import get_language

register = Library()
GROUPED_FROM = {"es": 10_000}
"""Spanish writes 3100, but 31 000."""


@register.filter
def intcomma(number: Any) -> Any:
    """`3,100` in English, `3100` in Spanish, `3.100` in Portuguese; what is no count stays as it is."""
    if not isinstance(number, int):
        return number
    is_grouped = abs(number) >= GROUPED_FROM.get(get_language() or "", 0)
    return number_format(number, force_grouping=is_grouped)
