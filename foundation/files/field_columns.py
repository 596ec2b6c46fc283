"""The columns of the fields of a model, by the type of the field: what a cell of each may be, and how it is read."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.files.cells import (
    LONGEST_TEXT,
    CellProblem,
    canonical_date,
    canonical_period,
    one_of,
    refuse_placeholder,
)
from foundation.files.columns import Column, ColumnKind, ReadOnlyColumn, Told, label_column, quoted
from foundation.files.labels import in_words, label_of
from foundation.files.spellings import namer_of
from foundation.files.targets import Offer, Target, offers_of_choices, offers_of_rows
from foundation.numbers import ONE_GROUP_IN_SQL, NumberProblem, TypedNumber, in_file, read_number
from foundation.partial_dates import PartialDate, PartialDateField, PeriodField
from foundation.publication import public_ids
from foundation.typed_dates import is_serial_number


class TextColumn(Column):
    """Free text, stored unchanged, including spaces, line breaks and a leading `=`."""

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.longest = field.max_length or LONGEST_TEXT
        self.checks = [v for v in field.validators if not isinstance(v, MaxLengthValidator)]
        self.is_trimmed = bool(self.checks) or field.unique
        self.is_prose = not self.is_trimmed

    def targets(self) -> list[Target]:
        longest = self.longest if self.is_prose else 0
        return [Target(self.name, capfirst(self.label), is_prose=self.is_prose, longest=longest)]

    def joined(self, pieces: list[str]) -> str:
        """Texts one below the other, or after a colon where the column holds one line."""
        if not self.is_prose:
            return pieces[0]
        return (": " if self.longest < LONGEST_TEXT else "\n\n").join(dict.fromkeys(pieces))

    def reader(self, tell: Told | None = None) -> Callable[[str], str]:
        """Do not cache: prose is rarely repeated, and rarely invalid."""
        if not self.is_prose or self.is_required:
            return super().reader(tell)
        longest = self.longest

        def read(text: str) -> str:
            is_plain = text.isascii() and not text.isspace() and 0 < len(text) <= longest
            return text if is_plain else self.read_or_default(text)

        return read

    def read(self, text: str) -> str:
        if len(text) > self.longest:
            raise CellProblem(
                _("The text has %(length)d characters.") % {"length": len(text)},
                _("Shorten it to %(longest)d characters.") % {"longest": self.longest},
            )
        for check in self.checks:
            try:
                check(text)
            except ValidationError as error:
                raise CellProblem(
                    _("“%(value)s” is not valid.") % {"value": text[:80]}, " ".join(error.messages)
                ) from None
        return text


class ReferenceColumn(TextColumn):
    """A reference as printed on a document; `NA` is refused as a placeholder."""

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.is_prose = False

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        return super().read(text)


class ChoiceColumn(Column):
    """One key of a fixed list of choices."""

    is_trimmed = True

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.values = [str(value) for value, _label in field.flatchoices]

    def read(self, text: str) -> str:
        return one_of(self.values, text)

    def offers(self) -> tuple[Offer, ...]:
        assert self.field is not None
        return offers_of_choices(self.field.flatchoices)

    def labelled(self, language: str) -> ReadOnlyColumn | None:
        assert self.field is not None
        return label_column(self.name, in_words(self.written(), self.field.flatchoices, language))


class PartialDateColumn(Column):
    """A partial date, or a period of two; `25/12/2020` is read where only one reading is possible."""

    is_trimmed = True

    def targets(self) -> list[Target]:
        return [Target(self.name, capfirst(self.label), is_date=True)]

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        return canonical_period(text) if isinstance(self.field, PeriodField) else canonical_date(text)

    def is_interpreted(self, text: str, canonical: str) -> bool:
        return is_serial_number(text)


class DayColumn(Column):
    """A complete date."""

    kind = ColumnKind.DAY
    is_trimmed = True

    def targets(self) -> list[Target]:
        return [Target(self.name, capfirst(self.label), is_date=True)]

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        date = PartialDate.parse(canonical_date(text))
        if date.precision != "day" or not date.is_stated:
            raise CellProblem(_("“%(value)s” is not a date.") % {"value": text}, _("Write it as 2020-05-29."))
        return str(date)

    def is_interpreted(self, text: str, canonical: str) -> bool:
        return is_serial_number(text)

    def written(self, *, public: bool = False) -> str:
        return f"coalesce(to_char(r.{quoted(self.db_column)}, 'YYYY-MM-DD'), '')"

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"nullif({self.cell}, '')::date"


class BooleanColumn(Column):
    """`true` or `false`."""

    kind = ColumnKind.BOOLEAN
    is_trimmed = True

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.default = self.default.lower()

    def read(self, text: str) -> str:
        return one_of(["true", "false"], text.lower())

    def offers(self) -> tuple[Offer, ...]:
        return offers_of_choices([("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))])

    def written(self, *, public: bool = False) -> str:
        return f"case when r.{quoted(self.db_column)} then 'true' else 'false' end"

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"{self.cell}::boolean"

    def matches(self) -> str:
        return f"r.{quoted(self.db_column)} = {self.cell}::boolean"


class NumberColumn(Column):
    """A number, read as people write it (see `foundation/numbers.py`)."""

    is_trimmed = True

    def __init__(self, field: models.Field, **options: Any) -> None:
        super().__init__(field, **options)
        self.kind = ColumnKind.WHOLE if isinstance(field, models.IntegerField) else ColumnKind.NUMBER

    def read(self, text: str) -> str:
        refuse_placeholder(text)
        try:
            number = read_number(text)
        except NumberProblem as error:
            raise CellProblem(error.problem, error.remedy) from None
        return self.of_number(number, text)

    def of_number(self, number: TypedNumber, text: str) -> str:
        """The canonical text of a number, unless the field does not allow it."""
        if number.is_percent:
            raise CellProblem(
                _("“%(value)s” has a percent sign.") % {"value": text}, _("Write the number without the sign.")
            )
        assert self.field is not None
        try:
            cleaned = self.field.clean(number.value, None)
        except ValidationError as error:
            raise CellProblem(_("“%(value)s” is not valid.") % {"value": text}, " ".join(error.messages)) from None
        if number.value != cleaned:
            raise CellProblem(
                _("“%(value)s” is not a number that this column can have.") % {"value": text},
                _("Write a whole number."),
            )
        return in_file(number.value)

    def written(self, *, public: bool = False) -> str:
        number = f"trim_scale(r.{quoted(self.db_column)}::numeric)::text"
        return f"coalesce(regexp_replace({number}, '{ONE_GROUP_IN_SQL}', '\\&0'), '')"

    def stored(self) -> tuple[str, str]:
        return self.db_column, f"nullif({self.cell}, '')::numeric"

    def matches(self) -> str:
        return f"r.{quoted(self.db_column)} = nullif({self.cell}, '')::numeric"


class KeyColumn(Column):
    """The key of a row in another table, or in this very file; or a name of that row, if its model tells them."""

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

    def namer(self) -> Callable[[str], str]:
        return namer_of(self.model)

    def is_interpreted(self, text: str, canonical: str) -> bool:
        return text.strip() not in ("", canonical)

    def written(self, *, public: bool = False) -> str:
        column = f"r.{quoted(self.db_column)}"
        if self.key == self.target:
            return f"coalesce({column}, '')"
        return f"coalesce((select f.{self.key} from {self.table} f where f.{self.target} = {column}), '')"

    def labelled(self, language: str) -> ReadOnlyColumn | None:
        if not (label := label_of("f", self.model, language)):
            return None
        column = f"r.{quoted(self.db_column)}"
        return label_column(self.name, f"(select {label} from {self.table} f where f.{self.target} = {column})")

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

    def named_rows(self) -> str:
        return (
            f"select s.line, {self.cell}, own.line from checked s join staged own on own.{self.key} = {self.cell}"
            f" where {self.cell} <> '' and own.line <> s.line"
            f" and not exists (select from {self.table} f where f.{self.key} = {self.cell})"
            if self.is_own
            else ""
        )

    def known(self) -> list[str]:
        return list(self.model._default_manager.order_by(self.key).values_list(self.key, flat=True)[:5000])

    def offers(self) -> tuple[Offer, ...]:
        return offers_of_rows(self.model, self.key)

    def refused(self) -> list[tuple[str, str]]:
        """Rows that refer to each other in a cycle."""
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
        return [
            (
                circles,
                _(
                    "References between rows may not form a cycle: this record leads back to itself. Change one of "
                    "the references."
                ),
            )
        ]


def column_for(field: models.Field, *, readonly: bool = False) -> Column:
    """The column for a model field, by its type."""
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


class PublicKeyColumn(KeyColumn):
    """A key that a public file leaves out if the row that it names is not public."""

    def written(self, *, public: bool = False) -> str:
        text = super().written(public=public)
        if not public:
            return text
        return f"case when r.{quoted(self.db_column)} in ({public_ids(self.model)}) then {text} else '' end"
