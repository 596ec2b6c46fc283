"""The names of values in cells, beside their keys: `PE` and `Perú` for PER.

A model tells them by a class method `spellings`: pairs of a name, in any spelling, and a key. What several rows are
called stands for none of them.
"""

import re
from collections.abc import Callable
from typing import Any

from django.db import models

from foundation.texts import without_accents

_NO_LETTER = re.compile(r"[\W_]+")


def namer_of(model: type[models.Model]) -> Callable[[str], str]:
    """Return a function from a name to its key, which returns any other text as it is."""
    spellings: Any = getattr(model, "spellings", None)
    if spellings is None:
        return lambda text: text
    keys = _unambiguous(spellings())  # read now: no query can be asked while rows are copied
    return lambda text: keys.get(folded(text), text)


def folded(name: str) -> str:
    """A name without accents, case and punctuation."""
    return _NO_LETTER.sub(" ", without_accents(name)).strip()


def _unambiguous(spellings: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for name, key in spellings:
        if letters := folded(name):  # a country may lack a code
            found.setdefault(letters, set()).add(key)
    return {name: key for name, keys in found.items() if len(keys) == 1 for key in keys}
