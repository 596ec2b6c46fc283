"""Dates as precise as their source: `2020`, `2020-05`, `2020-05-29`, with `?` after what was inferred.

`2020-05-29?` is inferred as a whole; of `2020?-05-29` the source states day and month, and the year was inferred.
The canonical text is what is stored, shown in history and written to CSV; beside each column the database keeps
a generated `daterange` (`2020-05` is `[2020-05-01,2020-06-01)`), so that every filter is a range overlap. The text
is a subset of ISO 8601-2 (EDTF): `?` is its qualifier of uncertainty for what stands on its left, `A/B` its interval.
"""

import calendar
import datetime
import re
from dataclasses import dataclass
from typing import Any, Self

from django import forms
from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.characters import with_plain_digits, without_invisible
from foundation.typed_dates import (
    FIRST_YEAR,
    LAST_YEAR,
    Parts,
    is_in_calendar,
    period_with_slash,
    remedy,
    shortened,
    typed_parts,
)

MONTHS = (
    gettext_lazy("January"),
    gettext_lazy("February"),
    gettext_lazy("March"),
    gettext_lazy("April"),
    gettext_lazy("May"),
    gettext_lazy("June"),
    gettext_lazy("July"),
    gettext_lazy("August"),
    gettext_lazy("September"),
    gettext_lazy("October"),
    gettext_lazy("November"),
    gettext_lazy("December"),
)
"""Our own month names: Django's Portuguese is that of Portugal and capitalizes them."""

DATE_HELP = gettext_lazy("2020, 2020-05 or 2020-05-29; ? after what you inferred: 2020-05-29?, 2020?-05-29.")
"""How to write a date, below its box: all of it inferred, or the year alone."""
_MONTH_AND_DAY = r"-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?"
PARTIAL_DATE_PATTERN = rf"(1[89]|2[01])[0-9]{{2}}({_MONTH_AND_DAY})?[?]?|(1[89]|2[01])[0-9]{{2}}[?]{_MONTH_AND_DAY}"
"""The canonical form, in regular expression syntax common to Python and PostgreSQL."""
PERIOD_PATTERN = rf"({PARTIAL_DATE_PATTERN})?(/({PARTIAL_DATE_PATTERN})?)?"

