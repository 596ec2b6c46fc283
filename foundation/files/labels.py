"""SQL of the words that stand for keys: of choices in code, and of rows of vocabulary."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from django.db import models
from django.utils import translation

from foundation.texts import LANGUAGES

Choices: TypeAlias = Iterable[tuple[Any, Any]]
"""Keys and their labels, as a field of Django has them."""


def in_words(key: str, choices: Choices, language: str) -> str:
    """SQL of the label of a key among choices."""
    with translation.override(language):
        words = {str(value): str(label).replace("'", "''") for value, label in choices if value}
    cases = " ".join(f"when '{value}' then '{label}'" for value, label in words.items())
    return f"case {key} {cases} end"


def label_of(alias: str, model: type[models.Model], language: str) -> str:
    """SQL of the label or name of a row in a language, else in the first that has it; '' if the model has neither.

    A model with `is_native_without_translation` has a name in a language only where the native one is not usual in it.
    """
    fields = {field.name for field in model._meta.get_fields()}
    stem = next((stem for stem in ("label", "name") if f"{stem}_{language}" in fields), "")
    others = () if getattr(model, "is_native_without_translation", False) else LANGUAGES
    names = [f"{stem}_{code}" for code in dict.fromkeys((language, *others))] if stem else []
    names += [name for name in ("native_name", "title") if name in fields]
    texts = ", ".join(f"nullif({alias}.{name}, '')" for name in names)
    return f"coalesce({texts})" if names else ""
