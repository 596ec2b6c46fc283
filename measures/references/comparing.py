"""Whether a text names the act of a record: the same, perhaps, or another one, and by which rule."""

from collections.abc import Iterable
from dataclasses import replace

from measures.references.acts import Act, Answer, Typed, Verdict
from measures.references.agreement import Agreement, body_agreement, forms_agree, letters_settle
from measures.references.model import Gazette, Parsed, Place, Reference
from measures.references.parsing import context_of, parse
from measures.references.registries import FIRST_YEAR_OF_ONE_SERIES
from measures.references.series import (
    form_of_kind,
    has_own_series,
    has_series,
    is_form_of_kind,
    is_one_series,
    needs_of,
)
from measures.references.tables import forms

_SAME, _CANDIDATE, _DIFFERENT = Answer.SAME, Answer.CANDIDATE, Answer.DIFFERENT


def judge(act: Act, typed: Typed) -> Verdict:
    """Compare a typed text with the number of a record."""
    context = act.context or context_of(typed.text)
    recorded, said = parse(act.reference, context), parse(typed.text, context)
    if said.country and said.country != (act.country or "international"):
        return Verdict(_DIFFERENT, "D7")
    if not (recorded.references and said.references):
        return _by_date(act, recorded, said)
    if _is_page_of(recorded, said):
        return Verdict(_CANDIDATE, "C6")
    pairs = [
        [_Pair(act, context, typed, ours, theirs).verdict() for theirs in said.references]
        for ours in recorded.references
    ]
    if len(pairs) == 1 and len(pairs[0]) == 1:
        return pairs[0][0]
    return _of_lists(pairs)


def _of_lists(pairs: list[list[Verdict]]) -> Verdict:
    """Several references are at best a candidate, unless they are the same ones on both sides."""
    if len(pairs) == len(pairs[0]) and all(row[place].answer == _SAME for place, row in enumerate(pairs)):
        return Verdict(_SAME, "S1")
    verdicts = [verdict for row in pairs for verdict in row]
    if all(verdict.answer == _DIFFERENT for verdict in verdicts):
        return verdicts[0]
    return Verdict(_CANDIDATE, "C5")


def _by_date(act: Act, recorded: Parsed, said: Parsed) -> Verdict:
    """Without a number on a side: a candidate if gazette or form and the date agree."""
    if recorded.gazette and said.gazette and _is_same_issue(recorded.gazette, said.gazette):
        return Verdict(_CANDIDATE, "C6")
    if recorded.day and said.day and recorded.day == said.day and said.day.year:
        ours = recorded.form or (recorded.references[0].form if recorded.references else "")
        theirs = said.form or (said.references[0].form if said.references else "")
        is_named = bool(theirs) and (bool(ours) or act.kind in forms()[theirs].kinds)
        if is_named and forms_agree(act, ours, theirs) != Agreement.CONTRADICTS:
            return Verdict(_CANDIDATE, "C6")
    return Verdict(_DIFFERENT, "D6")


def _is_page_of(recorded: Parsed, said: Parsed) -> bool:
    """Whether one side has only the page on which the other side's act was published: `82 FR 13209`."""
    if not (recorded.gazette and said.gazette and _is_same_issue(recorded.gazette, said.gazette)):
        return False
    is_page = [
        {(one.gazette.name,)} == {ours.letters for ours in one.references} for one in (recorded, said) if one.gazette
    ]
    return is_page[0] != is_page[1]


def _is_same_issue(ours: Gazette, theirs: Gazette) -> bool:
    issues, days = (ours.issue, theirs.issue), (ours.day, theirs.day)
    if ours.name != theirs.name or (all(issues) and issues[0] != issues[1]) or (all(days) and days[0] != days[1]):
        return False
    return all(issues) or all(days)


