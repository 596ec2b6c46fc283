"""Names of languages in the reader's language; and languages in addresses, whose prefix alone says which."""

from babel import Locale, UnknownLocaleError
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_from_path


def language_name(tag: str) -> str:
    """`Spanish`, in the active language; the tag itself if the language is unknown."""
    if not tag:
        return ""
    try:
        name = Locale.parse(tag, sep="-").get_display_name(get_language() or "en")
    except (UnknownLocaleError, ValueError):
        return tag
    return capfirst(name or tag)


def language_of_path(path: str) -> str:
    """`es` for `/es/countries/`; the language of the site where the path has no prefix."""
    return get_language_from_path(path) or settings.LANGUAGE_CODE


def without_language(path: str) -> str:
    """`/countries/` for `/es/countries/`."""
    return path.removeprefix(f"/{get_language_from_path(path)}")
