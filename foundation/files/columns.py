"""One column of a file: how a cell is read, and how the database gives and takes it.

Every cell has one canonical text. `read` brings what somebody typed to it, `written` is the SQL that the database
writes it with, so that export, import and "which cells changed" all compare the same text. SQL here speaks of three
aliases: `r` the record, `s` the staged row (each cell as canonical text), `j_<column>` what a column joins.
"""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext as _
from import_export.fields import Field

from foundation.files.cells import (
    LONGEST_TEXT,
    CellProblem,
    canonical_date,
    canonical_period,
    nearest_in_words,
    one_of,
    refuse_placeholder,
)
from foundation.partial_dates import PartialDate, PartialDateField, PeriodField

REMEMBERED_CELLS = 5_000
"""Cells of a column that are read once for all; more would cost memory and find fewer."""


def quoted(name: str) -> str:
    """A column's name in SQL; some of ours are words of SQL."""
    return f'"{name}"'


class Column(Field):
    """A column that holds one field of the record as text, exactly as it is."""

    is_composed = False
    """Whether the cell is kept in rows of other tables, written by `saved` after the record itself."""
    comes_first = False
    """Whether those rows are written before the record, which then follows from them."""
    comes_last = False
    """Whether those rows name other rows of the file, so that they are written after all records."""
    is_trimmed = False

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
        """The name that the form gives to it."""
        return str(self.field.verbose_name) if self.field else self.name

    def reader(self) -> Callable[[str], str]:
        """A function that brings a cell as typed to its canonical text, or raises CellProblem.

        Repeated cells, which is most of a file, are read once.
        """
        known: dict[str, str] = {}

        def read(text: str) -> str:
            if (canonical := known.get(text)) is None:
                canonical = self.read_or_default(text)
                if len(known) < REMEMBERED_CELLS and len(text) < 100:
                    known[text] = canonical
            return canonical

        return read

    def read_or_default(self, text: str) -> str:
        """The canonical text of a cell as typed; an empty one takes the field's default."""
        stripped = text.strip() if self.is_trimmed else text
        if stripped:
            return self.read(stripped)
        if self.is_required:
            raise CellProblem(_("The cell is empty."), _("Every record has this: fill it in."))
        return self.default

    def read(self, text: str) -> str:
        """The canonical text of a cell that is not empty."""
        return text

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
        """SQL of the canonical text of the record `r`; `public` leaves out what the public may not see."""
        return f"r.{quoted(self.db_column)}"

    def stored(self) -> tuple[str, str] | None:
        """The column of the record's table, and SQL of its value from the staged row; None where there is none."""
        return self.db_column, self.cell

    def join(self) -> str:
        """What `stored` needs beside the staged row."""
        return ""

    def matches(self) -> str:
        """SQL: whether the record `r` has the staged cell's value."""
        return f"r.{quoted(self.db_column)} = {self.cell}"

    def settled(self) -> list[str]:
        """Statements that bring staged cells to the canonical text where that takes knowledge of other rows."""
        return []

    def unknown(self) -> str:
        """SQL of (line, value) for each value in a staged cell that names nothing we know; '' where none can."""
        return ""

    def known(self) -> list[str]:
        """Values that could have been meant; the nearest is named."""
        return []

    def remedy(self, value: str, known: list[str]) -> str:
        """What to write instead of a value that is unknown."""
        return nearest_in_words(value, known)

    def refused(self) -> list[tuple[str, str]]:
        """Pairs of SQL of (line, value) that break a rule across rows, and what would be right."""
        return []

    def row_check(self) -> tuple[str, Callable[..., str]] | None:
        """SQL of (line, value, …) and a function from what follows the line to what would be right, or ''."""
        return None

    def saved(self) -> list[str]:
        """Statements that write a composed cell; they read the rows of `changed_rows(line, id, is_new, cell)`."""
        return []


