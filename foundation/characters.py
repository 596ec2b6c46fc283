"""Characters that nobody sees: which of them a text may have, and what is said about the others.

Typed and imported text passes `readable`: soft hyphens, zero-width spaces and the like, which come with what people
copy from a PDF or a web page, are dropped without a word; what turns the order of the letters around, or a text of
nothing but blanks, is refused. Joiners stay where a script is written with them, such as Persian or Hindi.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_DROPPED = "\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_JOINERS = "\u200c\u200d"
_MARKS = "\u061c\u200e\u200f"
"""Marks of direction, which only text from right to left has a use for."""
_TURNING = "\u202a-\u202e\u2066-\u2069"
"""Embeddings, overrides and isolates: they show the letters in another order than that in which they are stored."""
_EMPTY = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
"""Letters and marks without a shape of their own: blanks, unless there is something beside them."""

_FULL_WIDTH = {ord("．"): ".", ord("，"): ",", ord("／"): "/", ord("－"): "-", ord("％"): "%"}
_INVISIBLE = re.compile(f"[{_DROPPED}{_JOINERS}{_MARKS}]")
_TURN = re.compile(f"[{_TURNING}]")
_BLANK = re.compile(rf"[\s{_JOINERS}{_MARKS}{_EMPTY}]+")

JOINING_SCRIPTS = frozenset(
    (
        *("ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN", "ADLAM", "HANIFI", "DEVANAGARI", "BENGALI", "GURMUKHI"),
        *("GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO", "TIBETAN"),
        *("MYANMAR", "KHMER", "BALINESE", "JAVANESE", "SUNDANESE", "MEETEI", "CHAKMA", "GRANTHA", "NEWA", "TIRHUTA"),
    )
)
"""The first words of the Unicode names of letters that joiners stand between."""
_SYMBOLS = ("So", "Sk", "Mn")
"""Categories of what a joiner makes one emoji of: symbols, tones of skin, and selectors of a variant."""


class CharacterProblem(ValidationError):
    """A text that is refused: `problem` names the character and its position, `remedy` says what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}", code="invisible")
        self.problem, self.remedy = problem, remedy


def without_invisible(text: str) -> str:
    """`text` without characters that change nothing that anybody sees."""
    if text.isascii() or not _INVISIBLE.search(text):
        return text
    has_marks = any(unicodedata.bidirectional(sign) in ("R", "AL") and sign not in _MARKS for sign in text)
    return _INVISIBLE.sub(lambda found: found[0] if _is_needed(found, has_marks=has_marks) else "", text)


def with_plain_digits(text: str) -> str:
    """`text` with digits of other scripts, and signs of full width between them, in ASCII."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text.translate(_FULL_WIDTH))


def readable(text: str) -> str:
    """`text` as it is kept; raise CharacterProblem if what it shows is not what it says, or nothing."""
    if text.isascii():
        return text
    if found := _TURN.search(text):
        raise CharacterProblem(
            _("Character %(position)d of the text is invisible and reverses the order of the letters: %(name)s.")
            % {"position": found.start() + 1, "name": _named(found[0])},
            _("Delete the text there and type it again, or paste it by way of a plain text editor."),
        )
    text = without_invisible(text)
    if text.strip() and _BLANK.fullmatch(text):
        raise CharacterProblem(
            _("The text has only blank characters, among them %(name)s.") % {"name": _named(text.strip()[0])},
            _("Write something that can be read, or leave it empty."),
        )
    return text


def _is_needed(found: re.Match[str], *, has_marks: bool) -> bool:
    """Whether what was found is a joiner inside of a word or an emoji, or a mark in text from right to left."""
    sign, text = found[0], found.string
    if sign in _MARKS:
        return has_marks
    before, after = text[: found.start()][-1:], text[found.end() :][:1]
    if sign not in _JOINERS or not before or not after:
        return False
    if _script(before) in JOINING_SCRIPTS and _script(after) in JOINING_SCRIPTS:
        return True
    return unicodedata.category(before) in _SYMBOLS and unicodedata.category(after) == "So"


def _script(sign: str) -> str:
    return unicodedata.name(sign, "").partition(" ")[0] if unicodedata.category(sign)[0] in "LM" else ""


def _named(sign: str) -> str:
    """`U+202E (RIGHT-TO-LEFT OVERRIDE)`."""
    name = unicodedata.name(sign, "")
    return f"U+{ord(sign):04X} ({name})" if name else f"U+{ord(sign):04X}"


# Form fields


class ReadableText:
    """Mixin of form fields whose text passes `readable`."""

    def to_python(self, value: Any) -> Any:
        """Drop what is invisible before anything else looks at the text."""
        text = readable(value) if isinstance(value, str) else value
        return super().to_python(text)  # type: ignore[misc]  # of the field


class ReadableCharField(ReadableText, forms.CharField):
    """Text."""


class ReadableURLField(ReadableText, forms.URLField):
    """A web address."""


class ReadableEmailField(ReadableText, forms.EmailField):
    """An e-mail address."""


class ReadableSlugField(ReadableText, forms.SlugField):
    """A key."""
