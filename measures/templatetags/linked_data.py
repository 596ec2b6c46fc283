"""Linked data in a page."""

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_ESCAPED = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"})
"""What could end the element that the text stands in."""


@register.filter
def json_ld(data: Mapping[str, Any]) -> SafeString:
    """JSON for a `script` element of a type that no browser runs."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPED))  # noqa: S308  (escaped)
