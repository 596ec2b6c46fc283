"""The figures of quality over time: the last count of each month and that of today, as a line and as a table."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation.partial_dates import PartialDate
from measures.comparing.picture import in_words, levels_between
from measures.listing.index import PublicIndex
from measures.models import QualityFigure
from measures.quality.figures import FEWEST_OF_SHARE, FIGURES, Figure, Unit, Value, figures_of

WIDTH, HEIGHT = 1000, 100
"""Of the field of a line, which stretches to its column."""
HEADER = ("date", "country", "figure", "unit", "value", "count", "total")


@dataclass(frozen=True, slots=True)
class Point:
    """What a figure was on a day."""

    day: datetime.date
    count: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Level:
    """A line of the grid: how far down, in percent, and what it stands for."""

    down: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """The picture of a figure: a path in a field of `WIDTH` by `HEIGHT`, lines of the grid, its first and last day."""

    path: str
    levels: tuple[Level, ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Row:
    """A day of the table."""

    day: str
    value: str
    basis: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as the page has it: today, and over time. `line` is None where there is only one day."""

    figure: Figure
    value: Value
    written: str
    basis: str
    rows: tuple[Row, ...]
    line: Line | None


def shown_figures(index: PublicIndex, country: str, *, on: datetime.date) -> list[Shown]:
    """Every figure of a country, or of the whole record for '', newest days first in the tables."""
    now = figures_of(index, country, on=on)
    points = _points(QualityFigure.objects.of(country).last_of_months().filter(day__lt=on))
    return [_shown(figure, now[key], points.get(key, []), on) for key, figure in FIGURES.items()]


def _points(stored: Any) -> dict[str, list[Point]]:
    found: dict[str, list[Point]] = {}
    for row in stored:
        found.setdefault(row.figure, []).append(Point(row.day, row.count, row.total))
    return found


def _shown(figure: Figure, value: Value, before: Sequence[Point], on: datetime.date) -> Shown:
    points = [*before, *([Point(on, value.count, value.total)] if value.is_known else [])]
    rows = tuple(
        Row(in_words(point.day), written(figure, point.count, point.total), basis(figure, point.count, point.total))
        for point in reversed(points)
    )
    line = _line(figure, points) if len(points) > 1 else None
    if not value.is_known:
        return Shown(figure, value, "", "", rows, line)
    is_few = figure.unit is Unit.SHARE and (value.total or 0) < FEWEST_OF_SHARE
    now = basis(figure, value.count, value.total) if is_few else written(figure, value.count, value.total)
    return Shown(figure, value, now, "" if is_few else basis(figure, value.count, value.total), rows, line)


def written(figure: Figure, count: int, total: int | None) -> str:
    """A value as people write it: `62.5 %`, `120 days`, `3`; '' for a share of too few records."""
    if figure.unit is Unit.DAYS:
        return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}
    if figure.unit is Unit.NUMBER or not total:
        return number_format(count, use_l10n=True, force_grouping=True)
    if total < FEWEST_OF_SHARE:
        return ""
    return _("%(number)s %%") % {"number": number_format(round(count / total * 100, 1), 1)}


def basis(figure: Figure, count: int, total: int | None) -> str:
    """What a value rests on: `25 of 40`, `40 records`; '' for a plain number."""
    if total is None:
        return ""
    if figure.unit is Unit.DAYS:
        words = ngettext("from %(n)s record", "from %(n)s records", total)
        return words % {"n": number_format(total, force_grouping=True)}
    grouped = {"number": number_format(count, force_grouping=True), "total": number_format(total, force_grouping=True)}
    return _("%(number)s of %(total)s") % grouped


# The picture


def _height_of(figure: Figure, point: Point) -> float:
    if figure.unit is Unit.SHARE:
        return 100 * point.count / point.total if point.total else 0
    return point.count


def _line(figure: Figure, points: Sequence[Point]) -> Line:
    heights = [_height_of(figure, point) for point in points]
    levels = [0, 50, 100] if figure.unit is Unit.SHARE else levels_between(0, max(1, *map(round, heights)))
    first, last = points[0].day, points[-1].day
    places = [
        (
            WIDTH * (point.day - first).days / ((last - first).days or 1),
            HEIGHT * (1 - height / levels[-1]),
        )
        for point, height in zip(points, heights, strict=True)
    ]
    path = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = tuple(Level(f"{100 * (1 - level / levels[-1]):.2f}%", _level(figure, level)) for level in levels)
    return Line(path, marks, in_words(first), in_words(last))


def _level(figure: Figure, level: int) -> str:
    if figure.unit is Unit.SHARE:
        return _("%(number)s %%") % {"number": level}
    return number_format(level, force_grouping=True)


# Countries beside each other


@dataclass(frozen=True, slots=True)
class CountryRow:
    """The newest counts of a country, in the order of the figures; '' where there is none."""

    slug: str
    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """The countries with what was counted last, and when."""

    day: PartialDate | None
    rows: tuple[CountryRow, ...]


def newest_by_country(countries: Sequence[Any]) -> Newest:
    """What was counted last of each of these countries; two queries."""
    day = QualityFigure.objects.order_by("-day").values_list("day", flat=True).first()
    found: dict[str | None, dict[str, str]] = {}
    for row in QualityFigure.objects.filter(day=day).exclude(country=None) if day else ():
        if figure := FIGURES.get(row.figure):
            text = written(figure, row.count, row.total) or basis(figure, row.count, row.total)
            found.setdefault(row.country_id, {})[row.figure] = text
    rows = tuple(
        CountryRow(each.slug, each.name, tuple(found.get(each.pk, {}).get(key, "") for key in FIGURES))
        for each in countries
    )
    return Newest(PartialDate.from_date(day) if day else None, rows)


# The file


def file_rows(index: PublicIndex, country: str | None, *, on: datetime.date) -> Iterator[tuple[Any, ...]]:
    """The rows of a file, oldest first: of one country, of the whole record for '', or of all for None.

    What was not written yet of today is counted now, where that is asked of a country or of the whole record.
    """
    stored = QualityFigure.objects.public()
    stored = stored if country is None else stored.of(country)
    has_today = False
    for row in stored.order_by("day", "country_id", "figure").iterator():
        has_today = has_today or row.day == on
        yield _cells(row.day, row.country_id or "", row.figure, row.count, row.total)
    if not has_today:
        for name, value in figures_of(index, country or "", on=on).items():
            if value.is_known:
                yield _cells(on, country or "", name, value.count, value.total)


def _cells(day: datetime.date, country: str, name: str, count: int, total: int | None) -> tuple[Any, ...]:
    figure = FIGURES.get(name)
    unit, of = figure.unit if figure else Unit.NUMBER, "" if total is None else total
    if unit is Unit.SHARE:
        return (day, country, name, unit, f"{count / total:.4f}" if total else "", count, of)
    return (day, country, name, unit, count, "", of)
