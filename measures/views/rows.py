"""Entries as rows of a list, each made once, and once more when it has changed; and their headings by month."""

import datetime
from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate
from measures.choices import Precision
from measures.entries import Entry, for_list
from measures.entries import entries_of as entries_from
from measures.listing.index import Selection
from measures.models import Measure

Month: TypeAlias = tuple[int, int]
"""A year and the number of a month; 0 where it is not known."""


@dataclass(frozen=True, slots=True)
class Look:
    """How rows are printed: as of which day, the level of their titles, whether they name country and sources.

    `is_asked` and `longest` are those of `measures.entries.entries_of`.
    """

    language: str
    day: datetime.date
    heading: int
    with_country: bool
    is_asked: bool = False
    longest: int | None = None
    with_sources: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """An entry and its HTML."""

    entry: Entry
    html: SafeString

    @property
    def month(self) -> Month:
        """The heading of the entry in a list by date."""
        date = self.entry.date
        return (date.year, date.month or 0) if date else (0, 0)


def row_of(entry: Entry, look: Look) -> Row:
    """The row of `entry`."""
    variables = {"entry": entry, "look": look}
    html = get_template("measures/_row.jinja", using="jinja2").render(variables)
    return Row(entry, mark_safe(html))  # noqa: S308  (escaped by Jinja2)


def entries_of(ids: Sequence[int], look: Look) -> list[Entry]:
    """The public entries among `ids`, in that order."""
    found = for_list(Measure.objects.published()).in_bulk(ids)
    measures = [found[pk] for pk in ids if pk in found]
    return entries_from(measures, look.day, is_asked=look.is_asked, longest=look.longest)


def rows_of(ids: Sequence[int], look: Look, kept: MutableMapping[Any, Any]) -> list[Row]:
    """The rows of `entries_of`; `kept` is used as a cache, except for what names another act, which may change."""
    found: dict[int, Row] = {pk: row for pk in ids if (row := kept.get((pk, look)))}
    missing = [pk for pk in ids if pk not in found]
    for entry in entries_of(missing, look) if missing else ():
        row = found[entry.number] = row_of(entry, look)
        if entry.words.act is None:
            kept[entry.number, look] = row
    return [found[pk] for pk in ids if pk in found]


@dataclass(frozen=True, slots=True)
class MonthGroup:
    """Entries dated in one month; `note` says what is missing, `total` counts those of other pages too."""

    label: str
    note: str
    rows: tuple[Row, ...]
    total: int


def by_month(rows: Sequence[Row], totals: Mapping[Month, int]) -> list[MonthGroup]:
    """Rows, in the order given, under headings no more precise than their dates."""
    return [
        MonthGroup(*_heading(month), tuple(group), totals[month])
        for month, group in groupby(rows, key=lambda row: row.month)
    ]


def _heading(month: Month) -> tuple[str, str]:
    year, number = month
    if not year:
        return _("No date"), _("not recorded")
    if not number:
        return str(year), _("month not recorded")
    return PartialDate(year, number).in_words(), ""


def month_totals(selection: Selection) -> Counter[Month]:
    """The number of selected entries under each heading."""
    return selection.get_or_cache("month totals", lambda: _month_totals(selection))


def _month_totals(selection: Selection) -> Counter[Month]:
    kinds, kind_of_row = selection.dates()
    totals: Counter[Month] = Counter()
    for (first, precision), number in zip(kinds, np.bincount(kind_of_row, minlength=len(kinds)), strict=True):
        has_month = precision in (Precision.DAY, Precision.MONTH)
        totals[(first.year, first.month if has_month else 0) if first else (0, 0)] += int(number)
    return totals
