"""The names of forms in a text: which kind of act a number is of."""

from dataclasses import dataclass

from measures.references.cutting import BODIES, ENDS_BODY, phrase_at
from measures.references.folding import SIGN
from measures.references.tables import bodies, form_phrases, short_phrases, word_list
from measures.references.tokens import OF, Token

_WORDS_TOO = word_list("abbreviations that are words")
"""They count with dots, in capitals, or joined to the number."""

_AND = ("Y", "E", "AND")
_LONGEST_NAME = 6
"""Words of the name of a body before one that is a form elsewhere."""


@dataclass(frozen=True, slots=True)
class FoundForm:
    """The name of a form, from a token up to another."""

    code: str
    start: int
    end: int


def forms_in(tokens: list[Token], context: str, *, is_before_code: bool = False) -> list[FoundForm]:
    """The forms that a text names, in order; abbreviations only directly before a number or a code."""
    found: list[FoundForm] = []
    index = 0
    while index < len(tokens):
        code, end = phrase_at(tokens, index, form_phrases(context))
        if code and _is_in_name_of_body(tokens, index):
            code, end = "", index
        elif not code:
            code, end = phrase_at(tokens, index, short_phrases(context))
            if code and not _counts(tokens, index, end, context, is_before_code=is_before_code):
                code = ""
        if code:
            found.append(FoundForm(code, index, end))
            index = end
        else:
            index += 1
    return found


def _is_in_name_of_body(tokens: list[Token], index: int) -> bool:
    """Whether the name of a body goes on with the word: `Ministerio de Política Social`."""
    if not index or not tokens[index - 1].is_word(*OF, *_AND):
        return False
    for token in reversed(tokens[max(0, index - _LONGEST_NAME) : index]):
        if token.kind != "w" or token.text in ENDS_BODY:
            return False
        if token.text in BODIES:
            return True
    return False


def _counts(tokens: list[Token], index: int, end: int, context: str, *, is_before_code: bool) -> bool:
    """Whether an abbreviation names a form: it stands before a number or a code, and not inside a code."""
    if index and tokens[index].is_glued and tokens[index - 1].is_sign("-", "/"):
        return False
    at = end
    while at < len(tokens) and tokens[at].is_sign(".", SIGN, "-", "/", ":"):
        at += 1
    if at >= len(tokens):
        return is_before_code
    if tokens[at].kind == "n":
        if index and tokens[index - 1].kind == "n" and tokens[index].text in OF and not tokens[index].is_dotted:
            return False  # `14 of 2020`
        return end - index > 1 or tokens[index].text not in _WORDS_TOO or _is_abbreviation(tokens, index)
    if tokens[at].kind != "w" or end - index > 1:
        return False
    return _is_before_acronym(tokens, index, at, context) or _is_before_chain(tokens, end, at)


def _is_abbreviation(tokens: list[Token], index: int) -> bool:
    """Whether `DE`, `IN`, `AM` are abbreviations: with dots, in capitals, joined to the number, or at the beginning."""
    token, following = tokens[index], tokens[index + 1]
    is_joined = following.is_sign(SIGN) or (following.is_glued and following.is_sign("-", "."))
    is_first = index == 0 and token.text != "DE"
    return token.is_dotted or token.is_capital or is_joined or is_first


def _is_before_acronym(tokens: list[Token], index: int, at: int, context: str) -> bool:
    """`RM MINSA 309`, `A.M. MDT 2020`."""
    if tokens[index].text in _WORDS_TOO and not tokens[index].is_dotted:
        return False
    is_acronym = tokens[at].is_capital or tokens[at].text in bodies(context)
    return is_acronym and at + 1 < len(tokens) and tokens[at + 1].kind == "n" and not tokens[at + 1].is_glued


def _is_before_chain(tokens: list[Token], end: int, at: int) -> bool:
    """Whether letters that are joined to a number by signs follow: `RM-MINSA-309`."""
    if not (tokens[end].is_sign("-", "/") and tokens[end].is_glued):
        return False
    while at + 1 < len(tokens) and tokens[at].kind == "w" and tokens[at + 1].is_sign("-", "/"):
        at += 2
    return at < len(tokens) and tokens[at].kind == "n" and tokens[at].is_glued
