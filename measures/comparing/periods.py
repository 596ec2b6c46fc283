"""The axis that all pictures of a comparison share, its periods, and how far each record reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from foundation.days import today
from measures.choices import Precision
from measures.listing.columns import LATEST, Array, day_number, day_of
from measures.listing.filters import MeasureFilter
from measures.listing.index import Selection
from measures.timeline.axis import Axis, divided, month_after, months_between
from measures.timeline.chart import without_early

MOST_PERIODS = 8
"""Columns of a table: so many fit on a page."""
DAY = timedelta(days=1)
_TO_THE_MONTH = (Precision.DAY, Precision.MONTH)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months, from the first day to the last."""

    first: date
    last: date


def axis_of(filter: MeasureFilter, selection: Selection) -> Axis | None:
    """The period of the filter, completed by the dates of the entries; None if neither has a date."""
    days = [day_of(number) for number in np.sort(_starts(selection)).tolist()]
    since, until = filter.value("from"), filter.value("to")
    if until:
        days = [day for day in days if day <= until.last]
    first = since.first if since else without_early(days) if days else None
    last = until.last if until else max(days[-1], first) if days and first else None
    if first is None and last is not None:
        first = last - timedelta(days=365)
    if last is None and first is not None:
        last = max(first, today())
    return divided(first, last) if first and last and first <= last else None


def _starts(selection: Selection) -> Array:
    """The first days of the dates that are known to the month, up to today."""
    days = selection.column("first")
    is_known = selection.index.as_mask("precision", _TO_THE_MONTH)
    known = is_known if selection.rows is None else is_known[selection.rows]
    found: Array = days[known & (days < LATEST) & (days <= day_number(today()))]
    return found


@dataclass(frozen=True, slots=True)
class Reach:
    """The first and the last dated entry of the whole record of a country; both None without one."""

    first: date | None
    last: date | None


def reach_of(record: Selection) -> Reach:
    """How far a record reaches: by the dates that are known to the month, up to today."""

    def found() -> Reach:
        days = _starts(record)
        return Reach(day_of(days.min()), day_of(days.max())) if len(days) else Reach(None, None)

    return record.get_or_cache("reach", found)


def periods_of(axis: Axis) -> list[Period]:
    """At most `MOST_PERIODS` periods of equal length that cover the axis: months, quarters, years or more of them."""
    months = months_between(axis.first, axis.last)
    step = axis.step
    while months > step * MOST_PERIODS:
        step = next((longer for longer in (3, 6, 12, 24, 60, 120) if longer > step), step * 2)
    first = month_after(axis.first, -((axis.first.year * 12 + axis.first.month - 1) % step))
    starts = [first]
    while month_after(starts[-1], step) < axis.last:
        starts.append(month_after(starts[-1], step))
    return [Period(start, month_after(start, step) - DAY) for start in starts]


def last_days_of(periods: Sequence[Period], axis: Axis) -> list[date]:
    """The last day of each period, but none beyond the axis."""
    return sorted({min(period.last, axis.last - DAY) for period in periods})
