"""What people need to know of the columns of a file to fill it in, and a template of it: a header and an example."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.files.columns import Column, ListColumn
from foundation.files.field_columns import (
    BooleanColumn,
    ChoiceColumn,
    DayColumn,
    KeyColumn,
    NumberColumn,
    PartialDateColumn,
    TextColumn,
)
from foundation.files.resources import FileResource
from foundation.partial_dates import PeriodField
from foundation.sql import rows

A_DATE, A_PERIOD = "2020-05-29", "2016/2019"


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column in words."""

    name: str
    meaning: str
    form: str
    is_required: bool
    is_key: bool
    """Whether a row finds its record by it, alone or with others."""
    is_read_only: bool
    example: str


Keys = dict[tuple[str, str], str]
"""Keys that records have, by file and column."""


def columns_in_words(resource: type[FileResource], keys_there: Keys | None = None) -> list[ColumnInfo]:
    """All columns of a kind of file, in its order; `keys_there` are those of `first_keys`, if they are known."""
    cells = example_row(resource, keys_there)
    examples = dict(zip((column.name for column in resource.imported()), cells, strict=True))
    keys = {name for names in resource.keys for name in names}
    return [
        ColumnInfo(
            column.name,
            meaning(column, resource),
            "" if column.readonly else form(column),
            column.is_required and not column.readonly,
            column.name in keys,
            column.readonly,
            examples.get(column.name, ""),
        )
        for column in resource.columns()
    ]


def template(resource: type[FileResource]) -> list[list[str]]:
    """The header of the columns that an import reads, and an example."""
    return [[column.name for column in resource.imported()], example_row(resource)]


def example_row(resource: type[FileResource], keys_there: Keys | None = None) -> list[str]:
    """A cell of each column that an import reads; keys are some that there are."""
    keys_there = first_keys([resource]) if keys_there is None else keys_there
    return [_example(column, resource, keys_there) for column in resource.imported()]


def first_keys(kinds: Iterable[type[FileResource]]) -> Keys:
    """A key that records have in each column of keys, by file and column; one query for all of these files."""
    queries = {
        (resource.file(), column.name): f"select c.cell from (select {column.written()} as cell"
        f" from {resource.table()} r) c where c.cell <> '' limit 1"
        for resource in kinds
        for column in resource.imported()
        if isinstance(column, KeyColumn | ListColumn) and column.name not in resource.examples
    }
    if not queries:
        return {}
    found = rows(f"select {', '.join(f'({query})' for query in queries.values())}")[0]
    return {key: cell or "" for key, cell in zip(queries, found, strict=True)}


def meaning(column: Column, resource: type[FileResource]) -> str:
    """The label of a column, and what its form says about it."""
    if told := resource.meanings.get(column.name):
        return str(told)
    label = capfirst(column.label)
    help_text = str(column.field.help_text) if column.field is not None else ""
    return f"{label}. {help_text}" if help_text else label


def form(column: Column) -> str:
    """How a cell of a column is written."""
    return str(column.written_as) or _form_of_type(column)


def _form_of_type(column: Column) -> str:
    if isinstance(column, ListColumn):
        return _("a list of keys, parted by |")
    if isinstance(column, BooleanColumn):
        return _("true or false")
    if isinstance(column, ChoiceColumn):
        return _("one of: %(values)s") % {"values": ", ".join(value for value in column.values if value)}
    if isinstance(column, PartialDateColumn):
        is_period = isinstance(column.field, PeriodField)
        return (
            _("a date or a period: 2020, 2016/2019, 2020/") if is_period else _("a date: 2020, 2020-05 or 2020-05-29")
        )
    if isinstance(column, DayColumn):
        return _("a day: 2020-05-29")
    if isinstance(column, NumberColumn):
        return _("a whole number") if isinstance(column.field, models.IntegerField) else _("a number")
    if isinstance(column, KeyColumn):
        return _("the key of one of: %(records)s") % {"records": column.model._meta.verbose_name_plural}
    return _form_of_text(column)


def _form_of_text(column: Column) -> str:
    longest = column.field.max_length if isinstance(column, TextColumn) and column.field is not None else None
    return _("a text of up to %(longest)d characters") % {"longest": longest} if longest else _("a text")


def _example(column: Column, resource: type[FileResource], keys_there: Keys) -> str:
    if column.name in resource.examples:
        return resource.examples[column.name]
    if isinstance(column, KeyColumn | ListColumn):
        return keys_there[resource.file(), column.name] or _known_key(column)
    if isinstance(column, ChoiceColumn):
        return column.default or next(value for value in column.values if value)
    if isinstance(column, PartialDateColumn):
        return A_PERIOD if isinstance(column.field, PeriodField) else A_DATE
    simple: tuple[tuple[Any, str], ...] = ((BooleanColumn, "true"), (DayColumn, A_DATE), (NumberColumn, "1"))
    return column.default or next((text for kind, text in simple if isinstance(column, kind)), "")


def _known_key(column: KeyColumn | ListColumn) -> str:
    """A key that a cell may have, where no record has one."""
    is_own = isinstance(column, KeyColumn) and column.is_own
    return "" if is_own else next(iter(column.known()), "")
