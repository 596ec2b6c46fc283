"""Dry runs of a feed: fetch, read and compare without writing. For the form of a feed and for `--dry-run`."""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from countries.feeds.download import Body, fetched
from countries.feeds.loading import Findings, compared
from countries.feeds.parsing import (
    Unknown,
    countries_by,
    folded,
    is_without_value,
    period_reader,
    understood,
    value_reader,
)
from countries.feeds.problems import FeedProblem, Tally
from countries.feeds.reading import SAMPLED, Cells, Sample, cells_of, sample_of
from countries.models import CountryCode, DayOrder, FeedFormat, IndicatorFeed

SHOWN = 3
"""Number of cells shown of each column, from the top."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file as it is written and as it is understood, or why it is not."""

    line: int
    cells: tuple[str, str, str]
    country: str = ""
    period: str = ""
    value: str = ""
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """A column of the file, its first cells, and what it looks like."""

    name: str
    cells: list[str]
    guess: str


@dataclass(slots=True)
class Trial:
    """The result of a dry run; `problem` is set if the feed would fail as a whole."""

    body: Body | None = None
    columns: list[ColumnSeen] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    found: Findings | None = None
    problem: str = ""
    remedy: str = ""

    @property
    def waits(self) -> bool:
        """Whether nothing of it would become public before a person has looked."""
        return self.found is not None and self.found.is_doubtful

    @property
    def counts(self) -> dict[str, Any]:
        """The counts, by field name of a run."""
        return self.found.counts() if self.found else {}


def try_out(feed: IndicatorFeed, *, seconds: float | None = None, at: datetime | None = None) -> Trial:
    """Fetch, read and compare, without writing; a problem with the whole file is part of the result."""
    trial = Trial()
    try:
        with fetched(feed, seconds=seconds) as body:
            trial.body = body
            trial.columns = _columns(sample_of(body.path, feed))
            _refuse_unnamed(feed)
            trial.rows = list(_rows(body.path, feed, at))
            trial.found = _found(body.path, feed, at)
    except FeedProblem as problem:
        trial.problem, trial.remedy = problem.problem, problem.remedy
    return trial


def _refuse_unnamed(feed: IndicatorFeed) -> None:
    """Raise if the feed does not name its columns yet."""
    named = [feed.country_column]
    if feed.format == FeedFormat.WORLD_BANK:
        return
    if feed.format != FeedFormat.CSV_WIDE:
        named += [feed.day_column, feed.value_column]
    if not all(named):
        raise FeedProblem(
            _("The feed does not name its columns yet."),
            _("Choose them from the columns of the file below, then try again."),
        )


def _found(path: Path, feed: IndicatorFeed, at: datetime | None) -> Findings:
    with transaction.atomic(), compared(path, feed, at=at) as found:
        return found


def _rows(path: Path, feed: IndicatorFeed, at: datetime | None) -> list[Row]:
    """The first rows, each parsed on its own."""
    return [_row(cells, feed, at) for cells in islice(cells_of(path, feed), SAMPLED)]


def _row(cells: Cells, feed: IndicatorFeed, at: datetime | None) -> Row:
    line, *texts = cells
    country, day, value = (text or "" for text in texts)
    shown, tally = (country, day, value), Tally()
    for _line, code, period, number in understood([cells], feed, tally, at=at):
        if number is not None:
            return Row(line, shown, code, period, number)
    for kind in tally.kinds.values():
        return Row(line, shown, problem=kind.problem, remedy=kind.remedy)
    why = _("No value: left empty.") if tally.without_value else _("Not a country: skipped.")
    return Row(line, shown, problem=why)


# Guessing what a column contains


def _columns(sample: Sample) -> list[ColumnSeen]:
    tests = _tests()
    found = []
    for place, name in enumerate(sample.columns):
        cells = [row[place] for row in sample.rows if place < len(row)]
        filled = [cell for cell in cells if not is_without_value(cell)]
        # A majority is enough: totals of continents stand among countries, and notes among numbers
        guess = next((label for label, fits in tests if sum(map(fits, filled)) * 2 > len(filled)), "")
        found.append(ColumnSeen(name, list(dict.fromkeys(filled))[:SHOWN], guess))
    return found


def _tests() -> list[tuple[str, Callable[[str], bool]]]:
    """What a column may be, with a test of a cell, the most telling first."""
    plain = IndicatorFeed(format=FeedFormat.CSV_LONG)
    tests: list[tuple[str, Callable[[str], bool]]] = []
    for code, words in (
        (CountryCode.ISO3, _("three-letter country codes")),
        (CountryCode.ISO2, _("two-letter country codes")),
    ):
        tests.append((words, _among(countries_by(code))))
    names = countries_by(CountryCode.NAME)
    tests.append((_("country names"), lambda cell: folded(cell) in names))
    orders = (
        (DayOrder.ISO, _("dates, year first")),
        (DayOrder.DAY_FIRST, _("dates, day first")),
        (DayOrder.MONTH_FIRST, _("dates, month first")),
    )
    for order, words in orders:
        plain.day_order = order
        tests.append((words, _readable(period_reader(plain))))
    tests.append((_("numbers"), _readable(value_reader(plain))))
    return tests


def _among(codes: Container[str]) -> Callable[[str], bool]:
    return lambda cell: cell.strip() in codes


def _readable(read: Callable[[str], str]) -> Callable[[str], bool]:
    def fits(cell: str) -> bool:
        try:
            read(cell)
        except Unknown:
            return False
        return True

    return fits
