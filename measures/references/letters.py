"""Letters and bodies around a number."""

from measures.references.cutting import BODIES, ENDS_BODY
from measures.references.folding import SIGN
from measures.references.form_finding import FoundForm
from measures.references.tables import bodies, body_key, word_list
from measures.references.tokens import OF
from measures.references.years import LONGEST_LETTERS, YearReader

_LITTLE = word_list("little words")
SHORTEST_ACRONYM = 3
"""Characters of an acronym that counts where it is not in capitals: `CNIg`."""


class LetterReader(YearReader):
    """What stands before and after a number: letters and bodies."""

    def _letters_before(self, index: int) -> tuple[tuple[str, ...], int]:
        """Runs of letters that lead to the number, and where they begin: `PCM-021`, `INE/CG191`, `INE CG 191`."""
        found: list[str] = []
        at = start = index
        while at:
            at -= 1
            token = self.tokens[at]
            if token.is_sign("-", "/", "_", ".") and token.is_glued:
                continue
            if token.is_sign(SIGN) and not found and at and self._is_code(at - 1):
                continue
            if token.kind != "w" or at in self._form_at or not self._is_letters(at):
                break
            found.insert(0, token.text)
            start = at
        return tuple(found), start

    def _is_code(self, at: int) -> bool:
        """Whether letters end there although a number sign follows: `MDT-N° 5`, `Portaria SET nº 17`."""
        token = self.tokens[at]
        return token.is_sign("-", "/") or (token.is_capital and not token.is_dotted and token.text not in BODIES)

    def _is_letters(self, at: int) -> bool:
        """Whether a word before a number is letters of its series: joined by a sign, or short and no word."""
        token, following = self.tokens[at], self.tokens[at + 1]
        if len(token.text) > LONGEST_LETTERS:
            return False
        if following.is_glued and (following.kind == "n" or following.is_sign("-", "/", "_")):
            return token.text not in _LITTLE or token.is_capital or following.is_sign("-", "/", "_")
        is_word = (token.text in _LITTLE and not token.is_capital) or len(token.text) > 5
        is_word = is_word or (at > 0 and not token.is_capital and self.tokens[at - 1].is_word(*OF))
        return not is_word and not following.is_sign("-", "/", ",", ":")

    def _are_apart(self, index: int, end: int, *, before: bool) -> bool:
        """Whether no sign joins the number to the letters before it, or to those that begin at `end`."""
        if not before:
            return end < len(self.tokens) and not self.tokens[end].is_glued and self.tokens[end].kind == "w"
        at = index - 1
        if self.tokens[at].is_sign(SIGN):
            return not self.tokens[at - 1].is_sign("-", "/")
        return self.tokens[at].kind == "w" and not self.tokens[index].is_glued

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
        if token.kind != "w" or at in self._form_at or len(token.text) > LONGEST_LETTERS:
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

    def _body_between(self, form: FoundForm | None, index: int) -> str:
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
            is_name = words[0].is_capital or end - at > 1 or len(words[0].text) >= SHORTEST_ACRONYM
            if is_name and all(word.kind == "w" for word in words):
                key = body_key(" ".join(word.text for word in words))
                if key in bodies(self.context):
                    return key, end
        return "", at
