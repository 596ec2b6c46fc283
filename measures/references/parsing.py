"""A text as typed -> what it states, by the grammar of legal references.

    reference = [provision "of"] [words] form [body] [sign] NUMBER [own] {separator (year | letters | body)} [rest]

The form is the last one before the number. What follows the number is its year if it can be one; `de` fixes the order.
Codes of registries, which have an order of their own, are read first.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from measures.references.cutting import BODIES, ENDS_BODY, JOINTS, cut, phrase_at
from measures.references.folding import CAPITALS, DOTTED, LONGEST, SIGN, folded
from measures.references.model import Parsed, Place, Reference
from measures.references.registries import organization_of, plain, registry_code
from measures.references.tables import bodies, body_key, chambers, form_phrases, organs, short_phrases
from measures.references.tokens import FIRST_YEAR, LAST_YEAR, OF, Day, Token, full_year, tokens_of

_LITTLE = frozenset(
    "DE DEL LA EL LOS LAS Y E O U A DO DA DOS DAS OF THE AND POR QUE CON EN NO NA EM ON IN BY SE AL UN ES PARA COM FOR"
    " THIS TO AS OS UMA UNA SU IS AT SIN SOBRE".split()
)
_WORDS_TOO = frozenset("DE IN AC EC RE DO OM AM AI LO OR DI DEC DIR REC INF EX IF HC OC OG ORD PLAN".split())
"""Abbreviations that are words too: they count with dots, in capitals, or before a sign."""
_LONGEST_LETTERS = 14


@dataclass(frozen=True, slots=True)
class _Form:
    code: str
    start: int
    end: int


def context_of(text: str) -> str:
    """`EU`, `UN` or `OAS` by the code or the organ that a text names, for acts without a country; else ''."""
    if organization := organization_of(_unmarked(text)):
        return organization
    key = f" {body_key(text)} "
    for context in ("UN", "OAS"):
        if any(" " in name and f" {name} " in key for name in bodies(context)):
            return context
    return ""


def _unmarked(text: str) -> str:
    return folded(text).replace(DOTTED, "").replace(CAPITALS, "")


def parse(text: str, context: str = "") -> Parsed:
    """What a text states. `context` is the country (ISO 3166-1), or `EU`, `UN` or `OAS` for an act without one."""
    return _parse(text[:LONGEST], context)


@lru_cache(maxsize=4096)
def _parse(text: str, context: str) -> Parsed:
    coded = _coded(text, context)
    if coded:
        return coded
    made = cut(tokens_of(text), context)
    reader = _Reader(made.tokens, context)
    references = reader.references()
    if context in ("UN", "OAS"):
        references = [_unfolded(reference, context) for reference in references]
    elif chambers(context):
        references = [_of_chamber(reference, context) for reference in references]
    return Parsed(
        references=tuple(references),
        form=reader.forms[0].code if reader.forms and not references else "",
        day=next((token.day for token in made.tokens if token.kind == "d"), None),
        gazette=made.gazette,
        country=made.country,
        rest=" ".join([*made.rest, *reader.rest()]),
        is_list=len(references) > 1,
    )


def _coded(text: str, context: str) -> Parsed | None:
    """The references of registry codes in a text; a form before the code counts where the code has none."""
    whole = _unmarked(text)
    found: list[Reference] = []
    before = ""
    rest = whole
    while code := registry_code(rest, context):
        reference, start, end = code
        if not found:
            before = rest[:start]
        if end == 0:
            break
        found.append(reference)
        rest = rest[end:]
        if len(found) == 5:
            break
    if not found:
        return None
    made = cut(tokens_of(before.replace(SIGN, "")), context)
    forms = _forms_in(made.tokens, context, is_before_code=True)
    after = cut(tokens_of("1 " + rest), context)
    if forms:
        found = [reference if reference.form else replace(reference, form=forms[-1].code) for reference in found]
    return Parsed(
        references=tuple(dict.fromkeys(found)),
        country=made.country or after.country,
        rest=rest,
        is_list=len(set(found)) > 1,
    )


def _unfolded(reference: Reference, context: str) -> Reference:
    """`Resolución 73/195 de la Asamblea General` has the letters of its symbol, A/RES."""
    is_lettered = len(reference.letters) == 1 and bool(reference.form)
    organ = organs(context).get(reference.letters[0] if is_lettered else reference.body)
    if organ is None and reference.body:
        organ = next((organ for name, organ in organs(context).items() if " " in name and name in reference.body), None)
    if organ is None or reference.form.partition(".")[0] not in ("", "resolution"):
        return reference
    return replace(reference, form="resolution", body="", letters=(*organ.split("/"), "RES"), place=Place.BEFORE)


def _of_chamber(reference: Reference, context: str) -> Reference:
    """`062/2020C` is `062 de 2020 Cámara`: the letter of a chamber is its name."""
    name = reference.letters[0] if len(reference.letters) == 1 else reference.body or reference.own
    chamber = chambers(context).get(name)
    if chamber is None or reference.form not in ("", "bill"):
        return reference
    if name == reference.own and not reference.form:
        return reference
    own = "" if name == reference.own else reference.own
    return replace(reference, own=own, body="", letters=(chamber,), place=Place.AFTER)


def _forms_in(tokens: list[Token], context: str, *, is_before_code: bool = False) -> list[_Form]:
    """The forms that a text names, in order; abbreviations only directly before a number or a code."""
    found: list[_Form] = []
    index = 0
    while index < len(tokens):
        code, end = phrase_at(tokens, index, form_phrases(context))
        if not code:
            code, end = phrase_at(tokens, index, short_phrases(context))
            if code and not _counts(tokens, index, end, context, is_before_code=is_before_code):
                code = ""
        if code:
            found.append(_Form(code, index, end))
            index = end
        else:
            index += 1
    return found


def _counts(tokens: list[Token], index: int, end: int, context: str, *, is_before_code: bool) -> bool:
    """Whether an abbreviation names a form: it stands before a number, and not inside a code."""
    token = tokens[index]
    if index and token.is_glued and tokens[index - 1].is_sign("-", "/"):
        return False
    at = end
    while at < len(tokens) and tokens[at].is_sign(".", SIGN, "-", "/", ":"):
        at += 1
    is_joined = (
        end < len(tokens) and tokens[end].is_sign("-", SIGN) and (tokens[end].is_glued or tokens[end].text == SIGN)
    )
    if at >= len(tokens):
        return is_before_code
    if tokens[at].kind == "w" and end - index == 1 and (token.is_dotted or token.text not in _WORDS_TOO):
        is_acronym = tokens[at].is_capital or tokens[at].text in bodies(context)
        if is_acronym and at + 1 < len(tokens) and tokens[at + 1].kind == "n" and not tokens[at + 1].is_glued:
            return True
    if tokens[at].kind != "n":
        chained = tokens[end].is_sign("-", "/") and tokens[end].is_glued and end - index == 1
        return chained and tokens[at].kind == "w" and _chain_has_number(tokens, at)
    if token.text in _WORDS_TOO and end - index == 1:
        is_first = index == 0 and token.text not in ("DE", "IN")
        is_abbreviated = end < len(tokens) and tokens[end].is_sign(".") and tokens[end].is_glued
        return token.is_dotted or token.is_capital or is_joined or is_first or is_abbreviated
    return True


def _chain_has_number(tokens: list[Token], at: int) -> bool:
    """Whether letters from there on are joined to a number by signs: `RM-MINSA-309`."""
    while at + 1 < len(tokens) and tokens[at].kind == "w" and tokens[at + 1].is_sign("-", "/"):
        at += 2
    return at < len(tokens) and tokens[at].kind == "n" and tokens[at].is_glued


class _Reader:
    """The references in the tokens of a text."""

    def __init__(self, tokens: list[Token], context: str) -> None:
        self.tokens, self.context = tokens, context
        self.forms = _forms_in(tokens, context)
        self._form_at = {index: form for form in self.forms for index in range(form.start, form.end)}
        self._floor = self._end = 0

    def references(self) -> list[Reference]:
        """All references, in order; the members of a list share year, letters and body of the last."""
        found: list[Reference] = []
        for index in self._numbers():
            if index < self._end:
                continue
            members = self._list_from(index)
            found += members
        return list(dict.fromkeys(found))

    def rest(self) -> list[str]:
        """The words behind the last reference."""
        return [token.text for token in self.tokens[self._end :]]

    def _numbers(self) -> list[int]:
        """The first number after each form; without any, the first number."""
        numbers = [index for index, token in enumerate(self.tokens) if token.kind == "n"]
        heads: dict[int, int] = {}
        for index in numbers:
            form = self._form_before(index)
            if form is not None:
                heads.setdefault(form.end, index)
        return sorted(heads.values()) if heads else numbers[:1]

    def _form_before(self, index: int) -> _Form | None:
        return next((form for form in reversed(self.forms) if form.end <= index), None)

    def _list_from(self, index: int) -> list[Reference]:
        form = self._form_before(index)
        first = self._one(index, form)
        members = [first]
        while (following := self._next_of_list(form)) is not None:
            members.append(self._one(following, form))
            if len(members) == 10:
                break
        return _sharing(members)

    def _next_of_list(self, form: _Form | None) -> int | None:
        """The index of the next number of a list: `417 y 457`, `A-1-2020/B-2-2020`."""
        at, tokens = self._end, self.tokens
        start = at
        while at < len(tokens) and (
            tokens[at].is_sign(",", ";", "&", "/", "-", "+", SIGN)
            or (tokens[at].kind == "w" and tokens[at].text in JOINTS)
        ):
            at += 1
        if at == start or at >= len(tokens):
            return None
        while (
            at + 1 < len(tokens)
            and tokens[at].kind == "w"
            and tokens[at + 1].is_sign("-", "/")
            and at not in self._form_at
        ):
            at += 2
        if at >= len(tokens) or tokens[at].kind != "n" or at in self._form_at:
            return None
        only_comma = all(token.is_sign(",", ";") for token in tokens[start:at])
        return None if only_comma and not self._list_goes_on(at) else at

    def _list_goes_on(self, at: int) -> bool:
        """Whether after a comma there are more numbers of acts: `417, 418 y 419`, `62 de 2020, 215 de 2020`."""
        after = self.tokens[at + 1 : at + 3]
        if not after:
            return False
        if after[0].is_sign(",", ";", "-", "/"):
            return len(after) > 1 and after[1].kind == "n"
        return after[0].is_word("Y", "E", "AND") or (after[0].is_word(*OF) and len(after) > 1 and after[1].kind == "n")

    # One reference

    def _one(self, index: int, form: _Form | None) -> Reference:
        self._floor, self._end = self._end, index + 1
        letters, start = self._letters_before(index)
        place = Place.BEFORE if letters else Place.NONE
        body = self._body_between(form, start)
        own = self._own()
        number = plain(self.tokens[index].text)
        year, day, second, is_ordered, between = self._year(form)
        after = self._letters_after()
        if between and not letters:
            letters, place = between + after, Place.BETWEEN
        elif after:
            letters, place = letters + after, place or Place.AFTER
        body = self._body_after() or body
        if not year and body:
            year, day, _second, is_ordered, _between = self._year(form)
        if day is None and (found := self._day_after(year)):
            day, body = found, self._body_after() or body
        return Reference(
            form=form.code if form else "",
            body=body,
            number=number,
            own=own,
            second=second,
            year=year or (str(day.year) if day and day.year else ""),
            day=day,
            letters=letters,
            place=place,
            is_ordered=is_ordered,
        )

    def _letters_before(self, index: int) -> tuple[tuple[str, ...], int]:
        """Runs of letters that lead to the number, and where they begin: `PCM-021`, `INE/CG191`, `INE CG 191`."""
        found: list[str] = []
        at = start = index
        while at:
            at -= 1
            token = self.tokens[at]
            if token.is_sign("-", "/", "_", ".") and token.is_glued:
                continue
            if token.is_sign(SIGN) and not found and at and self.tokens[at - 1].is_sign("-", "/"):
                continue
            if token.kind != "w" or at in self._form_at or not self._is_letters(at):
                break
            found.insert(0, token.text)
            start = at
        return tuple(found), start

    def _is_letters(self, at: int) -> bool:
        """Whether a word before a number is letters of its series: joined by a sign, or short and no word."""
        token, following = self.tokens[at], self.tokens[at + 1]
        if len(token.text) > _LONGEST_LETTERS:
            return False
        if following.is_glued and (following.kind == "n" or following.is_sign("-", "/", "_")):
            return token.text not in _LITTLE or token.is_capital or following.is_sign("-", "/", "_")
        if (
            (token.text in _LITTLE and not token.is_capital)
            or following.is_sign("-", "/", ",", ":")
            or len(token.text) > 5
        ):
            return False
        return True

    def _own(self) -> str:
        """The letter of the number, glued before the year: `507-A`, `2200A`."""
        tokens, at = self.tokens, self._end
        if at < len(tokens) and tokens[at].is_glued and tokens[at].kind == "w" and len(tokens[at].text) == 1:
            self._end = at + 1
            return tokens[at].text
        if self._is_own_apart(at):
            self._end = at + 1
            return tokens[at].text
        if at + 1 >= len(tokens) or not (tokens[at].is_sign("-") and tokens[at].is_glued):
            return ""
        letter = tokens[at + 1]
        if letter.kind != "w" or not letter.is_glued or len(letter.text) != 1:
            return ""
        following = tokens[at + 2] if at + 2 < len(tokens) else None
        if following and following.is_glued and following.is_sign("-", "/"):
            after = tokens[at + 3] if at + 3 < len(tokens) else None
            if after is None or after.kind != "n":
                return ""
        self._end = at + 2
        return letter.text

    def _is_own_apart(self, at: int) -> bool:
        """Whether the letter stands apart, before its year or session: `2200 A (XXI)`, `507 A de 2020`."""
        letter, following = self.tokens[at : at + 1], self.tokens[at + 1 : at + 3]
        if not letter or letter[0].kind != "w" or len(letter[0].text) != 1 or letter[0].text in "YEO" or not following:
            return False
        if following[0].is_sign("("):
            return True
        return len(following) == 2 and following[0].is_word(*OF) and following[1].kind in "nd"

    def _year(self, form: _Form | None) -> tuple[str, Day | None, str, bool, tuple[str, ...]]:
        """Year, date, second number, whether `de` fixes the order, and the letters before the year."""
        between = self._letters_between()
        at, joint = self._past_joint(self._end)
        if at >= len(self.tokens) or not joint:
            return "", None, "", False, between
        token = self.tokens[at]
        is_ordered = joint == "of"
        if token.kind == "d" and joint != "-":
            self._end = at + 1
            year = str(token.day.year) if token.day and token.day.year else ""
            return year, token.day, "", True, between
        if token.kind == "w" and joint == "(" and set(token.text) <= set("IVXLC"):
            return self._session(at), None, "", False, between
        if token.kind != "n":
            return "", None, "", False, between
        return self._number_after(at, joint, form, is_ordered=is_ordered, between=between)

    def _session(self, at: int) -> str:
        """`XXI` of `(XXI)`, `XLVII-O/17` of `(XLVII-O/17)`."""
        end = at
        while end < len(self.tokens) and not self.tokens[end].is_sign(")") and end < at + 6:
            end += 1
        self._end = self._past_paren(end)
        return "".join(token.text for token in self.tokens[at:end])

    def _number_after(
        self, at: int, joint: str, form: _Form | None, *, is_ordered: bool, between: tuple[str, ...]
    ) -> tuple[str, Day | None, str, bool, tuple[str, ...]]:
        text = self.tokens[at].text
        year = self._as_year(text, joint, form)
        if year:
            self._end = self._past_paren(at + 1) if joint == "(" else at + 1
            return year + self._pair(year), None, "", is_ordered, between
        is_code = joint == " " and self.tokens[self._end - 1].kind == "n" and self._is_year_first(at)
        if joint in ("-", "of") or is_code:
            self._end = at + 1
            return *self._year_of_second(), plain(text), is_ordered, between
        return "", None, "", False, between

    def _is_year_first(self, at: int) -> bool:
        """Whether blanks part a code that begins with letters and the year: `MDT 2020 076`."""
        year, letters = self.tokens[self._end - 1], self.tokens[self._end - 2] if self._end > 1 else None
        return at == self._end and len(year.text) == 4 and letters is not None and letters.kind == "w"

    def _year_of_second(self) -> tuple[str, Day | None]:
        """The year after a second number, as in `1154 (2261/19) de 2020`."""
        at, joint = self._past_joint(self._end)
        if at < len(self.tokens) and joint and self.tokens[at].kind == "n":
            if year := self._as_year(self.tokens[at].text, " ", None):
                self._end = self._past_paren(at + 1) if joint == "(" else at + 1
                return year, None
        return "", None

    def _letters_between(self) -> tuple[str, ...]:
        """Letters before the year: `068-PCM-2020`, and those of a number without one, `42227-MP-S`."""
        tokens, at, found = self.tokens, self._end, []
        while at + 1 < len(tokens) and tokens[at].is_sign("-", "/", "_") and tokens[at + 1].kind == "w":
            if not (tokens[at].is_glued and tokens[at + 1].is_glued) or len(tokens[at + 1].text) > _LONGEST_LETTERS:
                break
            found.append(tokens[at + 1].text)
            at += 2
        if found and at < len(tokens) and tokens[at].is_sign("-", "/", "_") and at + 1 < len(tokens):
            following = tokens[at + 1]
            if following.kind == "n" and self._as_year(following.text, "-", None):
                self._end = at
                return tuple(found)
        return ()

    def _past_joint(self, at: int) -> tuple[int, str]:
        """Past what may stand between a number and its year; '-', 'of', '(', ',' or ' ' says what, '' nothing."""
        tokens = self.tokens
        if at >= len(tokens):
            return at, ""
        if tokens[at].is_sign("-", "/", ".", "_"):
            return at + 1, "-" if not tokens[at].is_sign(".") or tokens[at].is_glued else ""
        if tokens[at].is_sign("("):
            return at + 1, "("
        joint = " "
        if tokens[at].is_sign(","):
            at, joint = at + 1, ","
        start = at
        while at < len(tokens) and tokens[at].is_word(*OF, "ANO", "YEAR", "DIA", "FECHA", "DATED", "FROM", "DATA"):
            at += 1
        return at, "of" if at > start else joint

    def _past_paren(self, at: int) -> int:
        return at + 1 if at < len(self.tokens) and self.tokens[at].is_sign(")") else at

    def _as_year(self, text: str, joint: str, form: _Form | None) -> str:
        if len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR:
            return text
        if joint not in ("-", "of"):
            return ""
        if len(text) == 2 and joint == "-" and self.context != "UN" and not self._has_suffix_of_two(form):
            return str(full_year(text))
        if self.context == "URY" and len(text) == 3 and text[0] in "09":
            return f"{'2' if text[0] == '0' else '1'}{text}"
        return ""

    def _has_suffix_of_two(self, form: _Form | None) -> bool:
        """Whether two digits after the number are no year: the committee of a Chilean bill, `8970-06`."""
        return self.context == "CHL" and (form is None or form.code == "bill")

    def _pair(self, year: str) -> str:
        """`-2021` of `2020-2021`, `2020/21`; '' of a single year."""
        tokens, at = self.tokens, self._end
        if at + 1 >= len(tokens) or not (tokens[at].is_sign("-", "/") and tokens[at].is_glued):
            return ""
        text = tokens[at + 1].text
        if tokens[at + 1].kind != "n" or not tokens[at + 1].is_glued or len(text) not in (2, 4):
            return ""
        other = text if len(text) == 4 else year[:2] + text
        if not int(year) < int(other) <= int(year) + 5:
            return ""
        self._end = at + 2
        return f"-{other}"

    def _letters_after(self) -> tuple[str, ...]:
        """Runs of letters after the number and its year: `-PCM`, `-PA/TC`, `(PCM)`, `2020C`, ` MIGRACIONES`."""
        found: list[str] = []
        tokens, at = self.tokens, self._end
        while at < len(tokens):
            signs = at
            while at < len(tokens) and tokens[at].is_sign("-", "/", "_", ".", "(") and (at - signs) < 2:
                at += 1
            if at >= len(tokens) or not self._is_letters_after(at, at > signs, bool(found)):
                break
            if at + 2 < len(tokens) and tokens[at + 1].is_sign("-", "/") and tokens[at + 2].kind == "n":
                break
            found.append(tokens[at].text)
            at += 1
            if at < len(tokens) and tokens[at].is_sign(")") and signs < len(tokens) and tokens[signs].is_sign("("):
                at += 1
            self._end = at
        return tuple(found)

    def _is_letters_after(self, at: int, is_joined: bool, has_letters: bool) -> bool:
        token = self.tokens[at]
        if token.kind != "w" or at in self._form_at or len(token.text) > _LONGEST_LETTERS:
            return False
        sign = self.tokens[at - 1]
        if is_joined and not sign.is_sign("."):
            known = token.text in bodies(self.context) or token.is_capital or sign.is_sign("(")
            is_name = not token.is_glued and token.text in BODIES
            return not is_name and (token.is_glued or known) and not (sign.is_sign("(") and not token.is_capital)
        if token.is_glued and (sign.kind == "n" or sign.is_sign(".")):
            return True
        if token.text in _LITTLE or has_letters:
            return False
        return token.is_capital or token.text in bodies(self.context)

    def _body_between(self, form: _Form | None, index: int) -> str:
        """The body between form and number, or directly before the form as in English."""
        if form is None:
            return ""
        name, _end = self._body_at(form.end, index)
        return name or self._body_that_ends_at(form.start)

    def _body_that_ends_at(self, end: int) -> str:
        """`Security Council resolution`, `Ministry of Health Resolution`, `CIDH Resolución`."""
        while end and self.tokens[end - 1].is_sign("-", ",", ":"):
            end -= 1
        for start in range(max(self._floor, end - 8), end):
            name, stop = self._body_at(start, end)
            if name and stop == end:
                return name
        return ""

    def _body_after(self) -> str:
        tokens, at = self.tokens, self._end
        while at < len(tokens) and (
            tokens[at].is_sign("-", ",", "(", "/", ".")
            or tokens[at].is_word(*OF, "LA", "EL", "THE", "LOS", "BY", "POR")
        ):
            at += 1
        name, end = self._body_at(at, len(tokens))
        if name:
            self._end = end
        return name

    def _body_at(self, at: int, stop: int) -> tuple[str, int]:
        """The name of a body that begins there, after articles, and the index after it."""
        tokens = self.tokens
        while at < stop and tokens[at].is_word(*OF, "LA", "EL", "THE", "LOS"):
            at += 1
        if at >= stop or tokens[at].kind != "w" or tokens[at].text not in BODIES:
            return self._known_body_at(at, stop)
        end = at
        while end < stop and tokens[end].kind == "w" and tokens[end].text not in ENDS_BODY and end not in self._form_at:
            end += 1
        return body_key(" ".join(token.text for token in tokens[at:end])), end

    def _known_body_at(self, at: int, stop: int) -> tuple[str, int]:
        """The acronym or short name of a body of the table, `MINSA`."""
        for end in range(min(stop, at + 6), at, -1):
            words = self.tokens[at:end]
            if all(word.kind == "w" for word in words) and end - at > (0 if words[0].is_capital else 1):
                key = body_key(" ".join(word.text for word in words))
                if key in bodies(self.context):
                    return key, end
        return "", at

    def _day_after(self, year: str) -> Day | None:
        """The date that follows directly and is of the year that the number states."""
        at, _joint = self._past_joint(self._end)
        if at < len(self.tokens) and self.tokens[at].kind == "d":
            day = self.tokens[at].day
            if day and (not year.isdigit() or str(day.year) == year):
                self._end = at + 1
                return day
        return None


def _sharing(members: list[Reference]) -> list[Reference]:
    """Members of a list without a year take what the last one says for all."""
    last = members[-1]
    if len(members) == 1:
        return members
    shared = [
        member
        if member.year
        else replace(
            member,
            year=last.year,
            day=last.day,
            letters=member.letters or last.letters,
            place=member.place or last.place,
            body=member.body or last.body,
        )
        for member in members
    ]
    return shared
