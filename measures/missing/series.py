"""In which series an act has its number: body, form and year, as far as the grammar of legal numbers needs them.

The law of a country is numbered on its own whoever passes it, a ministerial resolution with its ministry and year. The
letters beside a number name its body, in whatever spelling: `SA` and `MINSA` are one.
"""

from dataclasses import dataclass
from functools import cache

from measures.choices import Kind
from measures.references.model import Reference
from measures.references.parsing import parse
from measures.references.series import form_of_kind, has_own_series, is_one_series, needs_of
from measures.references.tables import all_series, bodies, body_key, form_name, forms

MOST_DIGITS = 7
"""Digits of the longest number of an act; longer ones are codes of registries."""


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """A number with its own letters: `44`, `123-A`."""

    digits: int
    own: str = ""

    @classmethod
    def parse(cls, text: str) -> "Number | None":
        """Read `44` or `123-A`; None for anything else."""
        digits, dash, own = text.partition("-")
        is_read = digits.isdecimal() and digits.isascii() and len(digits) <= MOST_DIGITS
        return cls(int(digits), own) if is_read and (own.isalpha() or not dash) and len(own) <= MOST_DIGITS else None

    def __str__(self) -> str:
        return f"{self.digits}-{self.own}" if self.own else str(self.digits)


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """Acts that are numbered together in a year."""

    year: int
    form: str
    """A code of the table of forms; '' if neither the number nor the kind says it."""
    body: str
    """Letters of the body, such as `PCM` or `GG-MIGRACIONES`, or its key; '' where the series is of the country."""
    begins_anew: bool
    """Whether the numbers begin at 1 each year; otherwise they go on, as those of bills do for a legislature."""

    @property
    def key(self) -> str:
        """Its name in an address."""
        return f"{self.year}:{self.form}:{self.body}"

    def label(self, country: str, kind: str) -> str:
        """`Ministerial resolution`, and its own name where acts of that kind have another form there."""
        label = str(Kind(kind).label)
        own = form_of_kind(country, kind)
        is_usual = (
            not self.form
            or not own
            or self.form in (own, forms()[own].parent)
            or is_one_series(country, self.form, own)
        )
        return label if is_usual else f"{label} ({form_name(self.form)})"


@dataclass(frozen=True, slots=True)
class Named:
    """What a record or a row of a list says of its number. `bodies` are all names of the issuing body."""

    country: str
    kind: str
    reference: str
    year: int | None
    """The year of its date, for numbers that state none."""
    bodies: tuple[str, ...] = ()


def numbered(named: Named) -> list[tuple[Series, Number]]:
    """The numbers that a reference states, in their one series; none where it is no number of a year, or not surely."""
    found, stated = [], parse(named.reference, named.country).references
    for reference in stated:
        is_number = reference.number.isdigit() and len(reference.number) <= MOST_DIGITS and int(reference.number)
        year = int(reference.year) if len(reference.year) == 4 and reference.year.isdigit() else named.year
        if is_number and year and not reference.second and not reference.context:
            found.append((_series(named, reference, year), Number(int(reference.number), reference.own)))
    is_one = len(found) == len(stated) and len({series for series, _number in found}) == 1
    return found if is_one else []


def _series(named: Named, reference: Reference, year: int) -> Series:
    form = _usual_name(named.country, reference.form or form_of_kind(named.country, named.kind), named.kind)
    needs = needs_of(named.country, form, named.kind)
    body = _body(named, reference) if needs == "all" else ""
    return Series(year, form, body, begins_anew=needs != "number" and not form.startswith("bill"))


@cache
def _usual_name(country: str, form: str, kind: str) -> str:
    """The form by which its series is known: the first of those numbered together, the special one of a general."""
    own = form_of_kind(country, kind)
    if own and (is_one_series(country, form, own) or _is_general(country, form, own)):
        return own
    return next((s.forms[0] for s in all_series().get(country, []) if form in s.one_series), form)


def _is_general(country: str, form: str, own: str) -> bool:
    return bool(form) and forms()[own].parent == form and not has_own_series(country, form, own)


def _body(named: Named, reference: Reference) -> str:
    """The letters of a number, each by the first acronym of its body; without letters, those of the issuing body."""
    if reference.letters:
        letters = dict.fromkeys(_acronym(named.country, letter) for letter in reference.letters)
        return "-".join(letters)
    names = [body_key(name) for name in (reference.body, *named.bodies) if name]
    known = next((name for name in names if name in bodies(named.country)), names[0] if names else "")
    return _acronym(named.country, known)


@cache
def _acronym(country: str, name: str) -> str:
    """The first acronym of the body that a name means in the table; else the name itself."""
    known = bodies(country)
    number = known.get(name)
    return name if number is None else next(first for first, own in known.items() if own == number)
