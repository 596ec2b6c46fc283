"""What is compared, an act as recorded and a text as typed, and the answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from measures.references.parsing import context_of


class Answer(StrEnum):
    """What a comparison says."""

    SAME = "same"
    """Every part that the series needs is stated on both sides and equal, and nothing contradicts."""
    CANDIDATE = "candidate"
    """Nothing contradicts, but a part is missing, generic or ambiguous."""
    DIFFERENT = "different"
    """A stated part contradicts, or there is no number to compare."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer, and the rule that decided: S1 to S7, C1 to C8, D1 to D7."""

    answer: Answer
    rule: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a record says of its number. `country` is ISO 3166-1; '' for an act of an international body."""

    country: str
    kind: str
    reference: str
    bodies: tuple[str, ...] = ()
    """Acronym and names of the issuing body that the record names."""

    @property
    def context(self) -> str:
        """The country, or the organization by the number or the body."""
        return self.country or context_of(self.reference) or _organization(self.bodies)


@dataclass(frozen=True, slots=True)
class Typed:
    """A text, with what the person who typed it has said besides."""

    text: str
    kind: str = ""
    """The kind that a form states, if any."""
    is_same_body: bool | None = None
    """Whether the issuing body of the form is that of the record; None where either is not known."""


_ORGANIZATIONS = {
    "EU": "EU",
    "UE": "EU",
    "UN": "UN",
    "ONU": "UN",
    "OAS": "OAS",
    "OEA": "OAS",
    "CIDH": "OAS",
    "IACHR": "OAS",
}


def _organization(names: Iterable[str]) -> str:
    return next((_ORGANIZATIONS[name.upper()] for name in names if name.upper() in _ORGANIZATIONS), "")
