"""One column of a file: how a cell is read, and how the database gives and takes it; and columns that are composed.

Those of the fields of a model are in `field_columns.py`.

Every cell has one canonical text. `read` brings what somebody typed to it, `written` is the SQL that the database
writes it with, so that export, import and "which cells changed" all compare the same text. SQL here speaks of three
aliases: `r` the record, `s` the staged row (each cell as canonical text), `j_<column>` what a column joins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.fields import Field

from foundation.characters import CharacterProblem, readable
from foundation.files.cells import CellProblem, nearest_in_words
from foundation.files.labels import Choices, in_words
from foundation.files.targets import Offer, Target

REMEMBERED_CELLS = 5_000
"""Size of the cache of parsed cells per column; more would cost memory with few extra hits."""


class ColumnKind(Enum):
    """The type of the values of a column, for formats that have types."""

    TEXT = auto()
    LIST = auto()
    """Texts."""
    BOOLEAN = auto()
    WHOLE = auto()
    NUMBER = auto()
    DAY = auto()


Told = Callable[[str, str], None]
"""Called with a cell as typed and as it was read."""


def _as_it_is(text: str) -> str:
    return text


def quoted(name: str) -> str:
    """Quote a column name for SQL; some of ours are reserved words."""
    return f'"{name}"'


class Column(Field):
    """A column that holds one field of the record as text, unchanged."""

    kind = ColumnKind.TEXT
    is_composed = False
    """Whether the cell is kept in rows of other tables, written by `saved` after the record itself."""
    comes_first = False
    """Whether those rows are written before the record, because it is computed from them."""
    comes_last = False
    """Whether those rows name other rows of the file, so that they are written after all records."""
    is_trimmed = False
    written_as: Any = ""
    """How a cell is written, in words, where the type of the column does not say it."""
    empties: tuple[str, ...] = ()
    """Columns of the record's table that become null where an import changes the cell, since they go with its value."""

    def __init__(self, field: models.Field | None = None, *, name: str = "", readonly: bool = False) -> None:
        name = name or (field.name if field else "")
        super().__init__(attribute=name, column_name=name, readonly=readonly)
        self.field = field
        self.default = str(field.get_default()) if field and field.has_default() else ""
        self.is_required = field is not None and not (field.blank or field.null or field.has_default())

    @property
    def name(self) -> str:
        """The name in the header."""
        return str(self.column_name)

    @property
    def label(self) -> str:
        """The label of the field in the form."""
        return str(self.field.verbose_name) if self.field else self.name

    def seen_by(self, user: Any) -> "Column":
        """The column for `user`: another one if its cells would name records that they may not read."""
        return self

    def reader(self, tell: Told | None = None) -> Callable[[str], str]:
        """Return a function that normalizes a cell to its canonical text, or raises CellProblem.

        Results are cached: most cells of a file are repeated. `tell` is called with cells that were read as something
        that they do not literally say.
        """
        known: dict[str, str] = {}
        named = self.namer()

        def read(text: str) -> str:
            if (canonical := known.get(text)) is None:
                canonical = named(self.read_or_default(text))
                if tell and self.is_interpreted(text, canonical):
                    tell(text, canonical)
                if len(known) < REMEMBERED_CELLS and len(text) < 100:
                    known[text] = canonical
            return canonical

        return read

    def read_or_default(self, text: str) -> str:
        """Normalize a cell; an empty one takes the field's default."""
        try:
            text = readable(text)
        except CharacterProblem as error:
            raise CellProblem(error.problem, error.remedy) from None
        stripped = text.strip() if self.is_trimmed else text
        if stripped.strip():
            return self.read(stripped)
        if self.is_required:
            raise CellProblem(_("The cell is empty."), _("This column is required: fill in the cell."))
        return self.default

    def read(self, text: str) -> str:
        """Normalize a cell that is not empty."""
        return text

    def namer(self) -> Callable[[str], str]:
        """Return a function that replaces the names of values in a normalized cell by their keys."""
        return _as_it_is

    def is_interpreted(self, text: str, canonical: str) -> bool:
        """Whether the cell does not literally say what it was read as, so that whoever imports it should know."""
        return False

    @property
    def cell(self) -> str:
        """The staged cell."""
        return f"s.{quoted(self.name)}"

    @property
    def db_column(self) -> str:
        """The column of the record's table that the cell is stored in."""
        assert self.field is not None
        return str(self.field.column)

    def written(self, *, public: bool = False) -> str:
        """SQL of the canonical text for the record `r`; `public` leaves out what is not public."""
        return f"r.{quoted(self.db_column)}"

    def labelled(self, language: str) -> "ReadOnlyColumn | None":
        """The column of what the cell means in a language, for files that are to be read; None if it says so itself."""
        return None

    def stored(self) -> tuple[str, str] | None:
        """The column of the record's table and SQL of its value from the staged row; None if it is stored elsewhere."""
        return self.db_column, self.cell

    def join(self) -> str:
        """The join that `stored` needs beside the staged row."""
        return ""

    def matches(self) -> str:
        """SQL: whether the record `r` has the staged cell's value."""
        return f"r.{quoted(self.db_column)} = {self.cell}"

    def settled(self) -> list[str]:
        """Statements that normalize staged cells where that requires other rows."""
        return []

    def offers(self) -> tuple[Offer, ...]:
        """All values that a cell, or an item of it, may have; empty if they are not a list to choose from."""
        return ()

    def targets(self) -> list[Target]:
        """Where the cells of a table with other columns can go."""
        return [Target(self.name, capfirst(self.label), offers=self.offers())]

    def joined(self, pieces: list[str]) -> str:
        """The cell that pieces of another table make together, none of which is empty; the first where one fits."""
        return pieces[0]

    def unknown(self) -> str:
        """SQL of (line, value) for each value in a staged cell that refers to nothing; '' if that is impossible."""
        return ""

    def known(self) -> list[str]:
        """The valid values, from which the nearest is suggested."""
        return []

    def remedy(self, value: str, known: list[str]) -> str:
        """What to write instead of an unknown value."""
        return nearest_in_words(value, known)

    def refused(self) -> list[tuple[str, str]]:
        """Pairs of SQL of (line, value) that break a rule across rows, and what would be right."""
        return []

    def row_check(self) -> tuple[str, Callable[..., str]] | None:
        """SQL of (line, value, …), and a function that returns the remedy for the values after the line, or ''."""
        return None

    def named_rows(self) -> str:
        """SQL of (line, value, other line) for each value that names a record that only another row creates; or ''."""
        return ""

    def saved(self) -> list[str]:
        """Statements that write a composed cell; they read the rows of `changed_rows(line, id, is_new, cell)`."""
        return []


