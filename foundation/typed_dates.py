"""A date as people and spreadsheets write it: `03/27/2020`, `16 de marzo de 2020`, `20200327`, `43906`.

Only what has one reading is read. Where a text has several, the error names them; where it has none of the calendar,
`PartialDate` says what would be right. `Parts` are a year, a month and a day, as far as they are stated.
"""

import calendar
import datetime
import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.texts import without_accents

Parts = tuple[int, int | None, int | None]

FIRST_YEAR, LAST_YEAR = 1800, 2199
"""Years outside this range are assumed to be typing errors (`0202`, `20200`)."""
LONGEST_SHOWN = 40
"""Number of characters of an invalid date that its error message shows."""
LONGEST_READ = 60
"""Number of characters that a date in words may have, with a day of the week and a time."""
FIRST_SERIAL, LAST_SERIAL = 22_000, 73_050
"""Numbers of days that are read as Excel counts them: 1960-03-25 to 2099-12-31."""
LIKE_A_YEAR = range(18_000, FIRST_SERIAL)
"""Numbers of days that are more likely years with a digit too many."""
_DAY_ZERO = datetime.date(1899, 12, 30)
"""Day 0 of Excel for every day since March 1900, before which it counts a day that did not exist."""
_CENTURY_TURNS = 50
"""Years of two digits from here on are proposed as of the last century."""

_MONTHS = (
    ("january", "enero", "janeiro"),
    ("february", "febrero", "fevereiro"),
    ("march", "marzo", "marco"),
    ("april", "abril", "abril"),
    ("may", "mayo", "maio"),
    ("june", "junio", "junho"),
    ("july", "julio", "julho"),
    ("august", "agosto", "agosto"),
    ("september", "septiembre", "setembro", "setiembre", "sept"),
    ("october", "octubre", "outubro"),
    ("november", "noviembre", "novembro"),
    ("december", "diciembre", "dezembro"),
)
"""The months in our languages, without accents; the first three letters of each are read too."""
_MONTH_OF = {word: number for number, names in enumerate(_MONTHS, 1) for name in names for word in (name, name[:3])}
_WORDS_BETWEEN = frozenset(
    (
        *("de", "del", "do", "da", "of", "the", "em", "el"),
        *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"),
        *("segunda", "terca", "quarta", "quinta", "sexta", "feira"),
    )
)
"""Words that add nothing to a date."""
_FIRST = frozenset(("primero", "primeiro", "first"))

_TIME = re.compile(
    r"(?<=\S)(?:T| )(?P<time>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)"
    r"(?: ?[ap]\.? ?m\.?)?(?: ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?$",
    re.IGNORECASE,
)
_YEAR_LAST = re.compile(r"([0-9]{1,2})\s?[-/.]\s?([0-9]{1,2})\s?[-/.]\s?([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_AND_MONTH = re.compile(r"([0-9]{4})(?:/([0-9]{1,2})|\.([0-9]{2}))")
_MONTH_AND_YEAR = re.compile(r"([0-9]{1,2})[-/.]([0-9]{4})")
_YEAR_AS_DECIMAL = re.compile(r"([0-9]{4})\.0")
_SHORT_YEAR = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{2})")
_DIGITS = re.compile(r"[0-9]{5,8}")
_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|o|a|er|ro|ero|do|°)?")
_BETWEEN_WORDS = re.compile(r"[\s,./-]+")
_DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})([a-z]{3})([0-9]{4})", re.IGNORECASE)
"""`16mar2020`, as statistical programs write it."""
_SPACES, _DASHES = re.compile(r"\s+"), re.compile("[‐-―−]")


def typed_parts(text: str) -> Parts | None:
    """The parts of a date that is not in our own form, or None; raise ValidationError if it has several readings.

    The parts need not be in the calendar.
    """
    plain = plain_text(text)
    if len(plain) > LONGEST_READ:
        return None
    if match := _TIME.search(plain):
        return _without_time(text, plain[: match.start()], match)
    return _numbers(text, plain) or _words(text, plain)


def plain_text(text: str) -> str:
    """The text without a mark of inference, with plain blanks and hyphens."""
    return _DASHES.sub("-", _SPACES.sub(" ", text.strip().removesuffix("?").strip()))


def is_in_calendar(year: int, month: int | None, day: int | None) -> bool:
    """Whether there is such a year, month or day."""
    try:
        datetime.date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return False
    return True