_ISO = re.compile(
    r"(?P<year>[0-9]{4})(?P<year_inferred>\?(?=-))?(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?"
    r"\s*(?P<inferred>\??)"
)
_QUARTER = re.compile(r"(?P<year>[0-9]{4})[- ]?[QqTt](?P<quarter>[1-4])")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A calendar date known to the year, the month or the day.

    `inferred`: the analyst inferred it. `year_inferred`: the source states day and month, or the month, without a year.
    """

    year: int
    month: int | None = None
    day: int | None = None
    inferred: bool = False
    year_inferred: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one date as typed; raise ValidationError that says what would be right.

        Beside the canonical form, whatever else has one reading is read: see `foundation/typed_dates.py`.
        """
        text = with_plain_digits(text.strip())
        if match := _ISO.fullmatch(text):
            parts = int(match["year"]), _number(match["month"]), _number(match["day"])
            return cls._checked(text, parts, bool(match["inferred"]), bool(match["year_inferred"]))
        if typed := typed_parts(text):
            return cls._checked(text, typed, text.endswith("?"), False)
        raise ValidationError(
            _("“%(text)s” is not a date. Write a year, month or day: 2020, 2020-05 or 2020-05-29; add ? if inferred."),
            code="invalid_date",
            params={"text": shortened(text)},
        )

    @classmethod
    def _checked(cls, text: str, parts: Parts, inferred: bool, year_inferred: bool) -> Self:
        if not FIRST_YEAR <= parts[0] <= LAST_YEAR:
            raise ValidationError(
                _("The year of “%(text)s” must be between %(first)d and %(last)d."),
                code="invalid_year",
                params={"text": text, "first": FIRST_YEAR, "last": LAST_YEAR},
            )
        if not is_in_calendar(*parts):
            raise ValidationError(
                _("“%(text)s” does not exist in the calendar. %(remedy)s"),
                code="not_in_calendar",
                params={"text": text, "remedy": remedy(*parts)},
            )
        if year_inferred and inferred:
            raise ValidationError(
                _("“%(text)s” has two marks. Write %(year)s if only the year was inferred, else %(whole)s."),
                code="two_marks",
                params={
                    "text": text,
                    "year": cls(*parts, year_inferred=True),
                    "whole": cls(*parts, inferred=True),
                },
            )
        return cls(*parts, inferred=inferred, year_inferred=year_inferred)

    @classmethod
    def from_date(cls, date: datetime.date) -> Self:
        """The date as an exact day."""
        return cls(date.year, date.month, date.day)

    def __str__(self) -> str:
        year = f"{self.year:04d}" + ("?" if self.year_inferred else "")
        parts = [year, *(f"{part:02d}" for part in (self.month, self.day) if part)]
        return "-".join(parts) + ("?" if self.inferred else "")

    @property
    def iso(self) -> str:
        """The date without marks of inference, as ISO 8601 and `<time datetime>` have it."""
        return str(self).replace("?", "")

    @property
    def is_stated(self) -> bool:
        """Whether the source states it; False if the analyst supplied the whole or the year."""
        return not (self.inferred or self.year_inferred)

    @property
    def precision(self) -> str:
        """`year`, `month` or `day`."""
        return "day" if self.day else "month" if self.month else "year"

    @property
    def first(self) -> datetime.date:
        """The earliest day that it can mean."""
        return datetime.date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> datetime.date:
        """The latest day that it can mean."""
        month = self.month or 12
        return datetime.date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def in_words(self) -> str:
        """`29 May 2020`, `May 2020`, `2020`, in the active language: never more than is known."""
        if not self.month:
            return str(self.year)
        month = str(MONTHS[self.month - 1])
        if not self.day:
            return _("%(month)s %(year)s") % {"month": month, "year": self.year}
        return _("%(day)s %(month)s %(year)s") % {"day": self.day, "month": month, "year": self.year}

    def inferred_in_words(self) -> str:
        """What the analyst supplied (`date inferred`, `year inferred`), or ''."""
        if self.inferred:
            return _("date inferred")
        return _("year inferred") if self.year_inferred else ""

    def missing_in_words(self) -> str:
        """What the source does not say (`day not recorded, year inferred`), or ''."""
        missing = {"year": _("day and month not recorded"), "month": _("day not recorded"), "day": ""}
        notes = [missing[self.precision], self.inferred_in_words()]
        return ", ".join(note for note in notes if note)


def _number(digits: str | None) -> int | None:
    """The number, or None if there are no digits; 0 is returned as it is, though no month or day."""
    return None if digits is None else int(digits)


