"""What a text says around a number and no comparison reads: provisions, gazettes, publication, the country."""

from dataclasses import dataclass, field

from measures.references.folding import SIGN
from measures.references.model import Gazette
from measures.references.tables import Phrases, form_phrases, nationalities, nations, short_phrases, word_list
from measures.references.tokens import OF, Token

_PROVISIONS = word_list("provisions")
_ORDINAL_LABELS = word_list("ordinal labels")
_TRANSITIONAL = word_list("transitional")
_ARTICLES = frozenset(("LA", "EL", "LOS", "LAS", "THE"))
_ROMAN = frozenset("IVXLC")
JOINTS = frozenset(("Y", "E", "AND", "A", "O", "U"))

BODIES = word_list("bodies")
"""Words with which the name of a body begins."""
ENDS_BODY = word_list("ends of bodies")
_GAZETTES: dict[tuple[str, ...], str] = {
    ("REGISTRO", "OFICIAL"): "RO", ("RO",): "RO", ("OFFICIAL", "REGISTER"): "RO",
    ("DIARIO", "OFICIAL", "DE", "LA", "FEDERACION"): "DOF", ("DOF",): "DOF",
    ("DIARIO", "OFICIAL", "DA", "UNIAO"): "DOU", ("DOU",): "DOU",
    ("DIARIO", "OFICIAL", "DE", "LA", "UNION", "EUROPEA"): "OJ", ("DOUE",): "OJ", ("OJ",): "OJ",
    ("OFFICIAL", "JOURNAL"): "OJ", ("JORNAL", "OFICIAL"): "OJ",
    ("DIARIO", "OFICIAL", "EL", "PERUANO"): "EP", ("EL", "PERUANO"): "EP",
    ("DIARIO", "OFICIAL"): "DO", ("DO",): "DO", ("BOLETIN", "OFICIAL"): "BO", ("BO",): "BO", ("BORA",): "BO",
    ("GACETA", "OFICIAL"): "GO", ("GO",): "GO", ("LA", "GACETA"): "GO", ("GACETA",): "GO",
    ("OFFICIAL", "GAZETTE"): "GO", ("GACETA", "DEL", "CONGRESO"): "GC", ("ALCANCE",): "AL", ("BOE",): "BOE",
    ("DIARIO", "DE", "CENTROAMERICA"): "DCA",
}  # fmt: skip
_ALSO_WORDS = frozenset(("DO", "BO", "GO", "RO", "OJ"))
"""Names of gazettes that count only as initials or in capitals."""
_QUALIFIERS = word_list("issues")


@dataclass(slots=True)
class Remainder:
    """The tokens that are left, and what was cut off."""

    tokens: list[Token]
    gazette: Gazette | None = None
    country: str = ""
    rest: list[str] = field(default_factory=list)


def cut(tokens: list[Token], context: str) -> Remainder:
    """The tokens without provisions, gazettes, dates of publication and countries."""
    made = Remainder(tokens)
    _cut_provisions(made)
    _cut_gazettes(made)
    _cut_publication(made)
    _cut_country(made, context)
    return made


def phrase_at(tokens: list[Token], index: int, phrases: Phrases) -> tuple[str, int]:
    """The longest name that begins there, and the index after it; ('', index) without one.

    Hyphens and dots between words do not count: `Decreto-Ley`, `D. Leg.`
    """
    if tokens[index].kind != "w":
        return "", index
    for words, named in phrases.get(tokens[index].text, ()):
        end = _end_of(tokens, index, words)
        if end:
            return named, end
    return "", index


def _end_of(tokens: list[Token], index: int, words: tuple[str, ...]) -> int:
    at = index
    for place, word in enumerate(words):
        while place and at < len(tokens) and tokens[at].is_sign(".", "-", "&"):
            at += 1
        if at >= len(tokens) or not tokens[at].is_word(word):
            return 0
        at += 1
    return at


# Provisions