class TextColumn(Column):
    """Free text; kept exactly, blanks, line breaks and a leading `=` included."""

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.longest = field.max_length or LONGEST_TEXT
        self.checks = [v for v in field.validators if not isinstance(v, MaxLengthValidator)]
        self.is_trimmed = bool(self.checks) or field.unique
        self.is_prose = not self.is_trimmed

    def reader(self) -> Callable[[str], str]:
        """Prose is hardly ever repeated and hardly ever wrong."""
        if not self.is_prose or self.is_required:
            return super().reader()
        longest, default = self.longest, self.default
        return lambda text: (text or default) if len(text) <= longest else self.read(text)

    def read(self, text: str) -> str:
        if len(text) > self.longest:
            raise CellProblem(
                _("The text has %(length)d characters.") % {"length": len(text)},
                _("Shorten it to %(longest)d.") % {"longest": self.longest},
            )
        for check in self.checks:
            try:
                check(text)
            except ValidationError as error:
                raise CellProblem(
                    _("“%(value)s” cannot be taken.") % {"value": text[:80]}, " ".join(error.messages)
                ) from None
        return text


class ReferenceColumn(TextColumn):
    """A text as printed on a document, in which `NA` is nobody's number."""

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.is_prose = False

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        return super().read(text)


class ChoiceColumn(Column):
    """One key of a closed list."""

    is_trimmed = True

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.values = [str(value) for value, _label in field.flatchoices]

    def read(self, text: str) -> str:
        return one_of(self.values, text)


class PartialDateColumn(Column):
    """A partial date, or a period of two; `25/12/2020` is read where only one reading is possible."""

    is_trimmed = True

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        return canonical_period(text) if isinstance(self.field, PeriodField) else canonical_date(text)


class DayColumn(Column):
    """A whole day."""

    is_trimmed = True

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        date = PartialDate.parse(canonical_date(text))
        if date.precision != "day" or date.inferred:
            raise CellProblem(_("“%(value)s” is not a day.") % {"value": text}, _("Write it as 2020-05-29."))
        return str(date)

    def written(self, *, public: bool = False) -> str:
        return f"coalesce(to_char(r.{quoted(self.db_column)}, 'YYYY-MM-DD'), '')"

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"nullif({self.cell}, '')::date"


class BooleanColumn(Column):
    """`true` or `false`."""

    is_trimmed = True

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.default = self.default.lower()

    def read(self, text: str) -> str:
        return one_of(["true", "false"], text.lower())

    def written(self, *, public: bool = False) -> str:
        return f"case when r.{quoted(self.db_column)} then 'true' else 'false' end"

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"{self.cell}::boolean"


class NumberColumn(Column):
    """A number with a decimal point and no thousands marks."""

    is_trimmed = True

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        assert self.field is not None
        try:
            value = Decimal(text) if re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII) else None
            cleaned = None if value is None else self.field.clean(value, None)
        except (InvalidOperation, ValidationError) as error:
            raise CellProblem(
                _("“%(value)s” cannot be taken.") % {"value": text[:80]}, " ".join(getattr(error, "messages", []))
            ) from None
        if value is None or value != cleaned:
            raise CellProblem(
                _("“%(value)s” is not a number of this column.") % {"value": text[:80]},
                _("Write digits, with a point before decimals and nothing between thousands: 1700000 or 26.7."),
            )
        return format(value.normalize() + 0, "f")

    def written(self, *, public: bool = False) -> str:
        return f"coalesce(trim_scale(r.{quoted(self.db_column)}::numeric)::text, '')"

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"nullif({self.cell}, '')::numeric"