class _Pair:
    """One reference of a record and one of a text."""

    def __init__(self, act: Act, context: str, typed: Typed, ours: Reference, theirs: Reference) -> None:
        self.act, self.context, self.typed = act, context, typed
        self.is_swapped = False
        self.ours, self.theirs = self._aligned(ours, theirs)
        self.form = self.ours.form or form_of_kind(context, act.kind)
        self.needs = needs_of(context, self.form or self.theirs.form, act.kind)
        if context == "EU" and self.ours.year.isdigit() and int(self.ours.year) >= FIRST_YEAR_OF_ONE_SERIES:
            self.needs = "number year domain"
        self.bodies = body_agreement(context, act, self.ours, self.theirs)

    def _aligned(self, ours: Reference, theirs: Reference) -> tuple[Reference, Reference]:
        """Both with the number first, where one has the year first: `2020-380` for `380 de 2020`."""
        if ours.whole_number == theirs.whole_number:
            return ours, theirs
        for one, other, is_ours in ((ours, theirs, True), (theirs, ours, False)):
            turned = _turned(one)
            if turned and (turned.number, turned.year) == (other.number, other.year):
                self.is_swapped = True
                return (turned, theirs) if is_ours else (ours, turned)
        return ours, theirs

    def verdict(self) -> Verdict:
        """The answer for this pair, by the rules in their order."""
        rule = self._contradiction()
        if rule:
            return Verdict(_DIFFERENT, rule)
        for rule, is_so in self._doubts():
            if is_so:
                settled = self._settled(rule)
                if settled is False:
                    return Verdict(_DIFFERENT, rule)
                if settled is None:
                    return Verdict(_CANDIDATE, rule)
        return Verdict(_SAME, self._sameness())

    # Different

    def _contradiction(self) -> str:
        ours, theirs = self.ours, self.theirs
        if theirs.context and theirs.context != self.context:
            return "D7"
        if ours.number != theirs.number or self._seconds_differ():
            return "D1"
        if ours.own != theirs.own:
            return "D5"
        if _years_contradict(ours, theirs):
            return "D2"
        if self.bodies == Agreement.CONTRADICTS:
            return "D3"
        return "D4" if self._forms() == Agreement.CONTRADICTS else ""

    def _seconds_differ(self) -> bool:
        ours, theirs = self.ours, self.theirs
        if ours.second and theirs.second:
            return ours.second != theirs.second
        one, other = (ours, theirs) if ours.second else (theirs, ours)
        return bool(one.second) and bool(other.year) and not one.year and self.needs != "number"

    def _forms(self) -> Agreement:
        return forms_agree(self.act, self.ours.form, self.theirs.form, context=self.context)

    # Candidates

    def _doubts(self) -> Iterable[tuple[str, bool]]:
        yield "C8", self.bodies == Agreement.ALIAS
        yield "C7", self.is_swapped or self._is_otherwise_ordered()
        yield "C4", self._is_generic()
        yield "C3", self._lacks_kind()
        yield "C1", self._lacks_body()
        yield "C2", self._lacks_year()
        yield "C6", self._is_of_another_day()

    def _settled(self, rule: str) -> bool | None:
        """What the caller knows of a doubt: it is none (True), it decides against (False), or nothing (None)."""
        if rule in ("C1", "C8"):
            return self.typed.is_same_body
        if rule == "C3" and self.typed.kind:
            return self.typed.kind == self.act.kind or is_one_series(
                self.context, form_of_kind(self.context, self.typed.kind), self.form
            )
        return None

    def _is_otherwise_ordered(self) -> bool:
        ours, theirs = self.ours, self.theirs
        if ours.year_first is not None and theirs.year_first is not None and ours.year_first != theirs.year_first:
            return True
        places = {ours.place, theirs.place}
        if self.bodies != Agreement.EQUAL or Place.CODE in places or Place.DOMAIN in places or Place.NONE in places:
            return False
        if places == {Place.BETWEEN, Place.AFTER}:
            return bool(ours.year and theirs.year)
        if places == {Place.BEFORE, Place.AFTER} and ours.is_apart and theirs.is_apart:
            return False  # `Disposición DNM 1709`, `Disposición 1709 DNM`: a body, not a part of the number
        return len(places) == 2

    def _is_generic(self) -> bool:
        """One names the parent where the other names a child, their series differ, and letters do not settle it."""
        if not self.theirs.form or self.ours.place == Place.BEFORE:
            return False
        ours = self.ours.form or self.form
        if not ours or self.theirs.form == ours or is_one_series(self.context, ours, self.theirs.form):
            return False
        is_printed = bool(self.ours.form)
        if not is_printed and self._is_of_another_root():
            return True
        ours_parent, theirs_parent = forms()[ours].parent, forms()[self.theirs.form].parent
        if theirs_parent == ours and not is_printed:  # the text is more precise than the record
            return has_own_series(self.context, self.theirs.form, ours)
        if not (ours_parent == self.theirs.form or theirs_parent == ours):
            return False
        return not letters_settle(self.act, self.ours, self.theirs, self.bodies)

    def _is_of_another_root(self) -> bool:
        """Whether the usual form of the record's kind in the country and the form of the text are unlike by name."""
        usual = self.form
        return (
            has_series(self.context, usual)
            and usual.partition(".")[0] != self.theirs.form.partition(".")[0]
            and not is_form_of_kind(self.context, self.theirs.form, self.act.kind)
        )

    def _lacks_kind(self) -> bool:
        if self.theirs.form:
            return False
        place = self.theirs.place
        if self.bodies in (Agreement.EQUAL, Agreement.ALIAS):
            if place == Place.BEFORE and self.ours.place == Place.BEFORE:
                return False
            if place == Place.DOMAIN:
                return self.needs != "number year domain"
            if self.theirs.letters and self.act.kind in ("bill", "agency_resolution", "court_decision"):
                return False
        return True

    def _lacks_body(self) -> bool:
        if self.needs in ("number", "number year"):
            return False
        if self.context == "EU" and Place.CODE in (self.ours.place, self.theirs.place):
            return False  # CELEX names the act whole
        return self.bodies in (Agreement.MISSING, Agreement.PART)

    def _lacks_year(self) -> bool:
        if self.needs == "number" or (self.context == "UN" and self.ours.letters):
            return bool(self.ours.second) != bool(self.theirs.second) and self.context == "UN"
        ours, theirs = self.ours.year, self.theirs.year
        if self.ours.second and self.ours.second == self.theirs.second and not (ours or theirs):
            return False
        return not ours or not theirs or ours != theirs

    def _is_of_another_day(self) -> bool:
        ours, theirs = self.ours.day, self.theirs.day
        return self.needs == "all" and bool(ours and theirs) and ours != theirs

    # The same

    def _sameness(self) -> str:
        ours, theirs = self.ours, self.theirs
        if ours.place == Place.CODE or theirs.place == Place.CODE:
            return "S6"
        if ours.form != theirs.form and theirs.form:
            return "S2"
        if ours.day != theirs.day:
            return "S3"
        if self.needs == "number" and ours.year != theirs.year:
            return "S4"
        return "S5" if not theirs.form else "S1"


def _turned(reference: Reference) -> Reference | None:
    """The other reading of two numbers of which the first may be the year; None where `de` fixes the order."""
    is_year = len(reference.number) == 4 and 1821 <= int(reference.number) <= 2035
    if reference.is_ordered or not reference.second or not is_year or reference.year or reference.own:
        return None
    return replace(reference, number=reference.second, year=reference.number, second="")


def _years_contradict(ours: Reference, theirs: Reference) -> bool:
    one, other = ours.year, theirs.year
    if not one or not other or one == other:
        return False
    if one.isdigit() != other.isdigit() and "-" not in one + other:
        return False  # a session and a year
    if "-" in one and "-" in other:
        return True
    pair, single = (one, other) if "-" in one else (other, one)
    first, dash, last = pair.partition("-")
    return not (
        dash and first.isdigit() and last.isdigit() and single.isdigit() and int(first) <= int(single) <= int(last)
    )
