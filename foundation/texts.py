"""Translated columns with a visible fallback; and sorting, comparing and suggesting texts."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from rapidfuzz import fuzz, process

LANGUAGES = ("en", "es", "pt")
"""The languages of content, in fallback order."""
LEAST_ALIKE = 60
"""Similarity, out of 100, that a known value needs to be suggested for an unknown one."""


def languages_of_site() -> list[str]:
    """The content languages that are also site languages; their texts are expected to exist."""
    offered = {code for code, _name in settings.LANGUAGES}
    return [language for language in LANGUAGES if language in offered]


@dataclass(frozen=True, slots=True)
class Text:
    """A text and its language; `is_fallback` if the reader asked for another language."""

    text: str
    language: str
    is_fallback: bool

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)


def column_of(model: type[models.Model], field: str, language: str) -> str:
    """The column of a text in a language: `title_es`; where English has no ending, as `note` beside `note_es`, `note`.

    A text that had one column before it was translated keeps its name, since columns of files are never renamed.
    """
    name = f"{field}_{language}"
    return field if language == LANGUAGES[0] and not hasattr(model, name) else name


def translated(record: models.Model, field: str, language: str | None = None) -> Text:
    """`field` of `record` in the active (or given) language, else in the first language that has it."""
    wanted = (language or get_language() or "en")[:2]
    for candidate in (wanted, *LANGUAGES):
        text = getattr(record, column_of(type(record), field, candidate), "")
        if text:
            return Text(text, candidate, is_fallback=candidate != wanted)
    return Text("", wanted, is_fallback=False)


def in_active_language(text: str) -> Text:
    """A text of the interface, beside texts of the record."""
    return Text(text, (get_language() or "en")[:2], is_fallback=False)


def sort_key(field: str) -> models.GeneratedField:
    """The generated column by which `field` sorts: without accents and case, since C collation puts É after Z."""
    return models.GeneratedField(
        expression=models.Func(models.F(field), function="sort_key", output_field=models.TextField()),
        output_field=models.TextField(),
        db_persist=True,
    )


def without_accents(text: str) -> str:
    """`text` in lower case and without accents, for comparison."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def nearest(text: str, values: Collection[str], *, least: int = LEAST_ALIKE) -> str:
    """The value most similar to `text`, or '' if none is similar enough."""
    found = process.extractOne(text, list(values), scorer=fuzz.ratio, score_cutoff=least)
    return found[0] if found else ""
