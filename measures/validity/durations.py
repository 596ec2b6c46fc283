"""The last day of a period: months and years are calendar ones, days are calendar or working days."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Container
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import holidays

from measures.validity.facts import FAR, NEVER

_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


class Duration(NamedTuple):
    """A period in whole months, and in days that follow them; weeks are calendar days."""

    months: int
    calendar_days: int
    days: int


@lru_cache(1024)
def duration(text: str) -> Duration:
    """Read `P30D`, `P6M` or `P1Y2M3W4D`; raise ValueError for anything else."""
    match = _DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"not a duration: {text!r}")
    years, months, weeks, days = (int(group or 0) for group in match.groups())
    return Duration(years * 12 + months, weeks * 7, days)


@lru_cache(1024)
def public_holidays(country: str) -> Container[date]:
    """The national holidays of a country by its ISO 3166-1 alpha-3 code; none where the library knows none."""
    if not country:
        return ()
    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return ()


def is_working_day(day: int, country: str) -> bool:
    """Whether a day is neither Saturday nor Sunday nor a public holiday."""
    when = date.fromordinal(day)
    return when.weekday() < 5 and when not in public_holidays(country)


@lru_cache(8192)
def last_day(first: int, text: str, working: bool, country: str) -> int:
    """The last day of a period that begins on `first`: 30 days from 1 May end on 30 May."""
    if first > FAR:
        return NEVER
    months, calendar_days, days = duration(text)
    day = _months_later(date.fromordinal(first), months) - 1 + calendar_days
    return _working_days_later(day, days, country) if working else day + days


def _months_later(first: date, months: int) -> int:
    """The day after so many months: that of the same number, or the first of the next month where there is none."""
    month = first.year * 12 + first.month - 1 + months
    year, month = month // 12, month % 12 + 1
    longest = monthrange(year, month)[1]
    if first.day <= longest:
        return date(year, month, first.day).toordinal()
    return (date(year, month, longest) + timedelta(1)).toordinal()


def _working_days_later(day: int, days: int, country: str) -> int:
    for _ in range(days):
        day += 1
        while not is_working_day(day, country):
            day += 1
    return day


def least_and_most(text: str, working: bool) -> tuple[int, int]:
    """Days between which the distance from the first to the last day of the period always lies."""
    months, calendar_days, days = duration(text)
    fixed = calendar_days - 1
    least, most = 28 * months + fixed + days, 31 * months + fixed + days
    return (least, most + 4 * days + 60) if working else (least, most)
