"""What can be wrong with a file as a whole, and with its rows, each with what helps."""

from dataclasses import dataclass, field


class FeedProblem(Exception):
    """Nothing can be taken from what came: `problem` says what is wrong, `remedy` what helps.

    `may_pass`: whether the same address may well give a good answer in a while.
    """

    def __init__(self, problem: str, remedy: str, *, may_pass: bool = False) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy, self.may_pass = problem, remedy, may_pass

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


@dataclass(slots=True)
class Kind:
    """Rows that are refused for the same reason: how many, and the first of them."""

    problem: str
    remedy: str
    count: int = 0
    line: int = 0
    cell: str = ""


@dataclass(slots=True)
class Tally:
    """What became of the rows that were read; `kinds` tells the refused by reason."""

    read: int = 0
    without_value: int = 0
    left_out: int = 0
    kinds: dict[str, Kind] = field(default_factory=dict)

    def refuse(self, problem: str, remedy: str, line: int, cell: str, count: int = 1) -> None:
        """Note a refused row, or several that are alike."""
        kind = self.kinds.setdefault(problem, Kind(problem, remedy, 0, line, cell[:200].replace("\0", "␀")))
        kind.count += count

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return sum(kind.count for kind in self.kinds.values())
