"""Files that a thread makes before the answer begins, so that they wait for each other as streamed files do."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

NAMES = ("measures_ods", "measures_parquet", "changes")
"""The names of their addresses."""


def is_made_whole(environ: Mapping[str, Any]) -> bool:
    """Whether a request asks for one."""
    return environ["REQUEST_METHOD"] in ("GET", "HEAD") and environ["PATH_INFO"] in _paths()


@cache
def _paths() -> frozenset[str]:
    """The paths of the files in every language."""
    found = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            found |= {reverse(name) for name in NAMES}
    return frozenset(found)
