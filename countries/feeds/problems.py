"""What can be wrong with a file or its rows, each with a remedy."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

EXAMPLES = 3
"""Number of examples of each kind of refused row: enough to find them, few enough to read."""


class FeedProblem(Exception):
    """Nothing in the file can be used: `problem` says what is wrong, `remedy` what helps.

    `is_transient`: whether a retry may well succeed.
    """

    def __init__(self, problem: str, remedy: str, *, is_transient: bool = False) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy, self.is_transient = problem, remedy, is_transient

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


class Holds(StrEnum):
    """What a doubt holds back for review."""

    FILE = "file"
    VALUES = "values"
    NOTHING = ""


@dataclass(slots=True)
class Doubt:
    """Why a person is to look at a file or at some of its values, and what helps.

    `examples` have line, country, period, former and value, as a run keeps them.
    """

    problem: str
    remedy: str
    holds: Holds
    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The doubt in the form in which a run stores it."""
        return asdict(self)


@dataclass(slots=True)
class Kind:
    """Rows that are refused for the same reason: how many, and the first of them."""

    problem: str
    remedy: str
    count: int = 0
    line: int = 0
    cell: str = ""
    examples: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Tally:
    """The results of the rows read so far; `kinds` has the refused ones by reason."""

    read: int = 0
    without_value: int = 0
    skipped: int = 0
    kinds: dict[str, Kind] = field(default_factory=dict)

    def refuse(self, problem: str, remedy: str, line: int, cell: str, count: int = 1) -> None:
        """Note a refused row, or several that are alike."""
        kind = self.kinds.get(problem)
        if kind is None:
            kind = self.kinds[problem] = Kind(problem, remedy, 0, line, _storable(cell))
        if len(kind.examples) < EXAMPLES:
            kind.examples.append({"line": line, "cell": _storable(cell)})
        kind.count += count

    @property
    def refused(self) -> int:
        """Number of refused rows."""
        return sum(kind.count for kind in self.kinds.values())


def _storable(cell: str) -> str:
    """The cell shortened for display, without characters that PostgreSQL cannot store."""
    return cell[:200].replace("\0", "␀")
