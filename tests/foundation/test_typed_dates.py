"""Dates as people and spreadsheets write them: read where one reading exists, else refused with every reading."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from foundation.partial_dates import PartialDate, PartialDateFormField, Period, PeriodFormField


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2020-03-16 00:00:00", "2020-03-16"),
        ("2020-03-16T00:00:00.000+00:00", "2020-03-16"),
        ("2020-03-16 14:35", "2020-03-16"),
        ("3/16/2020 12:00:00 AM", "2020-03-16"),
        ("43906", "2020-03-16"),
        ("43906.0", "2020-03-16"),
        ("2020.0", "2020"),
        ("03/27/2020", "2020-03-27"),
        ("29-05-2020", "2020-05-29"),
        ("29\u201305\u20132020", "2020-05-29"),
        ("29. 5. 2020", "2020-05-29"),
        ("2020/03/27", "2020-03-27"),
        ("2020.03.04", "2020-03-04"),
        ("2020/03", "2020-03"),
        ("03/2020", "2020-03"),
        ("20200327", "2020-03-27"),
        ("27032020", "2020-03-27"),
        ("202003", "2020-03"),
        ("16 de marzo de 2020", "2020-03-16"),
        ("lunes, 16 de marzo de 2020", "2020-03-16"),
        ("16 de março de 2020", "2020-03-16"),
        ("segunda-feira, 16 de março de 2020", "2020-03-16"),
        ("1º de março de 2020", "2020-03-01"),
        ("1ro. de enero de 2021", "2021-01-01"),
        ("primero de setiembre de 2020", "2020-09-01"),
        ("March 16, 2020", "2020-03-16"),
        ("16th of March 2020", "2020-03-16"),
        ("16-Mar-2020", "2020-03-16"),
        ("16\u00a0dic.\u00a02020", "2020-12-16"),
        ("marzo 2020", "2020-03"),
        ("marzo de 2020?", "2020-03?"),
        ("May 2020", "2020-05"),
        ("27/03/2020 ?", "2020-03-27?"),
        ("16mar2020", "2020-03-16"),
        ("16/mar/2020", "2020-03-16"),
        ("２０２０－０３－１６", "2020-03-16"),
        ("١٦/٠٣/٢٠٢٠", "2020-03-16"),
    ],
)
def test_date_with_one_reading_is_read(typed: str, read: str) -> None:
    assert str(PartialDate.parse(typed)) == read
    assert str(Period.parse(typed)) == read


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("03/04/2020", "Write 2020-04-03 or 2020-03-04."),
        ("03-04-2020", "Write 2020-04-03 or 2020-03-04."),
        ("20200", "Write 2020 or 1955-04-21."),
        ("201012", "Write 2010-12 or 2012-10-20 or 2020-10-12."),
        ("16-mar-20", "has a year of two digits. Write it in full, such as 2020-03-16."),
        ("mar-20", "has a year of two digits. Write it in full, such as 2020-03."),
        ("16/03/20", "Write it in full, such as 2020-03-16 or 2016-03-20."),
        ("2020-03-16T05:00:00Z", "has a time of another time zone. Write the day alone, such as 2020-03-16."),
        ("30 de febrero de 2020", "does not exist in the calendar. The last day of that month is 2020-02-29."),
        ("2020/27/03", "does not exist in the calendar. Write 2020-03-27 if the month comes last."),
        ("16 de marzo de 1720", "must be between 1800 and 2199"),
        ("99999", "is not a date"),
        ("17 de marzo", "is not a date"),
        ("marzo abril 2020", "is not a date"),
        ("2020-03-16 and 2020-04-01", "is not a date"),
        ("12:00", "is not a date"),
    ],
)
def test_date_without_one_reading_is_refused_with_what_would_be_right(typed: str, said: str) -> None:
    with pytest.raises(ValidationError) as error:
        PartialDate.parse(typed)
    assert said in error.value.messages[0]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2016/19", "2016/2019"),
        ("2020/03?", "2020-03?"),
        ("16 de marzo de 2020/marzo 2021", "2020-03-16/2021-03"),
        ("43906/43910", "2020-03-16/2020-03-20"),
    ],
)
def test_period_is_read_as_people_write_it(typed: str, read: str) -> None:
    assert str(Period.parse(typed)) == read


def test_box_of_a_form_reads_the_same() -> None:
    assert str(PartialDateFormField().clean("16 de marzo de 2020")) == "2020-03-16"
    assert str(PeriodFormField().clean("marzo 2020/43906")) == "2020-03/2020-03-16"


def test_period_with_a_year_of_two_digits_is_refused_as_a_date_is() -> None:
    with pytest.raises(ValidationError, match="Write it in full, such as 2020-05-29 or 2029-05-20"):
        Period.parse("29/05/20")


def test_period_of_a_fiscal_year_is_told_from_a_month() -> None:
    with pytest.raises(ValidationError, match="Write 2010-11 or 2010/2011"):
        Period.parse("2010/11")


@given(day=st.dates(datetime.date(1800, 1, 1), datetime.date(2199, 12, 31)), has_day=st.booleans())
@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_what_pages_print_is_read(language: str, day: datetime.date, has_day: bool) -> None:
    date = PartialDate(day.year, day.month, day.day if has_day else None)
    with translation.override(language):
        assert PartialDate.parse(date.in_words()) == date
