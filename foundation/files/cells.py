"""What people type into a cell, and the words for what cannot be taken: the remedy names what would be right."""

import re
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate, Period
from foundation.texts import nearest

LONGEST_TEXT = 100_000
"""Characters of a cell; more is a quotation mark that was never closed, or no text for a record."""

PLACEHOLDERS = frozenset(
    (
        *("na", "n/a", "n.a.", "nan", "null", "none", "nil", "-", "--", "–", "—", "?", "s/d", "n/d"),
        *("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!"),
    )
)
"""What people and spreadsheets write for nothing; it is refused where only certain values are allowed."""

_WORDS = re.compile(r"[^\W_]{3,}")


class CellProblem(Exception):
    """A cell cannot be taken: `problem` says what is wrong, `remedy` what would be right."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy = problem, remedy


def is_placeholder(text: str) -> bool:
    """Whether a text stands for "nothing" in somebody's spreadsheet."""
    return text.strip().lower() in PLACEHOLDERS


def refuse_placeholder(text: str) -> None:
    """Raise where a controlled column holds `NA` or the like."""
    if is_placeholder(text):
        raise CellProblem(
            _("“%(value)s” is no value of this column.") % {"value": text},
            _("Leave the cell empty where nothing is known."),
        )


def one_of(values: list[str], text: str) -> str:
    """`text` where it is one of `values`, else CellProblem that names the nearest."""
    if text in values:
        return text
    refuse_placeholder(text)
    raise CellProblem(_("“%(value)s” is unknown.") % {"value": text[:80]}, nearest_in_words(text, values))


def nearest_in_words(text: str, values: list[str]) -> str:
    """`Did you mean “bill”?`, else values with a like word in them, else the list where it is short."""
    lowered = text.strip().lower().replace(" ", "_")
    if near := _near(lowered, {value.lower(): value for value in values}):
        return _("Did you mean “%(value)s”?") % {"value": near}
    word = _near(lowered, {word: word for value in values for word in _WORDS.findall(value.lower())})
    alike = [value for value in values if word and word in _WORDS.findall(value.lower())]
    if 0 < len(alike or values) <= 35:
        listed = ", ".join(value for value in alike or values if value)
        return _("Write one of: %(values)s.") % {"values": listed}
    return _("Look it up in the vocabulary; an import adds no word to it.")


def _near(text: str, values: dict[str, str]) -> str:
    """The value under the key that `text` is most like, or ''."""
    return values.get(text) or values.get(nearest(text, values), "")


def items_of(text: str) -> list[str]:
    """The items of a list, without blanks around them."""
    items = [item.strip() for item in text.split("|")]
    for item in items:
        refuse_placeholder(item)
    if not all(items):
        raise CellProblem(
            _("The list “%(value)s” has an empty item.") % {"value": text[:80]},
            _("Part the items by one | each: health.access|work.permit."),
        )
    return items


@lru_cache(maxsize=20_000)
def canonical_date(text: str) -> str:
    """The canonical text of a partial date as typed, or CellProblem."""
    return _canonical(text, PartialDate)


@lru_cache(maxsize=20_000)
def canonical_period(text: str) -> str:
    """The canonical text of a date or of a period as typed, or CellProblem."""
    return _canonical(text, Period)


def _canonical(text: str, value_class: type[PartialDate] | type[Period]) -> str:
    try:
        return str(value_class.parse(text))
    except ValidationError as error:
        raise CellProblem(_("The date cannot be read."), " ".join(error.messages)) from None
