"""Quarters of the calendar."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from foundation.partial_dates import Period


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year, 1 to 4."""

    year: int
    number: int

    @classmethod
    def of_day(cls, day: date) -> "Quarter":
        """The quarter in which a day lies."""
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def of_period(cls, period: Period) -> "Quarter":
        """The quarter of a period of its three months, as the ledger has it."""
        assert period.start
        return cls.of_day(period.start.first)

    @classmethod
    def parse(cls, text: str) -> "Quarter | None":
        """Read `2020-Q1`; None for anything else."""
        year, _mark, number = text.partition("-Q")
        is_read = len(year) == 4 and year.isdecimal() and year.isascii() and number in ("1", "2", "3", "4")
        return cls(int(year), int(number)) if is_read else None

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def after(self) -> date:
        """The day after its last."""
        return date(self.year + self.number // 4, self.number % 4 * 3 + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - timedelta(days=1)

    @property
    def period(self) -> str:
        """Its canonical period: `2020-01/2020-03`."""
        return f"{self.year:04d}-{self.number * 3 - 2:02d}/{self.year:04d}-{self.number * 3:02d}"

    @property
    def in_words(self) -> str:
        """`Q1 2020`, in the active language."""
        return _("Q%(number)d %(year)d") % {"number": self.number, "year": self.year}

    @property
    def short(self) -> str:
        """`Q1`, below its year."""
        return _("Q%(number)d") % {"number": self.number}

    def __str__(self) -> str:
        return f"{self.year:04d}-Q{self.number}"

    def __sub__(self, other: "Quarter") -> int:
        return (self.year - other.year) * 4 + self.number - other.number

    def plus(self, quarters: int) -> "Quarter":
        """The one so many quarters later."""
        years, number = divmod(self.year * 4 + self.number - 1 + quarters, 4)
        return Quarter(years, number + 1)


def span_in_words(first: Quarter, last: Quarter) -> str:
    """`Q1 2020 to Q3 2020`, or one quarter."""
    if first == last:
        return first.in_words
    return _("%(start)s to %(end)s") % {"start": first.in_words, "end": last.in_words}


def quarters_from(first: Quarter, last: Quarter) -> list[Quarter]:
    """All quarters from one to another."""
    return [first.plus(number) for number in range(last - first + 1)]