def _cut_provisions(made: Remainder) -> None:
    left: list[Token] = []
    index, tokens = 0, made.tokens
    while index < len(tokens):
        end = _end_of_provision(tokens, index)
        if end == index:
            left.append(tokens[index])
            index += 1
            continue
        made.rest += [token.text for token in tokens[index:end]]
        index = _past_of(tokens, end)
        while left and left[-1].is_sign(",", "(", "-"):
            left.pop()
    made.tokens = left


def _end_of_provision(tokens: list[Token], index: int) -> int:
    """The index after `art. 3`, `literales a) y b)`, `§ 5 II`; `index` where no provision begins."""
    token = tokens[index]
    at = index + 1
    if token.is_word("DISPOSICION", "DISPOSICIONES") and at < len(tokens) and tokens[at].text in _TRANSITIONAL:
        return at + 1
    if not (token.is_sign("§") or (token.kind == "w" and token.text in _PROVISIONS)):
        return index
    at = _past_signs(tokens, at, ".", SIGN, "§")
    end = _end_of_label(tokens, at, is_first=True)
    if end == at:
        return index
    while end < len(tokens):
        more = _past_signs(tokens, end, ")", ",", "-", ".")
        if more < len(tokens) and tokens[more].kind == "w" and tokens[more].text in JOINTS:
            more += 1
        after = _end_of_label(tokens, more, is_first=False)
        if after == more:
            break
        end = after
    return _past_signs(tokens, end, ")", "°")


def _end_of_label(tokens: list[Token], at: int, *, is_first: bool) -> int:
    if at >= len(tokens):
        return at
    token = tokens[at]
    if token.kind == "n" and len(token.text) <= 3:
        has_letter = at + 1 < len(tokens) and tokens[at + 1].is_glued and tokens[at + 1].kind == "w"
        return at + 2 if has_letter and len(tokens[at + 1].text) == 1 else at + 1
    if token.kind != "w":
        return at
    is_letter = len(token.text) == 1 and (is_first or not token.is_word("L", "Y", "E"))
    is_label = is_letter or set(token.text) <= _ROMAN or token.text in _ORDINAL_LABELS
    return at + 1 if is_label else at


def _past_signs(tokens: list[Token], at: int, *signs: str) -> int:
    while at < len(tokens) and tokens[at].is_sign(*signs):
        at += 1
    return at


def _past_of(tokens: list[Token], at: int) -> int:
    """Past `, de la`, `of the`."""
    while at < len(tokens) and (tokens[at].is_sign(",", ".") or tokens[at].is_word(*OF, *_ARTICLES)):
        at += 1
    return at


# Gazettes and publication


def _cut_gazettes(made: Remainder) -> None:
    left: list[Token] = []
    index, tokens = 0, made.tokens
    while index < len(tokens):
        name, end = _gazette_at(tokens, index)
        if not name:
            left.append(tokens[index])
            index += 1
            continue
        gazette, end = _issue(name, tokens, end)
        made.gazette = made.gazette or gazette
        made.rest += [token.text for token in tokens[index:end]]
        index = end
    made.tokens = left


def _gazette_at(tokens: list[Token], index: int) -> tuple[str, int]:
    token = tokens[index]
    if token.kind != "w":
        return "", index
    for length in (6, 5, 4, 3, 2, 1):
        words = tuple(part.text for part in tokens[index : index + length])
        name = _GAZETTES.get(words)
        if not name:
            continue
        is_initials = token.is_capital or token.is_dotted or (index == 0 and token.text != "DO")
        if length > 1 or token.text not in _ALSO_WORDS or is_initials:
            return name, index + length
    return "", index


def _issue(name: str, tokens: list[Token], index: int) -> tuple[Gazette, int]:
    """The gazette with its issue and day, and the index after them."""
    end = at = _past_qualifiers(tokens, index)
    issue, day = "", None
    if at < len(tokens) and tokens[at].kind == "n":
        issue = tokens[at].text.lstrip("0")
        end = at = at + 1
    while at < len(tokens) and (tokens[at].is_sign(",") or tokens[at].is_word(*OF, "EL", "ON", "DIA")):
        at += 1
    if at < len(tokens) and tokens[at].kind == "d":
        day, end = tokens[at].day, at + 1
    return Gazette(name, issue, day), end if issue or day else index


