"""Folded text -> tokens: numbers, words, dates as one token, signs."""

import re
from dataclasses import dataclass, replace

from measures.references.folding import CAPITALS, DOTTED, SIGN, folded
from measures.references.tables import bodies

FIRST_YEAR, LAST_YEAR = 1821, 2035
"""Four digits between these may be a year: from the independence of most states of the Americas on."""

_TOKEN = re.compile(
    rf"(?P<blank> ?)(?:(?P<number>[0-9]+)|(?P<word>[A-Z]+)(?P<mark>[{DOTTED}{CAPITALS}]*)|(?P<sign>[^ ]))"
)
_MONTHS = (
    ("ENERO", "JANEIRO", "JANUARY", "JANVIER", "ENE", "JAN"),
    ("FEBRERO", "FEVEREIRO", "FEBRUARY", "FEVRIER", "FEB", "FEV"),
    ("MARZO", "MARCO", "MARCH", "MARS", "MAR"),
    ("ABRIL", "APRIL", "AVRIL", "ABR", "APR"),
    ("MAYO", "MAIO", "MAY", "MAI"),
    ("JUNIO", "JUNHO", "JUNE", "JUIN", "JUN"),
    ("JULIO", "JULHO", "JULY", "JUILLET", "JUL"),
    ("AGOSTO", "AUGUST", "AOUT", "AGO", "AUG"),
    ("SEPTIEMBRE", "SETIEMBRE", "SETEMBRO", "SEPTEMBER", "SEPTEMBRE", "SEP", "SET", "SEPT"),
    ("OCTUBRE", "OUTUBRO", "OCTOBER", "OCTOBRE", "OCT", "OUT"),
    ("NOVIEMBRE", "NOVEMBRO", "NOVEMBER", "NOVEMBRE", "NOV"),
    ("DICIEMBRE", "DEZEMBRO", "DECEMBER", "DECEMBRE", "DIC", "DEZ", "DEC"),
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
ROMAN_MONTHS = {
    "I": 1,
    "II": 2,
    "III": 3,
    "IV": 4,
    "V": 5,
    "VI": 6,
    "VII": 7,
    "VIII": 8,
    "IX": 9,
    "X": 10,
    "XI": 11,
    "XII": 12,
}
LONGEST_SHORT_MONTH = 4
"""Characters of the abbreviations of months, of which some are acronyms: `SET`, `DEC`, `MAR`."""
_BEFORE_DATES = (
    "EL",
    "ON",
    "DIA",
    "FECHA",
    "DATED",
    "DATADA",
    "DATA",
    "FROM",
    "EM",
    "EN",
    "AL",
    "A",
    "E",
    "Y",
    "AND",
    "TO",
    "UNTIL",
)
OF = frozenset(("DE", "DEL", "OF", "DO", "DA", "DI"))
_ORDINALS = frozenset(("RO", "RA", "ER", "DO", "DA", "TO", "TA", "VO", "VA", "NO", "MO", "ST", "ND", "RD", "TH"))


@dataclass(frozen=True, slots=True)
class Day:
    """A date as the text states it; `year` is 0 where it states none."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a word, a date or a sign."""

    kind: str
    """`n`, `w`, `d` or `s`."""
    text: str
    is_glued: bool
    """Whether no blank stands before it."""
    is_capital: bool = False
    """A word typed in capitals, in a text that has small letters, or initials with dots."""
    is_dotted: bool = False
    is_name: bool = False
    """A word that could be a month, and is a name."""
    day: Day | None = None

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind == "s" and self.text in signs

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these words."""
        return self.kind == "w" and self.text in words


def tokens_of(text: str, context: str = "") -> list[Token]:
    """The tokens of a text as typed, with its dates as one token each."""
    tokens = _without_ordinals([_token(found) for found in _TOKEN.finditer(folded(text))])
    return _with_dates([_named(tokens, index, context) for index in range(len(tokens))])


def _named(tokens: list[Token], index: int, context: str) -> Token:
    """The word, marked if it has the letters of a month and is a name: `Ley Marco 17`, `Resolución SET 17`."""
    token = tokens[index]
    if token.kind != "w" or token.text not in MONTHS or not _is_ambiguous(token):
        return token
    before = tokens[index - 1] if index else None
    is_after_word = before is not None and before.kind == "w" and not before.is_word(*OF, *_BEFORE_DATES)
    is_body = token.text in bodies(context) and (token.is_capital or is_after_word)
    return replace(token, is_name=True) if is_body or is_after_word else token


def _is_ambiguous(token: Token) -> bool:
    return len(token.text) <= LONGEST_SHORT_MONTH or token.text == "MARCO"


def _token(found: re.Match[str]) -> Token:
    is_glued = not found["blank"]
    if found["number"]:
        return Token("n", found["number"], is_glued)
    if found["word"]:
        mark = found["mark"]
        return Token("w", found["word"], is_glued, is_capital=bool(mark), is_dotted=DOTTED in mark)
    return Token("s", found["sign"], is_glued)


def _without_ordinals(tokens: list[Token]) -> list[Token]:
    """`5°`, `1RO`, `5A.`, `19TH` are plain numbers; marks that ended up elsewhere go."""
    kept: list[Token] = []
    for index, token in enumerate(tokens):
        after_number = bool(kept) and kept[-1].kind == "n" and token.is_glued
        if token.is_sign(".") and index and tokens[index - 1].is_word("A", "O") and after_number:
            continue  # of `5a.`
        if token.kind == "s" and token.text in ("°", DOTTED, CAPITALS, "'", '"'):
            continue
        if after_number and token.kind == "w":
            follower = tokens[index + 1] if index + 1 < len(tokens) else None
            is_abbreviated = follower is not None and follower.is_sign(".") and follower.is_glued
            if token.text in _ORDINALS or (token.text in ("A", "O") and is_abbreviated):
                continue
        kept.append(token)
    return kept


def _with_dates(tokens: list[Token]) -> list[Token]:
    made: list[Token] = []
    index = 0
    while index < len(tokens):
        day, end = _date_at(tokens, index)
        if day:
            made.append(Token("d", "", tokens[index].is_glued, day=day))
            index = end
        else:
            made.append(tokens[index])
            index += 1
    return made


def _date_at(tokens: list[Token], index: int) -> tuple[Day | None, int]:
    """The date that begins there and the index after it; none after a number sign or inside a code."""
    before = tokens[index - 1] if index else None
    if before and (before.is_sign(SIGN) or (tokens[index].is_glued and before.kind != "s")):
        return None, index
    if before and before.is_sign("-", "/") and before.is_glued and tokens[index].is_glued:
        return None, index
    token = tokens[index]
    if token.kind == "w" and token.text in MONTHS and not token.is_name:
        return _month_first(tokens, index)
    if token.kind != "n":
        return None, index
    for read in (_in_words, _in_numbers):
        day, end = read(tokens, index)
        if day:
            return day, end
    return None, index


def _month_first(tokens: list[Token], index: int) -> tuple[Day | None, int]:
    """`March 19, 2020`, `June 30th, 2020`, `mar. 17/2020`, `marzo 17 de 2020`."""
    at = _past(tokens, index + 1, ".")
    if not _is_number(tokens, at, 1, 31) or len(tokens[at].text) > 2:
        return None, index
    end = _past(tokens, at + 1, ",", ".", "/")
    while end < len(tokens) and end < at + 3 and tokens[end].is_word(*OF):
        end += 1
    if _is_number(tokens, end, FIRST_YEAR, LAST_YEAR):
        return _day(int(tokens[end].text), MONTHS[tokens[index].text], int(tokens[at].text)), end + 1
    return None, index


def _in_words(tokens: list[Token], index: int) -> tuple[Day | None, int]:
    """`17 de marzo de 2020`, `30 June 2020`, `31-MAR-2020`, `6-II-2017`; without its year `17 de marzo`."""
    if not _is_number(tokens, index, 1, 31) or len(tokens[index].text) > 2:
        return None, index
    at, is_joined = _past_joint(tokens, index + 1)
    if at >= len(tokens) or tokens[at].kind != "w":
        return None, index
    if tokens[at].is_name:
        return None, index
    month = MONTHS.get(tokens[at].text) or (ROMAN_MONTHS.get(tokens[at].text) if is_joined else None)
    if not month or (tokens[at].is_glued and tokens[at - 1].kind == "n"):
        return None, index
    end, is_followed = _past_joint(tokens, _past(tokens, at + 1, ".", ","))
    day = int(tokens[index].text)
    if _is_number(tokens, end, FIRST_YEAR, LAST_YEAR) and (is_followed or not tokens[end].is_glued):
        return _day(int(tokens[end].text), month, day), end + 1
    if is_joined and is_followed and end < len(tokens) and tokens[end].kind == "n" and len(tokens[end].text) == 2:
        return _day(full_year(tokens[end].text), month, day), end + 1
    if tokens[at].text in MONTHS and len(tokens[at].text) > 3:
        return _day(0, month, day), at + 1
    return None, index


def _in_numbers(tokens: list[Token], index: int) -> tuple[Day | None, int]:
    """`31/03/2020`, `31.03.20`, `2020-03-31`."""
    parts = tokens[index : index + 5]
    if len(parts) < 5 or [part.kind for part in parts] != ["n", "s", "n", "s", "n"]:
        return None, index
    separator = parts[1].text
    if separator not in "-/." or parts[3].text != separator or not all(part.is_glued for part in parts[1:]):
        return None, index
    after = tokens[index + 5 : index + 7]
    if after and after[0].is_sign("-", "/") and after[0].is_glued and len(after) > 1 and after[1].is_glued:
        return None, index
    first, second, third = (part.text for part in (parts[0], parts[2], parts[4]))
    if len(first) == 4 and FIRST_YEAR <= int(first) <= LAST_YEAR and len(second) == len(third) == 2:
        return _day(int(first), int(second), int(third)), index + 5
    if len(first) > 2 or len(second) > 2:
        return None, index
    if len(third) == 4 and FIRST_YEAR <= int(third) <= LAST_YEAR:
        return _day(int(third), int(second), int(first)), index + 5
    if len(third) == 2 and separator != "-":
        return _day(full_year(third), int(second), int(first)), index + 5
    return None, index


def _day(year: int, month: int, day: int) -> Day | None:
    return Day(year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None


def full_year(text: str) -> int:
    """`04` -> 2004, `96` -> 1996."""
    return int(text) + (2000 if int(text) <= LAST_YEAR % 100 else 1900)


def plain(number: str) -> str:
    """A number without leading zeros."""
    return number.lstrip("0") or "0"


def _is_number(tokens: list[Token], index: int, least: int, most: int) -> bool:
    return (
        index < len(tokens)
        and tokens[index].kind == "n"
        and len(tokens[index].text) <= 4
        and least <= int(tokens[index].text) <= most
    )


def _past(tokens: list[Token], index: int, *signs: str) -> int:
    while index < len(tokens) and tokens[index].is_sign(*signs):
        index += 1
    return index


def _past_joint(tokens: list[Token], index: int) -> tuple[int, bool]:
    """Past `de`, `-`, `/` or `.`, and whether it was a sign."""
    start = index
    if index < len(tokens) and tokens[index].is_sign("-", "/", "."):
        return index + 1, True
    while index < len(tokens) and tokens[index].is_word(*OF) and index < start + 2:
        index += 1
    return index, False