class ListColumn(Column):
    """A list that is kept in rows of other tables; `|` parts its items."""

    kind = ColumnKind.LIST
    is_composed = True

    def targets(self) -> list[Target]:
        return [Target(self.name, capfirst(self.label), is_list=True, offers=self.offers())]

    def joined(self, pieces: list[str]) -> str:
        return "|".join(dict.fromkeys(pieces))

    def is_interpreted(self, text: str, canonical: str) -> bool:
        return "|" in canonical and "|" not in text

    def cells(self, of: str, *, public: bool = False) -> str:
        """SQL of (id, cell) of records whose id matches `of`, such as `= r.id`; may omit records with an empty list.

        An export queries the cells of thousands of records at once, in a third of the time of one query per record.
        """
        raise NotImplementedError  # each subclass has its own

    def finished(self, cell: str) -> str:
        """SQL of the complete cell for the record `r`, from the cell of `cells`."""
        return cell

    def written(self, *, public: bool = False) -> str:
        cell = f"(select cell from ({self.cells('= r.id', public=public)}) c)"
        return f"coalesce({self.finished(cell)}, '')"

    def stored(self) -> tuple[str, str] | None:
        return None


class ReadOnlyColumn(Column):
    """Exported but ignored on import: the SQL of its text for the record `r`, and the choices if it is a key."""

    def __init__(self, name: str, sql: str, choices: Choices = (), *, kind: ColumnKind = ColumnKind.TEXT) -> None:
        super().__init__(name=name, readonly=True)
        self.sql, self.choices, self.kind = sql, choices, kind

    def written(self, *, public: bool = False) -> str:
        return self.sql

    def labelled(self, language: str) -> "ReadOnlyColumn | None":
        return label_column(self.name, in_words(self.sql, self.choices, language)) if self.choices else None


# Labels beside keys


LABEL = "_label"
"""The end of the name of a column of labels."""


def label_column(name: str, sql: str, *, kind: ColumnKind = ColumnKind.TEXT) -> ReadOnlyColumn:
    """The column of the label of another one, or of the labels of a list."""
    return ReadOnlyColumn(f"{name}{LABEL}", f"coalesce({sql}, '')", kind=kind)


@dataclass(frozen=True, slots=True)
class BatchTable:
    """A table made for the records of a batch, from which several read-only columns are written.

    `sql` returns SQL of (id, …) for ids, which it is given as a list and as what an id matches, as in
    `ListColumn.cells`; records may be missing.
    """

    name: str
    sql: Callable[[Sequence[Any], str], str]


class BatchColumn(ReadOnlyColumn):
    """A read-only column from a `BatchTable`: the SQL of its text, from the table by its name."""

    def __init__(self, name: str, table: BatchTable, sql: str) -> None:
        super().__init__(name, sql)
        self.table = table


def moment(column: str) -> str:
    """SQL that formats a timestamp in ISO 8601, UTC."""
    return f"""to_char({column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
