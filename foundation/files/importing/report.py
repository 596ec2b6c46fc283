"""What an import found and did."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row (or the whole file, without `row`) is refused, and what would be right."""

    row: int | None
    column: str
    value: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (f"row {self.row}" if self.row else "", self.column) if part)
        return f"{place}: {self.problem} {self.remedy}" if place else f"{self.problem} {self.remedy}"


@dataclass(slots=True)
class Report:
    """Counts of rows by what became of them; `problems` holds the first ones, `refused` counts all rows."""

    file: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    published: int = 0
    is_applied: bool = False
    notices: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        """Whether the file as it is cannot be imported: one refused row refuses all."""
        return bool(self.refused or self.problems)
