"""Parse cells as people type them, with error messages whose remedy names what would be right."""

import datetime
import re
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate, Period
from foundation.texts import nearest

LONGEST_TEXT = 100_000
"""Characters per cell; a longer one is an unclosed quotation mark, or not meant as a text of a record."""

PLACEHOLDERS = frozenset(
    (
        *("na", "n/a", "n.a.", "nan", "null", "none", "nil", "-", "--", "–", "—", "?", "s/d", "n/d"),
        *("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!"),
    )
)
"""What people and spreadsheets write for nothing; it is refused where only certain values are allowed."""

_WORDS = re.compile(r"[^\W_]{3,}")


class CellProblem(Exception):
    """A cell is not valid: `problem` says what is wrong, `remedy` what would be right."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy = problem, remedy


def is_placeholder(text: str) -> bool:
    """Whether a text is a placeholder for an empty value."""
    return text.strip().lower() in PLACEHOLDERS


def refuse_placeholder(text: str) -> None:
    """Raise if a cell with a controlled vocabulary holds `NA` or the like."""
    if is_placeholder(text):
        raise CellProblem(
            _("“%(value)s” is not a value of this column.") % {"value": text},
            _("Leave the cell empty if the value is not known."),
        )


def one_of(values: list[str], text: str) -> str:
    """Return `text` if it is one of `values`; otherwise raise CellProblem with the nearest one."""
    if text in values:
        return text
    refuse_placeholder(text)
    raise CellProblem(_("“%(value)s” is unknown.") % {"value": text[:80]}, nearest_in_words(text, values))


def nearest_in_words(text: str, values: list[str], otherwise: str | None = None) -> str:
    """`Did you mean “bill”?`, or values with a similar word, or the whole list if it is short; else `otherwise`."""
    lowered = text.strip().lower().replace(" ", "_")
    if near := _near(lowered, {value.lower(): value for value in values}):
        return _("Did you mean “%(value)s”?") % {"value": near}
    word = _near(lowered, {word: word for value in values for word in _WORDS.findall(value.lower())})
    alike = [value for value in values if word and word in _WORDS.findall(value.lower())]
    if 0 < len(alike or values) <= 35:
        listed = ", ".join(value for value in alike or values if value)
        return _("Write one of: %(values)s.") % {"values": listed}
    if otherwise is not None:
        return otherwise
    return _("Look it up in the vocabulary. An import adds no terms to it.")


def _near(text: str, values: dict[str, str]) -> str:
    """The value whose key is most similar to `text`, or ''."""
    return values.get(text) or values.get(nearest(text, values), "")


_BAR, _SEPARATORS, _COMMA = re.compile(r"\|"), re.compile(r"[|;]\s*\n|[|;\n]"), re.compile(",")


def items_of(text: str, separator: re.Pattern[str] = _BAR) -> list[str]:
    """The items of a list, stripped of spaces."""
    items = [item.strip() for item in separator.split(text)]
    for item in items:
        refuse_placeholder(item)
    if not all(items):
        raise CellProblem(
            _("The list “%(value)s” has an empty item.") % {"value": text[:80]},
            _("Separate items with a single |: health.access|work.permit."),
        )
    return items


def keys_of(text: str) -> list[str]:
    """The items of a list of keys, which may be parted by `;` and line breaks too, or by `,` alone."""
    return items_of(text, _SEPARATORS if _SEPARATORS.search(text) else _COMMA)


@lru_cache(maxsize=20_000)
def canonical_date(text: str) -> str:
    """The canonical text of a partial date as typed; raise CellProblem if it is none."""
    return _canonical(text, PartialDate)


@lru_cache(maxsize=20_000)
def canonical_period(text: str) -> str:
    """The canonical text of a date or period as typed; raise CellProblem if it is none."""
    return _canonical(text, Period)


def _canonical(text: str, value_class: type[PartialDate] | type[Period]) -> str:
    try:
        return str(value_class.parse(text))
    except ValidationError as error:
        raise CellProblem(_("The date cannot be read."), " ".join(error.messages)) from None


_MIDNIGHT, _LAST = datetime.time(), datetime.time(23, 59, 59, 999_999)


def last_moment(text: str) -> str | None:
    """The last moment that a time may mean, in ISO 8601, since programs cut seconds and times; None if it is no time.

    A time without a zone is in UTC, as our files have it.
    """
    text = text.strip()
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= len("2020-05-29") or time.time() == _MIDNIGHT:
        time = datetime.datetime.combine(time.date(), _LAST, time.tzinfo)
    elif not time.microsecond:
        time = time.replace(second=time.second if text.count(":") > 1 else 59, microsecond=999_999)
    return (time if time.tzinfo else time.replace(tzinfo=datetime.UTC)).isoformat()