def _past_qualifiers(tokens: list[Token], at: int) -> int:
    while at < len(tokens) and (
        tokens[at].is_sign(SIGN, ".", ",", ":", "-", "(", ")")
        or (tokens[at].kind == "w" and tokens[at].text in _QUALIFIERS)
    ):
        at += 1
    return at


def _cut_publication(made: Remainder) -> None:
    """The date after `publicado el`, `published on`."""
    for index, token in enumerate(made.tokens):
        if token.kind == "w" and token.text.startswith(("PUBLICAD", "PUBLISHED", "PROMULGAD", "VIGENTE")):
            end = next(
                (at for at in range(index, min(index + 7, len(made.tokens))) if made.tokens[at].kind == "d"), index
            )
            made.rest += [word.text for word in made.tokens[index : end + 1]]
            del made.tokens[index : end + 1]
            return


# The country


def _cut_country(made: Remainder, context: str) -> None:
    for index in range(len(made.tokens)):
        country, end = phrase_at(made.tokens, index, nations())
        if country and _names_country(made.tokens, index, end, context):
            made.country = country
            before = index
            while before and (made.tokens[before - 1].is_sign("(", ",") or made.tokens[before - 1].is_word(*OF, "LA")):
                before -= 1
            after = _past_signs(made.tokens, end, ")", ":", ",", "-") if before < index or not index else end
            del made.tokens[before:after]
            return
        country, end = phrase_at(made.tokens, index, nationalities())
        if country and _is_beside_form(made.tokens, index, end, context):
            made.country = country
            del made.tokens[index:end]
            return


def _names_country(tokens: list[Token], index: int, end: int, context: str) -> bool:
    """Whether a name of a country says where the act is from: at the beginning, in parentheses, after the number."""
    if end >= len(tokens) and not index:
        return False
    if not index:
        return tokens[end].is_sign(":", ",", "-", "(", ".") or _begins_form(tokens, end, context)
    if tokens[index - 1].is_sign("(") and end < len(tokens) and tokens[end].is_sign(")"):
        return True
    at_end = all(token.is_sign(".", ")") for token in tokens[end:])
    before = index
    while before and tokens[before - 1].is_word(*OF, "LA", "REPUBLICA", "REPUBLIC", "EN", "IN"):
        before -= 1
    if before == index:
        return (
            at_end and tokens[index - 1].is_sign(",", "(", "-") and any(token.kind == "n" for token in tokens[:index])
        )
    previous = tokens[before - 1] if before else None
    if previous is None:
        return False
    follows_number = previous.kind in ("n", "d") or previous.is_sign(")")
    is_suffix = previous.kind == "w" and previous.is_glued and before > 1 and tokens[before - 2].is_sign("-", "/")
    if at_end and _is_in_body(tokens[:before]):
        return True
    ends_here = at_end or tokens[end].is_sign(",", ";", ":", ".", "(")
    return (follows_number or is_suffix) and ends_here


def _is_in_body(tokens: list[Token]) -> bool:
    """Whether the name of a body behind a number goes on until there: `102/2020 del Ministerio del Interior`."""
    heads = [index for index, token in enumerate(tokens) if token.kind == "w" and token.text in BODIES]
    if not heads or not any(token.kind == "n" for token in tokens[: heads[0]]):
        return False
    return all(token.kind == "w" and token.text not in ENDS_BODY for token in tokens[heads[0] :])


def _begins_form(tokens: list[Token], index: int, context: str) -> bool:
    return any(phrase_at(tokens, index, phrases(context))[0] for phrases in (form_phrases, short_phrases))


def _is_beside_form(tokens: list[Token], index: int, end: int, context: str) -> bool:
    if end < len(tokens) and _begins_form(tokens, end, context):
        return True
    begin = max(0, index - 4)
    return any(phrase_at(tokens, at, form_phrases(context))[1] == index for at in range(begin, index) if index > begin)