def shortened(text: str) -> str:
    """A text for a message: an upload may have a megabyte in place of a date."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def in_iso(parts: Parts) -> str:
    """The parts as our files write them."""
    year, month, day = parts
    return "-".join([f"{year:04d}", *(f"{part:02d}" for part in (month, day) if part is not None)])


def is_serial_number(text: str) -> bool:
    """Whether a text is a number by which Excel means a day."""
    match = _SERIAL.fullmatch(text.strip())
    return match is not None and FIRST_SERIAL <= int(match[1]) <= LAST_SERIAL


def period_with_slash(text: str) -> str:
    """The one date that a text with a slash is, or the period `2016/19` in full; '' if it has two sides of its own.

    Raise ValidationError where `2010/11` may be a month or two years.
    """
    plain = plain_text(text)
    if match := _TIME.search(plain):
        plain = plain[: match.start()]
    if any(shape.fullmatch(plain) for shape in (_YEAR_LAST, _YEAR_FIRST, _MONTH_AND_YEAR, _SHORT_YEAR)):
        return text
    if plain.count("/") == 2 and _words(text, plain):
        return text
    match = _YEAR_AND_MONTH.fullmatch(plain)
    if not match or not match[2]:
        return ""
    year, number = int(match[1]), int(match[2])
    readings = [in_iso((year, number, None))] if 1 <= number <= 12 else []
    if number > year % 100 and len(match[2]) == 2:
        readings.append(f"{year}/{year - year % 100 + number}")
    if len(readings) == 1:
        return readings[0]
    if not readings:
        return text
    raise _ambiguous(text, readings)


def _ambiguous(text: str, readings: Iterable[str]) -> ValidationError:
    return ValidationError(
        _("“%(text)s” is ambiguous. Write %(readings)s."),
        code="ambiguous_date",
        params={"text": shortened(text), "readings": _(" or ").join(readings)},
    )


def _one_of(text: str, readings: Iterable[Parts]) -> Parts | None:
    """The only reading that is in the calendar, or None; raise ValidationError if there are more."""
    valid = list(dict.fromkeys(r for r in readings if FIRST_YEAR <= r[0] <= LAST_YEAR and is_in_calendar(*r)))
    if len(valid) > 1:
        raise _ambiguous(text, map(in_iso, valid))
    return valid[0] if valid else None


# A day with a time


def _without_time(text: str, plain: str, match: re.Match[str]) -> Parts | None:
    """The day of `2020-03-16 00:00:00`; in another time zone, only midnight is surely of that day."""
    day = _YEAR_FIRST.fullmatch(plain)
    parts = (int(day[1]), int(day[3]), int(day[4])) if day else _numbers(text, plain)
    parts = parts or _words(text, plain)
    if parts is None or parts[2] is None:
        return None
    if match["zone"] and match["time"].strip("0:.,"):
        raise ValidationError(
            _("“%(text)s” has a time of another time zone. Write the day alone, such as %(day)s."),
            code="time_of_zone",
            params={"text": shortened(text), "day": in_iso(parts)},
        )
    return parts


# In digits


def _numbers(text: str, plain: str) -> Parts | None:
    if match := _YEAR_LAST.fullmatch(plain):
        return _of_unknown_order(text, *(int(part) for part in match.groups()))
    if match := _YEAR_FIRST.fullmatch(plain):
        return int(match[1]), int(match[3]), int(match[4])
    if match := _YEAR_AS_DECIMAL.fullmatch(plain):
        return int(match[1]), None, None
    if match := _YEAR_AND_MONTH.fullmatch(plain):
        return int(match[1]), int(match[2] or match[3]), None
    if match := _MONTH_AND_YEAR.fullmatch(plain):
        return int(match[2]), int(match[1]), None
    if match := _SHORT_YEAR.fullmatch(plain):
        raise _short_year(text, _orders(*match.groups()))
    if match := _SERIAL.fullmatch(plain):
        return _of_serial(text, int(match[1]))
    return _packed(text, plain) if _DIGITS.fullmatch(plain) else None


def _of_unknown_order(text: str, first: int, second: int, year: int) -> Parts:
    """`25/12/2020` and `12/25/2020`; if neither reading is a date, the one whose month exists, for the error."""
    orders = [(year, second, first), (year, first, second)]
    return _one_of(text, orders) or next((order for order in orders if 1 <= order[1] <= 12), orders[0])


def _of_serial(text: str, number: int) -> Parts | None:
    day = _DAY_ZERO + datetime.timedelta(days=number)
    if number in LIKE_A_YEAR:
        raise _ambiguous(text, [text[:4], day.isoformat()])
    return (day.year, day.month, day.day) if FIRST_SERIAL <= number <= LAST_SERIAL else None


def _packed(text: str, plain: str) -> Parts | None:
    """`20200327`, `27032020` and `202003`, where only one reading is in the calendar."""
    if len(plain) == 8:
        first, last = (plain[:4], plain[4:6], plain[6:]), (plain[4:], plain[2:4], plain[:2])
        readings: list[Parts] = [_parts(*first), _parts(*last), _parts(last[0], last[2], last[1])]
    elif len(plain) == 6:
        readings = [_parts(plain[:4], plain[4:]), _parts(plain[2:], plain[:2])]
        readings += _orders(plain[:2], plain[2:4], plain[4:])
    else:
        return None
    return _one_of(text, readings)


def _parts(year: str, month: str, day: str = "") -> Parts:
    return int(year), int(month), int(day) if day else None


# A year of two digits


def _orders(first: str, second: str, third: str) -> list[Parts]:
    """The readings in the calendar of three numbers, one of which is a year of two digits."""
    orders = [(third, second, first), (third, first, second), (first, second, third)]
    readings = [(_in_full(int(year)), int(month), int(day)) for year, month, day in orders if len(year) == 2]
    return [reading for reading in dict.fromkeys(readings) if is_in_calendar(*reading)]


def _in_full(year: int) -> int:
    return year + (1900 if year >= _CENTURY_TURNS else 2000)


def _short_year(text: str, readings: Iterable[Parts]) -> ValidationError:
    proposed = _(" or ").join(map(in_iso, readings)) or "2020-05-29"
    return ValidationError(
        _("“%(text)s” has a year of two digits. Write it in full, such as %(proposed)s."),
        code="short_year",
        params={"text": shortened(text), "proposed": proposed},
    )


# In words


def _words(text: str, plain: str) -> Parts | None:
    """`16 de marzo de 2020`, `March 16, 2020`, `16-Mar-2020`, `marzo 2020`."""
    plain = _DAY_MONTH_YEAR.sub(r"\1 \2 \3", plain) if _DAY_MONTH_YEAR.fullmatch(plain) else plain
    words = [word for word in _BETWEEN_WORDS.split(without_accents(plain)) if word not in _WORDS_BETWEEN]
    months = [_MONTH_OF[word] for word in words if word in _MONTH_OF]
    numbers = [_number(word) for word in words if word and word not in _MONTH_OF]
    if len(months) != 1 or not 1 <= len(numbers) <= 2 or not all(number and number.isascii() for number in numbers):
        return None
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) < 4]
    if not years and words[-1] == numbers[-1] and len(numbers[-1]) == 2:
        raise _short_year(text, _of_short_year(months[0], numbers))
    if len(years) != 1:
        return None
    return int(years[0]), months[0], int(days[0]) if days else None


def _number(word: str) -> str:
    """The digits of a day or year, or ''."""
    if word in _FIRST:
        return "1"
    if len(word) == 4 and word.isdigit():
        return word
    match = _ORDINAL.fullmatch(word)
    return match[1] if match else ""


def _of_short_year(month: int, numbers: list[str]) -> list[Parts]:
    days = [int(number) for number in numbers[:-1]]
    reading = (_in_full(int(numbers[-1])), month, days[0] if days else None)
    return [reading] if is_in_calendar(*reading) else []


def remedy(year: int, month: int | None, day: int | None) -> str:
    """What to write instead of a date that does not exist; every date that it suggests is valid."""
    if month and month <= 12:
        if day == 0:
            return _("Write %(month)s if the day is not known.") % {"month": in_iso((year, month, None))}
        last = calendar.monthrange(year, month)[1]
        return _("The last day of that month is %(day)s.") % {"day": in_iso((year, month, last))}
    if month == 0:
        return _("Write %(year)d if the month is not known.") % {"year": year}
    if day and is_in_calendar(year, day, month):
        return _("Write %(day)s if the month comes last.") % {"day": in_iso((year, day, month))}
    return _("Write the month, from 01 to 12, before the day: 2020-05-29.")
