"""What a resource tells the import: which rows it refuses, and which columns it computes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What was asked of an import, beside the file."""

    by: Any
    """The account that imports, for the history and for its rights."""
    publish: bool = False
    """Whether its records become public."""
    state: str = ""
    """The state of new records in the workflow of their kind; nothing for the first one."""
    only_new: bool = False
    """Whether records that exist stay as they are, however they differ from the file."""
    keep_identifiers: bool = False
    """Whether new records keep identifiers that the series here has not given: a backup is restored."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows that may not be imported: SQL of (line, value), the column to name, and the words."""

    column: str
    sql: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Computed:
    """Columns of a new record that follow from rows already written: SQL of (id, columns) from a table of records."""

    sql: Callable[[str], str]
    columns: tuple[str, ...]
