"""How long an act lasts: ISO 8601 durations such as `P30D`, `P6M` or `P1M15D`, and the day on which one ends.

Years, months and weeks are always calendar time. Days are calendar days, working days, or the source does not say
which. Working days leave out Saturdays, Sundays and the public holidays of the country.
"""

import calendar
import datetime
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import holidays
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from measures.choices import DurationBasis

DURATION_PATTERN = r"P([1-9][0-9]?Y)?([1-9][0-9]{0,2}M)?([1-9][0-9]{0,2}W)?([1-9][0-9]{0,3}D)?"
"""The form, in regular expression syntax common to Python and PostgreSQL; `P` alone matches too, and is no duration."""
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", re.ASCII)
_ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Duration:
    """A number of years, months, weeks and days, of which at least one is not 0."""

    years: int = 0
    months: int = 0
    weeks: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the canonical text; raise ValueError if it is none."""
        match = _DURATION.fullmatch(text) if text != "P" and re.fullmatch(DURATION_PATTERN, text) else None
        if match is None:
            raise ValueError(f"no duration: {text!r}")
        return cls(*(int(number or 0) for number in match.groups()))

    @classmethod
    def is_calendar_alone(cls, text: str) -> bool:
        """Whether a text is a duration without days, so that nobody need say how days count."""
        try:
            return not cls.parse(text).days
        except ValueError:
            return False

    def last_day(self, first: datetime.date, basis: DurationBasis | str, country: str = "") -> datetime.date:
        """The last day of a time that begins on the day `first`, which counts: 30 days from 1 May end on 30 May.

        `basis` says what the days are, calendar or working; for a basis that is not stated, see `last_days`. `country`
        is the ISO 3166-1 code of the country whose public holidays count, or ''.
        """
        following = _months_later(first, 12 * self.years + self.months) + datetime.timedelta(weeks=self.weeks)
        if basis == DurationBasis.WORKING:
            return _last_working_day(following, self.days, country)
        return following + datetime.timedelta(days=self.days) - _ONE_DAY

    def last_days(
        self, first: datetime.date, basis: DurationBasis | str, country: str = ""
    ) -> tuple[datetime.date, datetime.date]:
        """The earliest and the latest last day; they differ where nobody says whether days are working days."""
        early = DurationBasis.WORKING if basis == DurationBasis.WORKING else DurationBasis.CALENDAR
        late = DurationBasis.CALENDAR if basis == DurationBasis.CALENDAR else DurationBasis.WORKING
        return self.last_day(first, early, country), self.last_day(first, late, country)

    def in_words(self, basis: DurationBasis | str = "") -> str:
        """`1 month and 15 days`, `30 working days`, in the active language; `basis` says what its days are."""
        parts = [
            (self.years, ngettext("%(count)d year", "%(count)d years", self.years)),
            (self.months, ngettext("%(count)d month", "%(count)d months", self.months)),
            (self.weeks, ngettext("%(count)d week", "%(count)d weeks", self.weeks)),
            (self.days, _days_in_words(self.days, basis)),
        ]
        words = [text % {"count": count} for count, text in parts if count]
        if len(words) == 1:
            return words[0]
        return _("%(parts)s and %(last)s") % {"parts": ", ".join(words[:-1]), "last": words[-1]}


def _days_in_words(days: int, basis: DurationBasis | str) -> str:
    if basis == DurationBasis.WORKING:
        return ngettext("%(count)d working day", "%(count)d working days", days)
    if basis == DurationBasis.CALENDAR:
        return ngettext("%(count)d calendar day", "%(count)d calendar days", days)
    return ngettext("%(count)d day", "%(count)d days", days)


def _months_later(day: datetime.date, months: int) -> datetime.date:
    """The day of the same number `months` later; where the month has no such day, the first day after that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    longest = calendar.monthrange(year, month + 1)[1]
    if day.day <= longest:
        return datetime.date(year, month + 1, day.day)
    return datetime.date(year, month + 1, longest) + _ONE_DAY


def _last_working_day(following: datetime.date, days: int, country: str) -> datetime.date:
    """The last of `days` working days, of which the first is the first working day from `following` on."""
    day = following - _ONE_DAY
    for _day in range(days):
        day += _ONE_DAY
        while not is_working_day(day, country):
            day += _ONE_DAY
    return day


def is_working_day(day: datetime.date, country: str = "") -> bool:
    """Whether `day` is none of Saturday, Sunday and the public holidays of `country`, an ISO 3166-1 code or ''."""
    return day.weekday() < 5 and day not in public_holidays(country, day.year)


@lru_cache(maxsize=2_000)
def public_holidays(country: str, year: int) -> frozenset[datetime.date]:
    """The national public holidays of a year; none for a country that the library `holidays` does not know."""
    if not country:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, years=year, expand=False))
    except NotImplementedError:
        return frozenset()
