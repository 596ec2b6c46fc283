"""Whether parts of two references agree: forms, letters, bodies."""

from enum import Enum

from measures.references.acts import Act
from measures.references.model import Place, Reference
from measures.references.series import form_of_kind, is_form_of_kind, is_one_series
from measures.references.tables import bodies, body_key, forms, initials, word_list

_ENGLISH = word_list("english bodies")
"""First words of English names, which translate others."""


class Agreement(Enum):
    """How two statements of one part compare."""

    EQUAL = 1
    NEITHER = 2
    """Neither side states it."""
    MISSING = 3
    """One side states it."""
    PART = 4
    """One side states a part of what the other does."""
    ALIAS = 5
    """Another name of the same thing."""
    CONTRADICTS = 6


def forms_agree(act: Act, ours: str, theirs: str, context: str = "") -> Agreement:
    """The form that a record prints (or '') and that of a text, for an act of that kind."""
    context = context or act.context
    if not theirs:
        return Agreement.NEITHER if not ours else Agreement.MISSING
    kinds = forms()[theirs].kinds
    if not ours:
        usual = form_of_kind(context, act.kind)
        is_sibling = "." in usual and forms()[usual].parent == forms()[theirs].parent and usual != theirs
        if is_sibling and not is_one_series(context, usual, theirs):
            return Agreement.CONTRADICTS
        is_of_kind = act.kind in kinds or is_form_of_kind(context, theirs, act.kind)
        return Agreement.EQUAL if is_of_kind else Agreement.CONTRADICTS
    if ours == theirs or is_one_series(context, ours, theirs):
        return Agreement.EQUAL
    if forms()[ours].parent == theirs:
        return Agreement.PART
    if forms()[theirs].parent == ours and act.kind in kinds:
        return Agreement.PART
    return Agreement.CONTRADICTS


def letters_settle(act: Act, ours: Reference, theirs: Reference, agreement: Agreement) -> bool:
    """Whether letters say which of the child series of a generic form is meant.

    Ministries put the same letters under several kinds of resolutions; under decrees, only one kind has letters at all.
    """
    if agreement not in (Agreement.EQUAL, Agreement.ALIAS) or not (ours.letters and theirs.letters):
        return False
    generic = theirs.form if "." not in theirs.form else ours.form
    return generic == "decree" or act.kind in ("bill", "agency_resolution", "court_decision")


def body_agreement(context: str, act: Act, ours: Reference, theirs: Reference) -> Agreement:
    """The letters and bodies of two references."""
    if ours.letters and theirs.letters:
        return _letters_agree(context, act, ours, theirs)
    if ours.body and theirs.body:
        return _names_agree(context, ours.body, theirs.body)
    if not (ours.letters or ours.body) and not (theirs.letters or theirs.body):
        return Agreement.NEITHER
    if (ours.letters and theirs.body) or (ours.body and theirs.letters):
        letters, body = (ours.letters, theirs.body) if ours.letters else (theirs.letters, ours.body)
        return _acronym_agrees(context, act, letters, body)
    return Agreement.MISSING


def _letters_agree(context: str, act: Act, ours: Reference, theirs: Reference) -> Agreement:
    one, other = ours.letters, theirs.letters
    if one == other or "".join(one) == "".join(other):
        return Agreement.EQUAL
    if Place.CODE in (ours.place, theirs.place) and _is_part(one, other):
        code = one if ours.place == Place.CODE else other
        return Agreement.EQUAL if code[1:2] and code[1] in one and code[1] in other else Agreement.PART
    if _is_part(one, other):
        if context == "UN":  # a symbol with fewer letters is another document, unless its organ is left out
            return Agreement.CONTRADICTS if one[0] == other[0] else Agreement.PART
        shorter, _longer = sorted((one, other), key=len)
        is_organ = act.kind == "agency_resolution" and ours.place == theirs.place == Place.AFTER
        is_whole_agency = len(shorter) == 1 and (shorter[0] in bodies(context) or len(shorter[0]) > 4)
        return Agreement.CONTRADICTS if is_organ and is_whole_agency else Agreement.PART
    return Agreement.ALIAS if _are_aliases(context, act, one, other) else Agreement.CONTRADICTS


def _is_part(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return set(one) < set(other) or set(other) < set(one)


def _are_aliases(context: str, act: Act, one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if len(one) != len(other):
        return False
    known, names = bodies(context), {body_key(name) for name in act.bodies}
    return all(
        a == b
        or (a in known and known[a] == known.get(b))
        or (a in names and b in names)
        or f"MIN{a}" == b
        or f"MIN{b}" == a
        for a, b in zip(one, other, strict=True)
    )


def _names_agree(context: str, one: str, other: str) -> Agreement:
    known = bodies(context)
    numbers = {known.get(one), known.get(other)}
    if one != other and len(numbers) == 2 and None not in numbers:
        return Agreement.CONTRADICTS
    words, others = set(one.split()), set(other.split())
    if words <= others or others <= words:
        return Agreement.EQUAL  # shortened: `Ministerio del Interior` of `Ministerio del Interior y Seguridad Pública`
    if len(numbers) == 1 and None not in numbers:
        return Agreement.ALIAS
    is_translation = (one.split()[0] in _ENGLISH) != (other.split()[0] in _ENGLISH)
    is_alias = is_translation or initials(one) == other or initials(other) == one
    return Agreement.ALIAS if is_alias else Agreement.CONTRADICTS


def _acronym_agrees(context: str, act: Act, letters: tuple[str, ...], body: str) -> Agreement:
    """Letters on one side, the name of a body on the other: another name of it, unless both are known and differ."""
    known, names = bodies(context), {body_key(name) for name in act.bodies}
    number = known.get(body)
    if letters == (body,):
        return Agreement.EQUAL  # `Disposición DNM 1709`, `Disposición DNM N° 1709`
    if initials(body) in letters or any(letter in names for letter in letters if body in names):
        return Agreement.ALIAS
    of_letters = {known[letter] for letter in letters if letter in known}
    if number is not None and of_letters and number not in of_letters:
        return Agreement.CONTRADICTS
    return Agreement.ALIAS
