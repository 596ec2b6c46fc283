"""What follows a number: its own letter, its year, date or session, a second number."""

from measures.references.form_finding import FoundForm, forms_in
from measures.references.tokens import FIRST_YEAR, LAST_YEAR, OF, Day, Token, full_year, plain

LONGEST_LETTERS = 14
"""Characters of the longest run of letters; what is longer is a word."""
_LETTERED = ("CRI",)
"""Where a single letter behind the number is a ministry: `42690-S`."""


class YearReader:
    """A place in the tokens of a text, and what stands there of a number: its letter, year, second number."""

    def __init__(self, tokens: list[Token], context: str) -> None:
        self.tokens, self.context = tokens, context
        self.forms = forms_in(tokens, context)
        self._form_at = {index: form for form in self.forms for index in range(form.start, form.end)}
        self._floor = self._end = 0

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
        if self.context in _LETTERED:
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

    def _year(self, form: FoundForm | None) -> tuple[str, Day | None, str, bool, tuple[str, ...]]:
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
        self, at: int, joint: str, form: FoundForm | None, *, is_ordered: bool, between: tuple[str, ...]
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
        is_number = bool(joint) and at < len(self.tokens) and self.tokens[at].kind == "n"
        year = self._as_year(self.tokens[at].text, " ", None) if is_number else ""
        if year:
            self._end = self._past_paren(at + 1) if joint == "(" else at + 1
        return year, None

    def _letters_between(self) -> tuple[str, ...]:
        """Letters before the year: `068-PCM-2020`, and those of a number without one, `42227-MP-S`."""
        tokens, at, found = self.tokens, self._end, []
        while at + 1 < len(tokens) and tokens[at].is_sign("-", "/", "_") and tokens[at + 1].kind == "w":
            if not (tokens[at].is_glued and tokens[at + 1].is_glued) or len(tokens[at + 1].text) > LONGEST_LETTERS:
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

    def _as_year(self, text: str, joint: str, form: FoundForm | None) -> str:
        if len(text) == 4 and FIRST_YEAR <= int(text) <= LAST_YEAR:
            return text
        if joint not in ("-", "of"):
            return ""
        if len(text) == 2 and joint == "-" and self.context != "UN" and not self._has_suffix_of_two(form):
            return str(full_year(text))
        if self.context == "URY" and len(text) == 3 and text[0] in "09":
            return f"{'2' if text[0] == '0' else '1'}{text}"
        return ""

    def _has_suffix_of_two(self, form: FoundForm | None) -> bool:
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

    def _day_after(self, year: str) -> Day | None:
        """The date that follows directly and is of the year that the number states."""
        at, _joint = self._past_joint(self._end)
        if at < len(self.tokens) and self.tokens[at].kind == "d":
            day = self.tokens[at].day
            if day and (not year.isdigit() or str(day.year) == year):
                self._end = at + 1
                return day
        return None
