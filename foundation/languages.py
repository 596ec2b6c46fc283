"""Names of languages in the reader's language."""

from babel import Locale, UnknownLocaleError
from django.utils.text import capfirst
from django.utils.translation import get_language


def language_name(tag: str) -> str:
    """`Spanish`, in the active language; the tag itself if the language is unknown."""
    if not tag:
        return ""
    try:
        name = Locale.parse(tag, sep="-").get_display_name(get_language() or "en")
    except (UnknownLocaleError, ValueError):
        return tag
    return capfirst(name or tag)
