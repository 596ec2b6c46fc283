"""What a typed text means: words, the country whose acts are meant, and a time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from django.core.exceptions import ValidationError

from foundation.partial_dates import PartialDate
from foundation.texts import without_accents

CONNECTING = frozenset(
    (
        *("at", "by", "for", "from", "in", "of", "on", "the", "to"),
        *("al", "con", "de", "del", "el", "en", "la", "las", "los", "para", "por", "y"),
        *("a", "da", "das", "do", "dos", "e", "em", "na", "nas", "no", "nos", "o", "os", "pelo"),
    )
)
"""Words that connect a country or a time to the rest, in three languages."""
MOST_COMPARED = 12
"""Maximum number of words of the name of a country."""
_WORD = re.compile(r"\w{1,60}(?:[’'-]\w{1,60}){0,3}")
_TIMES = (
    re.compile(r"(?<![\w/-])\d{4}-\d{2}(?:-\d{2})?(?![\w/-])"),
    re.compile(r"\b(?:\d{1,2} (?:de )?)?[^\W\d_]{3,10} (?:de )?(?:19|20)\d{2}\b"),
    re.compile(r"(?<![\w/-])(?:19|20)\d{2}$"),
)
"""A day or month, a day or month with its name, a year at the end."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The parts of a text; `iso3` is '' without a country, `words` is '' if nothing else was typed."""

    words: str
    iso3: str = ""
    time: PartialDate | None = None

    @property
    def is_more_than_words(self) -> bool:
        """Whether a country or a time was understood."""
        return bool(self.iso3 or self.time)


Names = dict[tuple[str, ...], str]
"""The folded words of a name -> ISO 3166-1 code."""


def names_of(spellings: Iterable[tuple[str, str]]) -> Names:
    """Names of countries, by which they are recognised; codes are too easily taken for words."""
    found = ((_folded(name), iso3) for name, iso3 in spellings if len(name) > 3)
    return {words: iso3 for words, iso3 in found if words}


def _folded(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(without_accents(text)))


def country_named(text: str, names: Names) -> str:
    """The code of the country whose name is the whole text, or ''."""
    return names.get(_folded(text), "")


def interpret(text: str, names: Names) -> Meaning:
    """Take the name of one country and one time out of a text."""
    rest, time = _without_time(text)
    rest, iso3 = _without_country(rest, names)
    return Meaning(rest if time or iso3 else text.strip(), iso3, time)


def _without_time(text: str) -> tuple[str, PartialDate | None]:
    for match in chain.from_iterable(form.finditer(text) for form in _TIMES):
        try:
            return _joined(text[: match.start()], text[match.end() :]), PartialDate.parse(match[0])
        except ValidationError:
            continue
    return text, None


def _without_country(text: str, names: Names) -> tuple[str, str]:
    """Cut out the longest name of a country."""
    places = list(_WORD.finditer(text))
    for length in range(min(len(places), MOST_COMPARED), 0, -1):
        for start in range(len(places) - length + 1):
            stretch = places[start : start + length]
            if iso3 := names.get(tuple(without_accents(word[0]) for word in stretch)):
                return _joined(text[: stretch[0].start()], text[stretch[-1].end() :]), iso3
    return text, ""


def _joined(before: str, after: str) -> str:
    """What is left, without what connected it to what was cut out."""
    left, right = before.split(), after.split()
    while left and _connects(left[-1]):
        left.pop()
    while right and _connects(right[0]):
        right.pop(0)
    return " ".join([*left, *right]).strip(_MARKS)


_MARKS = " ,;.:()"


def _connects(word: str) -> bool:
    bare = word.strip(_MARKS).lower()
    return not bare or bare in CONNECTING