class KeyColumn(Column):
    """The key of a row in another table, or in this very file."""

    is_trimmed = True

    def __init__(self, field: models.ForeignKey, **options: Any) -> None:
        super().__init__(field, **options)
        self.model: type[models.Model] = field.related_model
        self.table = self.model._meta.db_table
        self.target = str(field.target_field.column)
        self.key = self.target if self.target != "id" else "key"
        self.is_own = self.model is field.model

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        return text

    def written(self, *, public: bool = False) -> str:
        column = f"r.{quoted(self.db_column)}"
        if self.key == self.target:
            return f"coalesce({column}, '')"
        return f"coalesce((select f.{self.key} from {self.table} f where f.{self.target} = {column}), '')"

    def stored(self) -> tuple[str, str]:
        if self.key == self.target:
            return self.db_column, f"nullif({self.cell}, '')"
        found = f"j_{self.name}.{self.target}"
        return self.db_column, f"coalesce(o_{self.name}.id, {found})" if self.is_own else found

    def join(self) -> str:
        if self.key == self.target:
            return ""
        joined = f"left join {self.table} j_{self.name} on j_{self.name}.{self.key} = {self.cell}"
        if self.is_own:
            joined += (
                f" left join (select own.{self.key}, outcome.id from staged own join outcome using (line))"
                f" o_{self.name} on o_{self.name}.{self.key} = {self.cell}"
            )
        return joined

    def matches(self) -> str:
        column, value = self.stored()
        either = f"r.{quoted(column)} = {value}"
        assert self.field is not None
        return f"({either} or (r.{quoted(column)} is null and {self.cell} = ''))" if self.field.null else either

    def unknown(self) -> str:
        in_file = f" and not exists (select from staged own where own.{self.key} = {self.cell})" if self.is_own else ""
        return (
            f"select s.line, {self.cell} from checked s where {self.cell} <> ''"
            f" and not exists (select from {self.table} f where f.{self.key} = {self.cell}){in_file}"
        )

    def known(self) -> list[str]:
        return list(self.model._default_manager.order_by(self.key).values_list(self.key, flat=True)[:5000])

    def refused(self) -> list[tuple[str, str]]:
        """Rows that name each other in a circle."""
        if not self.is_own:
            return []
        circles = f"""
            with recursive edges(node, target) as (
                select s.{self.key}, {self.cell} from checked s where {self.cell} <> ''
                union all
                select f.{self.key}, t.{self.key} from {self.table} f
                join {self.table} t on t.{self.target} = f.{quoted(self.db_column)}
                where not exists (select from checked s where s.{self.key} = f.{self.key})
            ),
            reached(line, item, origin, node) as (
                select s.line, {self.cell}, s.{self.key}, {self.cell} from checked s where {self.cell} <> ''
                union
                select r.line, r.item, r.origin, e.target from reached r join edges e on e.node = r.node
            )
            select distinct line, item from reached where node = origin
        """
        return [(circles, _("This closes a circle: the other one leads back to this one. Change one of the two."))]


class ListColumn(Column):
    """A list that is kept in rows of other tables; `|` parts its items."""

    is_composed = True

    def cells(self, of: str, *, public: bool = False) -> str:
        """SQL of (id, cell) of the records whose id is `of`, such as `= r.id`; one with an empty list may be left out.

        An export asks for the cells of thousands of records at once, which takes a third of the time of asking for
        each.
        """
        raise NotImplementedError

    def finished(self, cell: str) -> str:
        """SQL of the whole cell of the record `r`, from what `cells` has of it."""
        return cell

    def written(self, *, public: bool = False) -> str:
        cell = f"(select cell from ({self.cells('= r.id', public=public)}) c)"
        return f"coalesce({self.finished(cell)}, '')"

    def stored(self) -> tuple[str, str] | None:
        return None


class ReadOnlyColumn(Column):
    """Written on export, ignored on import: the SQL of its text from the record `r`."""

    def __init__(self, name: str, sql: str) -> None:
        super().__init__(name=name, readonly=True)
        self.sql = sql

    def written(self, *, public: bool = False) -> str:
        return self.sql


def moment(column: str) -> str:
    """SQL of a moment in ISO 8601, UTC."""
    return f"""to_char({column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def column_for(field: models.Field, *, readonly: bool = False) -> Column:
    """The column that a model's field makes, by its type."""
    if isinstance(field, models.ForeignKey):
        return KeyColumn(field, readonly=readonly)
    if isinstance(field, PartialDateField | PeriodField):
        return PartialDateColumn(field, readonly=readonly)
    if isinstance(field, models.BooleanField):
        return BooleanColumn(field, readonly=readonly)
    if isinstance(field, models.DateField):
        return DayColumn(field, readonly=readonly)
    if isinstance(field, models.DecimalField | models.IntegerField):
        return NumberColumn(field, readonly=readonly)
    return ChoiceColumn(field, readonly=readonly) if field.choices else TextColumn(field, readonly=readonly)
