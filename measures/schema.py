"""The description of the read API as OpenAPI has it: made once for each language, since it follows from code alone."""

from functools import cache
from typing import Any

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator


@cache
def schema(language: str) -> dict[str, Any]:
    """The description in a language; whoever gets it may not change it."""
    with translation.override(language):
        found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found
