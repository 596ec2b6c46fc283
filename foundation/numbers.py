"""Read numbers as people write them: `1.234,5`, `1,234.5`, `1 700 000`, `1.7 million`, `12 %`.

Which mark groups thousands and which begins the decimals follows from the number alone, never from the language of the
reader: the same file means the same everywhere. A number that has two readings is refused with both.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation.characters import with_plain_digits, without_invisible

MOST_CHARACTERS = 80

_BLANKS = dict.fromkeys(map(ord, "\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}\t"), " ")
_SIGNS = {
    **dict.fromkeys(map(ord, "\N{MINUS SIGN}\N{EN DASH}"), "-"),
    **dict.fromkeys(map(ord, "\N{RIGHT SINGLE QUOTATION MARK}\N{ARABIC THOUSANDS SEPARATOR}"), "'"),
    ord("\N{ARABIC DECIMAL SEPARATOR}"): "·",
    ord("\N{ARABIC PERCENT SIGN}"): "%",
}
_PARTS = re.compile(r"(?P<sign>[+-]?) ?(?P<digits>[.,]?\d[\d.,·' ]{0,60})(?P<word>[a-zà-ÿ ]{0,20})(?P<percent>%?)")
_GROUPED = {
    ".": re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+"),
    ",": re.compile(r"[1-9]\d{0,2}(?:,\d{3})+"),
    "'": re.compile(r"[1-9]\d{0,2}(?:'\d{3})+"),
    " ": re.compile(r"[1-9]\d{0,2}(?: \d{3})+"),
}
"""Digits in groups of three, by the mark between them."""
_DECIMALS = re.compile(r"(?P<whole>.*\d)(?P<mark>[.,·])(?P<decimals>\d+)")
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
ONE_GROUP_IN_SQL = "^-?[1-9][0-9]{0,2}[.][0-9]{3}$"
"""A number with a point, as PostgreSQL writes it, that people may take for thousands."""
_SHORT = re.compile(r"[+-]?\d+(\.\d+)?e[+-]?\d{1,3}", re.IGNORECASE)

_WORDS = {
    10**3: ("thousand", "mil"),
    10**6: ("million", "millions", "millón", "millon", "millones", "milhão", "milhao", "milhões", "milhoes"),
    10**9: ("mil millones", "mil milhões", "mil milhoes"),
}
MULTIPLIERS = {word: number for number, words in _WORDS.items() for word in words}
"""Words for powers of ten. A billion has nine zeros in English and twelve in Spanish, so it is not among them."""


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A number, and whether a percent sign follows it."""

    value: Decimal
    is_percent: bool


class NumberProblem(ValueError):
    """A text that is not a number: `problem` says what is wrong, `remedy` what would be right."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy = problem, remedy


def plain(value: Decimal) -> str:
    """`1700000` or `26.7`: no exponent, no zeros at the end, no minus before zero."""
    return format(value.normalize() + 0, "f")


def in_file(value: Decimal) -> str:
    """The number as our files write it: `12.3450` for what would be taken for twelve thousand."""
    text = plain(value)
    return f"{text}0" if _ONE_GROUP.fullmatch(text.lstrip("-")) else text


def read_number(text: str) -> TypedNumber:
    """Read a number; raise NumberProblem if there is no reading, or more than one."""
    found = _PARTS.fullmatch(_in_ascii(text)) if len(text) <= MOST_CHARACTERS else None
    multiplier = _multiplier(found["word"].strip()) if found else None
    if found is None or multiplier is None:
        raise _no_number(text)
    digits = found["digits"].strip()
    if _ONE_GROUP.fullmatch(digits):
        raise _two_readings(text, found["sign"] + digits, multiplier)
    value = _value(digits)
    if value is None:
        raise _no_number(text)
    value = value * multiplier
    return TypedNumber(-value if found["sign"] == "-" else value, bool(found["percent"]))


def _in_ascii(text: str) -> str:
    """Lower case, with plain digits, blanks and signs, and single blanks."""
    plain = with_plain_digits(text.translate(_BLANKS).translate(_SIGNS))
    return " ".join(plain.lower().split()).replace(" %", "%")


def _multiplier(word: str) -> int | None:
    return MULTIPLIERS.get(word) if word else 1


def _value(digits: str) -> Decimal | None:
    """The number; None if its marks are where nobody puts them."""
    digits = f"0{digits}" if digits[0] in ".," else digits
    if (whole := _whole(digits)) is not None:
        return whole
    found = _DECIMALS.fullmatch(digits)
    if not found or found["mark"] in found["whole"]:
        return None
    whole = _whole(found["whole"])
    return None if whole is None else whole + Decimal(f"0.{found['decimals']}")


def _whole(digits: str) -> Decimal | None:
    if digits.isdecimal():
        return Decimal(digits)
    mark = next((mark for mark, groups in _GROUPED.items() if groups.fullmatch(digits)), None)
    return None if mark is None else Decimal(digits.replace(mark, ""))


def _two_readings(text: str, number: str, multiplier: int) -> NumberProblem:
    large, small = (
        plain(Decimal(reading) * multiplier) for reading in (re.sub("[.,]", "", number), number.replace(",", "."))
    )
    readings = {"value": text.strip(), "large": large, "small": small}
    clear = {"large": large, "small": in_file(Decimal(small))}
    return NumberProblem(
        _("“%(value)s” can be read as %(large)s or as %(small)s.") % readings,
        _("Write %(large)s or %(small)s.") % clear,
    )


def _no_number(text: str) -> NumberProblem:
    short = text.strip()
    shown = short if len(short) <= MOST_CHARACTERS else f"{short[: MOST_CHARACTERS - 1]}…"
    problem = _("“%(value)s” is not a number.") % {"value": shown}
    if _SHORT.fullmatch(short):
        try:
            written = plain(Decimal(short))
        except InvalidOperation:
            written = ""
        if written and len(written) <= MOST_CHARACTERS:
            return NumberProblem(problem, _("Write it in full: %(number)s.") % {"number": written})
    return NumberProblem(problem, _("Write digits, with a point or comma before decimals: 1700000, 26.7 or 26,7."))


class NumberFormField(forms.DecimalField):
    """A form field for a number as people write it; `takes_percent` lets a percent sign follow."""

    takes_percent = False

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        """Read what was typed; raise ValidationError with the remedy."""
        if value in self.empty_values or isinstance(value, Decimal):
            return super().to_python(value)
        try:
            number = read_number(without_invisible(str(value)))
        except NumberProblem as error:
            raise ValidationError(f"{error.problem} {error.remedy}", code="invalid") from None
        if number.is_percent and not self.takes_percent:
            raise ValidationError(_("Write the number without the percent sign."), code="percent")
        return number.value

    def prepare_value(self, value: Any) -> Any:
        """A number without more digits than it needs."""
        return in_file(value) if isinstance(value, Decimal) else value


def interpretation(text: str) -> str:
    """How a typed number is read, with thousands grouped in the active language; raise ValidationError if it is not."""
    value = NumberFormField(required=False).to_python(text.replace("%", ""))
    return "" if value is None else number_format(Decimal(plain(value)), force_grouping=True)
