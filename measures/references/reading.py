"""The references in the tokens of a text: the number after each form, and lists of numbers."""

from dataclasses import replace

from measures.references.cutting import JOINTS
from measures.references.folding import SIGN
from measures.references.form_finding import FoundForm
from measures.references.letters import LetterReader
from measures.references.model import Place, Reference
from measures.references.tables import superintendences
from measures.references.tokens import OF, plain


class Reader(LetterReader):
    """The references in the tokens of a text."""

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

    def _form_before(self, index: int) -> FoundForm | None:
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

    def _next_of_list(self, form: FoundForm | None) -> int | None:
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

    def _one(self, index: int, form: FoundForm | None) -> Reference:
        self._floor, self._end = self._end, index + 1
        letters, start = self._letters_before(index)
        place = Place.BEFORE if letters else Place.NONE
        body = self._body_between(form, start)
        own = self._own()
        number = plain(self.tokens[index].text)
        year, day, second, is_ordered, between = self._year(form)
        is_apart = self._are_apart(index, self._end, before=bool(letters))
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
            form=self._code(form, letters),
            body=body,
            number=number,
            own=own,
            second=second,
            year=year or (str(day.year) if day and day.year else ""),
            day=day,
            letters=letters,
            place=place,
            is_apart=is_apart,
            is_ordered=is_ordered,
        )

    def _code(self, form: FoundForm | None, letters: tuple[str, ...]) -> str:
        """The form; `R.S.` is a resolution of a superintendence where the letters are of one."""
        if form is None:
            return ""
        if not self.tokens[form.start].is_word("RS") or not superintendences(self.context).intersection(letters):
            return form.code
        return "resolution.superintendence"


def _sharing(members: list[Reference]) -> list[Reference]:
    """Members of a list without a year take what the last one says for all."""
    last = members[-1]
    if len(members) == 1:
        return members
    return [
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
