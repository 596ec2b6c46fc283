"""What a text says: a reference, or several."""

import re
from dataclasses import dataclass
from enum import StrEnum

from measures.references.tokens import Day


class Place(StrEnum):
    """Where the letters of a number stand."""

    NONE = ""
    BEFORE = "before"
    BETWEEN = "between"
    AFTER = "after"
    DOMAIN = "domain"
    """The domain of the EU, which stands where it likes."""
    CODE = "code"
    """The code of a registry, which orders its parts in its own way."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: form, body, number with its own letter, year, letters. '' is what the text does not state."""

    form: str = ""
    """A code of the table of forms."""
    body: str = ""
    """The name of the body in words, folded, without articles."""
    number: str = ""
    """Without leading zeros and without its own letter."""
    own: str = ""
    """The letter that belongs to the number: `507-A`."""
    second: str = ""
    """A second number, where what follows the number cannot be its year: `73/195`."""
    year: str = ""
    """Four digits, a session (`XXI`) or a pair (`2013-2014`)."""
    day: Day | None = None
    """The date that stands for the year."""
    letters: tuple[str, ...] = ()
    place: Place = Place.NONE
    is_apart: bool = False
    """Whether no sign joins the letters to the number, as the acronym of a body."""
    is_ordered: bool = False
    """Whether `de` says which is the number and which the year."""
    year_first: bool | None = None
    """For the EU: whether the year stands first; None where that is not known."""
    context: str = ""
    """`EU`, `UN` or `OAS` where the code is theirs."""

    @property
    def whole_number(self) -> str:
        """The number with its own letter."""
        return self.number + self.own


def coded(found: re.Match[str], reference: Reference) -> tuple[Reference, int, int]:
    """The reference that a code makes, and where the code begins and ends."""
    return reference, found.start(), found.end()


@dataclass(frozen=True, slots=True)
class Gazette:
    """An official journal, its issue and its day; a day's issue holds many acts."""

    name: str
    issue: str = ""
    day: Day | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that a text states. `rest` is what is never compared: title, provision, publication."""

    references: tuple[Reference, ...] = ()
    form: str = ""
    """The form that a text without a number names."""
    day: Day | None = None
    """The date of a text without a number."""
    gazette: Gazette | None = None
    country: str = ""
    """The country that the text names beside the number."""
    rest: str = ""
    is_list: bool = False
