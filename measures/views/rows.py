"""Entries as the rows of a list: each is made once, and once more when it has changed."""

import datetime
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from foundation.partial_dates import PartialDate
from measures.entries import Entry, entry_of, for_list
from measures.models import Measure


@dataclass(frozen=True, slots=True)
class Look:
    """How rows are printed: the level of their titles, whether they name the country; for the rest see `entry_of`."""

    language: str
    heading: int
    with_country: bool
    day: datetime.date | None = None
    longest: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An entry, its HTML, and the heading under which it stands in a list by date."""

    entry: Entry
    html: SafeString
    month: str


def row_of(entry: Entry, look: Look) -> Row:
    """The row of `entry`."""
    variables = {"entry": entry, "heading": look.heading, "with_country": look.with_country}
    html = get_template("measures/_row.jinja", using="jinja2").render(variables)
    return Row(entry, mark_safe(html), _month(entry.date))  # noqa: S308  (escaped by Jinja2)


def entries_of(ids: Sequence[int], look: Look) -> list[Entry]:
    """Those of `ids` that are public, in that order."""
    found = for_list(Measure.objects.published()).in_bulk(ids)
    return [entry_of(found[pk], look.day, longest=look.longest) for pk in ids if pk in found]


def rows_of(ids: Sequence[int], look: Look, kept: MutableMapping[Any, Any]) -> list[Row]:
    """The rows of `entries_of`; none that is in `kept` is made again."""
    found: dict[int, Row] = {pk: row for pk in ids if (row := kept.get((pk, look)))}
    missing = [pk for pk in ids if pk not in found]
    for entry in entries_of(missing, look) if missing else ():
        found[entry.number] = kept[entry.number, look] = row_of(entry, look)
    return [found[pk] for pk in ids if pk in found]


@dataclass(frozen=True, slots=True)
class Month:
    """Entries dated in one month."""

    label: str
    rows: tuple[Row, ...]


def by_month(rows: Sequence[Row]) -> list[Month]:
    """Rows, in the order given, under headings no more precise than their dates."""
    return [Month(label, tuple(group)) for label, group in groupby(rows, key=lambda row: row.month)]


def _month(date: PartialDate | None) -> str:
    if not date:
        return _("Date not recorded")
    if not date.month:
        return _("%(year)d, day and month not recorded") % {"year": date.year}
    return PartialDate(date.year, date.month).in_words()
