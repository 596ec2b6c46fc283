"""A text as typed -> one typography: upper case, one dash, one number sign, whole numbers, joined initials."""

import re
import unicodedata

LONGEST = 300
"""Characters that are read: a reference has at most 200, and what follows a number is title."""
SIGN = "¤"
"""Stands for every number sign: `N°`, `Nº`, `N.º`, `No.`, `Nro.`, `Núm.`, `Number`, `#`."""
DOTTED = "\ue000"
"""Marks initials that were written with dots, so that `D.E.` is not the word `de`."""
CAPITALS = "\ue001"
"""Marks a word that was typed in capitals."""

_MARKS = str.maketrans(
    {"º": "°", "ª": "°", "˚": "°", "\u030a": "°", "№": "N° ", "＃": "#", "’": "'", "‘": "'", "´": "'"}
)
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－⁃⸺⸻"), "-") | dict.fromkeys(map(ord, "⁄∕／⧸"), "/")
_UNREAD = {"Cf", "Mn", "Co", "Cs", "Cc", "Cn"}

_GROUPS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:[.,][0-9]{3})+(?![0-9]|[.,][0-9])")
_THIN_GROUPS = re.compile(r"(?<![0-9\u2009\u202f\u00a0])[0-9]{1,3}(?:[\u2009\u202f\u00a0][0-9]{3})+(?![0-9])")
_BLANK_GROUPS = re.compile(r"(?<![0-9])(?:0+ [0-9]{3}|[1-9][0-9]{0,2} [1-9][0-9]{2})(?![0-9./-]| [0-9])")
_CAPITAL_WORD = re.compile(r"(?<![^\W\d_])[A-ZÁÉÍÓÚÂÊÔÃÕÇÑÜ]{2,}(?![^\W\d_])")
_SIGN_OF_NUMBER = re.compile(
    r"(?<![A-Z0-9])(?!(?<=[A-Z][.])N[.] ?[0-9])N(?:[.]? ?°S?|[.]?OS?|[.]?ROS?|RS?|UM(?:EROS?|BERS?|S)?)?[.]? ?(?=[0-9])"
    r"|(?<![A-Z0-9])N(?:[.]? ?°S?[.]?|ROS?[.]|UMS?[.]|OS?[.]|UMERO|UMBER) ?(?![°0-9])|#(?=[0-9])"
)
_INITIALS = re.compile(r"(?<![A-Z0-9.])(?:[A-Z][.] ?)+[A-Z](?![A-Z0-9'])[.]?")
_REPEATED_BLANKS = re.compile(r"\s+")


def folded(text: str) -> str:
    """The text in one typography, for the tokens; marks (`SIGN`, `DOTTED`, `CAPITALS`) stand for what is lost by it."""
    text = "".join(sign for sign in text[:LONGEST] if unicodedata.category(sign) != "Co").replace(SIGN, "#")
    text = text.translate(_MARKS).translate(_DASHES)
    text = _THIN_GROUPS.sub(lambda found: "".join(filter(str.isdigit, found[0])), text)
    text = _REPEATED_BLANKS.sub(" ", text).strip()
    if any(sign.islower() for sign in text):
        text = _CAPITAL_WORD.sub(lambda found: found[0] + CAPITALS, text)
    text = _without_marks(text).upper()[: 2 * LONGEST]  # a letter may stand for many: ﷺ
    text = _GROUPS.sub(lambda found: found[0].replace(".", "").replace(",", ""), text)
    text = _BLANK_GROUPS.sub(lambda found: found[0].replace(" ", ""), text)
    text = _SIGN_OF_NUMBER.sub(SIGN, text)
    return _INITIALS.sub(lambda found: "".join(filter(str.isalpha, found[0])).replace(DOTTED, "") + DOTTED + " ", text)


def _without_marks(text: str) -> str:
    if text.isascii():
        return "".join(filter(str.isprintable, text))
    decomposed = unicodedata.normalize("NFKD", text).translate(_DASHES)
    return "".join(sign for sign in decomposed if sign in (CAPITALS, " ") or unicodedata.category(sign) not in _UNREAD)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a name, folded alike: `Medida Provisória` -> MEDIDA, PROVISORIA."""
    plain = _without_marks(text).upper()
    return tuple("".join(sign if sign.isalnum() else " " for sign in plain).split())
