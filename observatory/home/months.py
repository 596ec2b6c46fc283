"""Small charts of the entries of each country by month: more restrictive above a line, less restrictive below it."""

from dataclasses import dataclass

import numpy as np
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from foundation.partial_dates import PartialDate
from measures.choices import OPPOSED_DIRECTIONS, Precision
from measures.listing.columns import PROPERTIES
from measures.listing.index import PublicIndex

MOST_MONTHS = 36
"""The newest months that are drawn; a month is then a few pixels wide."""
HEIGHT, MIDDLE = 44, 22
"""Height of a chart, and of its line, in pixels."""
TALLEST = MIDDLE - 2
WIDTH = 0.76
"""Width of a bar, as a share of its month."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: x and width in percent, y and height in pixels. `kind` is `more`, `less` or `even`."""

    kind: str
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Spark:
    """The chart of one country, and the same in words; `years` are the lines at the beginning of each year."""

    bars: tuple[Bar, ...]
    years: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Year:
    """The beginning of a year on the axis of all charts."""

    x: str
    label: str


@dataclass(frozen=True, slots=True)
class _Months:
    """The months of all charts: `first` since 1970, how many; and for each entry its month from there, or -1."""

    first: int
    count: int
    of_entry: NDArray[np.int64]


def _months(index: PublicIndex) -> _Months:
    """The newest `MOST_MONTHS` months that have an entry dated to the month or day."""
    exact = index.as_mask("precision", [Precision.DAY, Precision.MONTH])
    months = index.columns["first"].astype("M8[D]").astype("M8[M]").astype(np.int64)
    found = months[exact]
    if not len(found):
        return _Months(0, 0, np.full(len(index), -1))
    last = int(found.max())
    first = max(int(found.min()), last - MOST_MONTHS + 1)
    return _Months(first, last - first + 1, np.where(exact & (months >= first), months - first, -1))


def years_of(index: PublicIndex) -> list[Year]:
    """The years that begin within the charts."""
    found = _months(index)
    starts = [month for month in range(found.count) if (found.first + month) % 12 == 0]
    return [Year(_percent(month, found.count), str(1970 + (found.first + month) // 12)) for month in starts]


def span_of(index: PublicIndex) -> str:
    """`July 2019 to March 2022`, or ''."""
    found = _months(index)
    if not found.count:
        return ""
    start, end = (_in_words(month) for month in (found.first, found.first + found.count - 1))
    return _("%(start)s to %(end)s") % {"start": start, "end": end}


def _in_words(month: int) -> str:
    return PartialDate(1970 + month // 12, month % 12 + 1).in_words()


def sparks(index: PublicIndex) -> dict[str, Spark]:
    """The chart of each country with entries, by ISO 3166-1; all have the same axis and scale."""
    return _charts(index)[0]


def tallest_of(index: PublicIndex) -> int:
    """What the tallest bar of all charts stands for: entries of one month and direction; 0 without bars."""
    return _charts(index)[1]


def _charts(index: PublicIndex) -> tuple[dict[str, Spark], int]:
    return index.days.get_or_cache(("sparks", get_language()), lambda: _sparks(index))


def _sparks(index: PublicIndex) -> tuple[dict[str, Spark], int]:
    months = _months(index)
    width = months.count + 1
    places, bound = index.bound(np.arange(len(index)))
    rows = np.concatenate([np.arange(len(index)), places])
    codes = np.concatenate([index.columns["country"].astype(np.int64), bound])
    kinds = [index.as_mask("direction", [direction])[rows] for direction in OPPOSED_DIRECTIONS]
    kinds.append(~np.logical_or(*kinds))
    cells = codes * width + months.of_entry[rows] + 1
    size = (int(codes.max(initial=0)) + 1) * width
    counts = np.stack([np.bincount(cells[kind], minlength=size).reshape(-1, width) for kind in kinds])
    tallest = int(counts[:2, :, 1:].max(initial=0))
    years = tuple(year.x for year in years_of(index))
    decode = PROPERTIES["country"].decode
    charts = {
        str(decode(code)): Spark(_bars(counts[:, code, 1:], max(tallest, 1)), years, _words(counts[:, code]))
        for code in np.unique(codes).tolist()
    }
    return charts, tallest


def _bars(counts: NDArray[np.int64], most: int) -> tuple[Bar, ...]:
    more, less, even = counts.tolist()
    return tuple(
        bar
        for month in range(len(more))
        for bar in (
            _bar("more", month, len(more), more[month] * TALLEST / most),
            _bar("less", month, len(more), less[month] * TALLEST / most),
            _bar("even", month, len(more), 3 * bool(even[month] and not more[month] and not less[month])),
        )
        if bar
    )


def _bar(kind: str, month: int, months: int, height: float) -> Bar | None:
    if not height:
        return None
    y = {"more": MIDDLE - 1 - height, "less": MIDDLE + 1.0, "even": MIDDLE - 1.5}[kind]
    start = _percent(month + (1 - WIDTH) / 2, months)
    return Bar(kind, start, _percent(WIDTH, months), f"{y:.1f}", f"{height:.1f}")


def _percent(place: float, whole: float) -> str:
    return f"{100 * place / whole:.2f}%"


def _words(counts: NDArray[np.int64]) -> str:
    """`By month: 9 more restrictive, 6 less restrictive, 1 other; 21 not drawn`."""
    more, less, other = counts[:, 1:].sum(axis=1).tolist()
    missing = int(counts[:, 0].sum())
    drawn = _("By month: %(more)d more restrictive, %(less)d less restrictive, %(other)d without either direction")
    text = drawn % {"more": more, "less": less, "other": other}
    if not missing:
        return text
    rest = ngettext(
        "%(n)d entry has no month or is outside these years",
        "%(n)d entries have no month or are outside these years",
        missing,
    )
    return f"{text}; {rest % {'n': missing}}"