@dataclass(frozen=True, slots=True)
class Period:
    """A partial date, or the time from one to another; an open side is None."""

    start: PartialDate | None
    end: PartialDate | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2019`, `2016/2019`, `2020-03-16/2020-05-07?`, `2007/` or `/2015`; raise ValidationError otherwise.

        A quarter may be written as in statistics, `2020-Q1`: it is the period of its months.
        """
        text = with_plain_digits(text.strip())
        if match := _QUARTER.fullmatch(text):
            last = int(match["quarter"]) * 3
            return cls(PartialDate.parse(f"{match['year']}-{last - 2}"), PartialDate.parse(f"{match['year']}-{last}"))
        if "/" not in text or (typed := period_with_slash(text)) == text:
            date = PartialDate.parse(text)
            return cls(date, date)
        if typed and "/" not in typed:
            date = PartialDate.parse(typed + text[len(text.rstrip("?")) :])
            return cls(date, date)
        first, _slash, second = (typed or text).partition("/")
        start = PartialDate.parse(first) if first.strip() else None
        end = PartialDate.parse(second) if second.strip() else None
        if not (start or end):
            raise ValidationError(_("A period needs a start or an end, such as 2016/2019 or 2007/."), code="empty")
        if start and end and end.last < start.first:
            raise ValidationError(
                _("The period “%(text)s” ends before it starts."), code="reversed", params={"text": shortened(text)}
            )
        return cls(start, end)

    def __str__(self) -> str:
        if self.start == self.end:
            return str(self.start)
        return f"{self.start or ''}/{self.end or ''}"

    def inferred_in_words(self) -> str:
        """What the analyst supplied (`date inferred`, `year inferred`), or ''; of two sides, the more."""
        sides = [side for side in (self.start, self.end) if side and not side.is_stated]
        return next((side.inferred_in_words() for side in sorted(sides, key=lambda side: not side.inferred)), "")

    def in_words(self) -> str:
        """`2016 to 2019`, `since 2007`, `until 2015`, in the active language."""
        if self.start == self.end and self.start:
            return self.start.in_words()
        if self.start and self.end:
            return _("%(start)s to %(end)s") % {"start": self.start.in_words(), "end": self.end.in_words()}
        if self.start:
            return _("since %(start)s") % {"start": self.start.in_words()}
        assert self.end is not None
        return _("until %(end)s") % {"end": self.end.in_words()}


class _TextFormField(forms.CharField):
    """One text box for a value that is stored as its canonical text."""

    value_class: type[PartialDate] | type[Period]

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, self.value_class):
            return value or None
        text = without_invisible(str(value)).strip()
        return self.value_class.parse(text) if text else None

    def prepare_value(self, value: Any) -> Any:
        return str(value) if isinstance(value, self.value_class) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True


class PartialDateFormField(_TextFormField):
    """One box for `2020`, `2020-05`, `2020-05-29`."""

    value_class = PartialDate
    default_error_messages = {"required": gettext_lazy("Write a date as 2020, 2020-05 or 2020-05-29.")}


class PeriodFormField(_TextFormField):
    """A form field for a partial date or `A/B`."""

    value_class = Period


class _TextField(models.CharField):
    """A value object in a text column; None in Python is '' in the database."""

    value_class: type[PartialDate] | type[Period]
    form_class: type[_TextFormField]
    length: int
    _pyi_private_set_type: Any  # for the type checker: the types of assignment and of access
    _pyi_private_get_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", self.length)
        super().__init__(*args, **kwargs)
        self.validators.clear()  # length validators; the parser has refused what is too long

    def get_default(self) -> Any:
        """None, where a text field would default to ''."""
        return None

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return self.value_class.parse(value) if value else None

    def to_python(self, value: Any) -> Any:
        if isinstance(value, self.value_class) or value is None:
            return value
        return self.value_class.parse(str(value)) if str(value).strip() else None

    def get_prep_value(self, value: Any) -> Any:
        value = super(models.CharField, self).get_prep_value(value)
        return str(self.to_python(value) or "")

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj) or "")

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": self.form_class, "empty_value": None, "max_length": None, **kwargs})


class PartialDateField(_TextField):
    """A `PartialDate` or None."""

    _pyi_private_set_type: PartialDate | str | None
    _pyi_private_get_type: PartialDate | None
    value_class = PartialDate
    form_class = PartialDateFormField
    length = 11


class PeriodField(_TextField):
    """A `Period` or None."""

    _pyi_private_set_type: Period | str | None
    _pyi_private_get_type: Period | None
    value_class = Period
    form_class = PeriodFormField
    length = 23


def range_of(field: str) -> models.GeneratedField:
    """A generated `daterange` of the partial date or period in column `field`; null if that is empty."""
    return models.GeneratedField(
        expression=models.Func(models.F(field), function="period_range", output_field=DateRangeField()),
        output_field=DateRangeField(),
        db_persist=True,
    )


def canonical(field: str, table: str, *, period: bool = False) -> models.CheckConstraint:
    """A constraint that column `field` of `table` holds a canonical partial date (or period) or is empty."""
    pattern = PERIOD_PATTERN if period else PARTIAL_DATE_PATTERN
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__regex": rf"^({pattern})?$"}),
        name=f"{table}_{field}_is_canonical",
        violation_error_message=gettext_lazy("Write a date as 2020, 2020-05 or 2020-05-29; add ? if inferred."),
    )
