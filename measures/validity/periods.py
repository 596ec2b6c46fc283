"""The last day of a period of so many months and days, by ordinals; see `measures/durations.py`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from measures.choices import DurationBasis
from measures.durations import Duration
from measures.validity.facts import FAR, NEVER


@lru_cache(1024)
def parsed(text: str) -> Duration:
    """The duration that a text such as `P1M15D` stands for."""
    return Duration.parse(text)


@lru_cache(8192)
def last_day(first: int, text: str, working: bool, country: str) -> int:
    """The last day of a period whose first day is `first`; never where that never comes."""
    if first > FAR:
        return NEVER
    basis = DurationBasis.WORKING if working else DurationBasis.CALENDAR
    return parsed(text).last_day(date.fromordinal(first), basis, country).toordinal()


def least_and_most(text: str, working: bool) -> tuple[int, int]:
    """Days between which the distance from the first to the last day of the period always lies."""
    length = parsed(text)
    months, fixed = 12 * length.years + length.months, 7 * length.weeks + length.days - 1
    least, most = 28 * months + fixed, 31 * months + fixed
    return (least, most + 4 * length.days + 60) if working else (least, most)
