import contextlib
import datetime
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from foundation.partial_dates import PARTIAL_DATE_PATTERN, PERIOD_PATTERN, PartialDate, PartialDateField, Period

DAYS = st.dates(datetime.date(1800, 1, 1), datetime.date(2199, 12, 31))


@st.composite
def partial_dates(draw: st.DrawFn) -> PartialDate:
    day = draw(DAYS)
    precision, mark = draw(st.sampled_from(["year", "month", "day"])), draw(st.sampled_from(["", "date", "year"]))
    month = None if precision == "year" else day.month
    return PartialDate(
        day.year,
        month,
        day.day if precision == "day" else None,
        inferred=mark == "date",
        year_inferred=mark == "year" and precision != "year",
    )


@st.composite
def periods(draw: st.DrawFn) -> Period:
    one = draw(partial_dates())
    if draw(st.booleans()):
        return Period(one, one)
    start, end = sorted([one, draw(partial_dates())], key=lambda date: date.first)
    return draw(st.sampled_from([Period(start, None), Period(None, end), Period(start, end)]))


@given(partial_dates())
def test_partial_date_reads_what_it_prints(date: PartialDate) -> None:
    assert PartialDate.parse(str(date)) == date


@given(partial_dates())
def test_marks_of_inference_change_no_day_and_no_word(date: PartialDate) -> None:
    stated = PartialDate(date.year, date.month, date.day)
    assert (date.first, date.last, date.precision, date.in_words()) == (
        stated.first,
        stated.last,
        stated.precision,
        stated.in_words(),
    )
    assert date.iso == str(stated)
    assert date.is_stated == (date == stated)
    assert len(str(date)) <= PartialDateField.length


@given(periods())
def test_period_reads_what_it_prints(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(partial_dates())
def test_partial_date_covers_as_much_as_its_precision(date: PartialDate) -> None:
    days = (date.last - date.first).days + 1
    assert days in {"day": {1}, "month": {28, 29, 30, 31}, "year": {365, 366}}[date.precision]


NUMBERS = st.integers(0, 40).map(lambda number: f"{number:02d}") | st.sampled_from(["0", "5", "000", "-1", "٣", ""])
YEARS = st.sampled_from(
    ["2020", "2021", "1800", "2199", "1799", "2200", "0000", "9999", "99999", "-2020", "20", "²020"]
)
NEARLY_DATES = st.builds(
    "{0}{1}{2}{1}{3}{4}".format,
    YEARS | NUMBERS,
    st.sampled_from(["-", "/", ".", "--", "", " ", "?-", "?"]),
    NUMBERS,
    YEARS | NUMBERS,
    st.sampled_from(["", "?", " ?", "??", "\n", "\0", " 00:00:00"]),
)
TEXTS = st.text(max_size=30) | NEARLY_DATES | st.builds("{}/{}".format, NEARLY_DATES, NEARLY_DATES)


@pytest.mark.parametrize("value_class", [PartialDate, Period])
@given(text=TEXTS)
def test_any_text_is_read_or_refused_with_words_that_can_be_read(
    value_class: type[PartialDate] | type[Period], text: str
) -> None:
    try:
        value = value_class.parse(text)
    except ValidationError as error:
        [message] = error.messages
        advice = message.rpartition("”")[2].replace("from 01 to 12", "")
        for proposed in re.findall(r"[0-9][0-9/?-]*", advice):
            assert Period.parse(proposed)
    else:
        assert value_class.parse(str(value)) == value
        assert str(value_class.parse(str(value))) == str(value)


@given(first=st.integers(0, 31), second=st.integers(0, 31), year=st.integers(0, 9999))
def test_day_and_month_in_any_order_give_dates_of_the_calendar_alone(first: int, second: int, year: int) -> None:
    days = set()
    for month, day in ((first, second), (second, first)):
        with contextlib.suppress(ValueError):
            days.add(f"{datetime.date(year, month, day)}")
    typed = f"{first:02d}/{second:02d}/{year:04d}"
    if len(days) == 1 and 1800 <= year <= 2199:
        assert {str(PartialDate.parse(typed))} == days
        return
    with pytest.raises(ValidationError) as error:
        PartialDate.parse(typed)
    if error.value.code == "ambiguous_date":
        readings = (error.value.params or {})["readings"]
        assert set(readings.split(" or ")) == days


@pytest.mark.django_db
def test_database_range_is_the_python_range() -> None:
    @given(st.lists(periods(), min_size=1, max_size=20))
    def check(chosen: list[Period]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select lower(period_range(p)), upper(period_range(p)) - 1, p ~ %s"
                " from unnest(%s::text[]) with ordinality u(p, n) order by n",
                [f"^({PERIOD_PATTERN})$", [str(period) for period in chosen]],
            )
            rows = cursor.fetchall()
        assert rows == [
            (period.start and period.start.first, period.end and period.end.last, True) for period in chosen
        ]

    check()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("2020", "2020"),
        (" 2020-5 ", "2020-05"),
        ("2020-05-29?", "2020-05-29?"),
        ("2020-05 ?", "2020-05?"),
        ("2020?-05-29", "2020?-05-29"),
        ("2020?-5-9", "2020?-05-09"),
        ("2020?-05", "2020?-05"),
        ("2020?", "2020?"),
        ("25/12/2020", "2020-12-25"),
        ("12/25/2020", "2020-12-25"),
        ("5.5.2020", "2020-05-05"),
        ("2020-02-29", "2020-02-29"),
    ],
)
def test_partial_date_reads_what_people_type(typed: str, stored: str) -> None:
    assert str(PartialDate.parse(typed)) == stored


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("NA", "is not a date"),
        ("May 5", "is not a date"),
        ("2020-02-30", "does not exist in the calendar. The last day of that month is 2020-02-29."),
        ("2020-13", "does not exist in the calendar. Write the month, from 01 to 12,"),
        ("2020-00-15", "does not exist in the calendar. Write 2020 if the month is not known."),
        ("2020-00-05", "does not exist in the calendar. Write 2020 if the month is not known."),
        ("2020-05-00", "does not exist in the calendar. Write 2020-05 if the day is not known."),
        ("05/00/2020", "does not exist in the calendar. Write 2020-05 if the day is not known."),
        ("00/05/2020", "does not exist in the calendar. Write 2020-05 if the day is not known."),
        ("00/00/2020", "does not exist in the calendar. Write 2020 if the month is not known."),
        ("2020-27-03", "does not exist in the calendar. Write 2020-03-27 if the month comes last."),
        ("31/31/2020", "does not exist in the calendar. Write the month, from 01 to 12,"),
        ("03/04/0000", "between 1800 and 2199"),
        ("0000-05-29", "between 1800 and 2199"),
        ("99999", "is not a date"),
        ("2020-05?-29", "is not a date"),
        ("2020-?05", "is not a date"),
        ("2020??", "is not a date"),
        ("2020?-02-30", "does not exist in the calendar. The last day of that month is 2020-02-29."),
        (
            "2020?-05-29?",
            "has two marks. Write 2020?-05-29 if only the year was inferred, else 2020-05-29?.",
        ),
        ("-2020", "is not a date"),
        ("03/04/2020", "2020-04-03 or 2020-03-04"),
        ("0202", "between 1800 and 2199"),
        ("", "is not a date"),
    ],
)
def test_partial_date_says_what_would_be_right(typed: str, said: str) -> None:
    with pytest.raises(ValidationError) as error:
        PartialDate.parse(typed)
    assert said in error.value.messages[0]


@pytest.mark.parametrize("typed", ["/", "2020/2019", "2020/x", "2020-05/2020-04?"])
def test_period_refuses_what_is_none(typed: str) -> None:
    with pytest.raises(ValidationError):
        Period.parse(typed)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["2020", "May 2020", "29 May 2020"]),
        ("es", ["2020", "mayo de 2020", "29 de mayo de 2020"]),
        ("pt", ["2020", "maio de 2020", "29 de maio de 2020"]),
    ],
)
def test_in_words_never_says_more_than_is_known(language: str, words: list[str]) -> None:
    with translation.override(language):
        assert [PartialDate.parse(text).in_words() for text in ("2020", "2020-05", "2020-05-29")] == words


def test_missing_in_words_names_what_the_source_lacks() -> None:
    dates = ("2020", "2020?", "2020-05?", "2020?-05", "2020-05-29", "2020-05-29?", "2020?-05-29")
    assert {text: PartialDate.parse(text).missing_in_words() for text in dates} == {
        "2020": "day and month not recorded",
        "2020?": "day and month not recorded, date inferred",
        "2020-05?": "day not recorded, date inferred",
        "2020?-05": "day not recorded, year inferred",
        "2020-05-29": "",
        "2020-05-29?": "date inferred",
        "2020?-05-29": "year inferred",
    }


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "year inferred"), ("es", "año inferido"), ("pt", "ano inferido")],
)
def test_inferred_year_is_told_apart_from_an_inferred_date(language: str, words: str) -> None:
    with translation.override(language):
        assert PartialDate.parse("2020?-05-29").inferred_in_words() == words
        assert PartialDate.parse("2020-05-29?").inferred_in_words() != words


@pytest.mark.parametrize(
    ("period", "note"),
    [
        ("2016/2019", ""),
        ("2020?-03-16/2020?-05-07", "year inferred"),
        ("2020?-03-16/2020-05-07?", "date inferred"),
        ("2020?-03-16/", "year inferred"),
        ("/2020-05?", "date inferred"),
    ],
)
def test_period_says_what_was_inferred(period: str, note: str) -> None:
    assert Period.parse(period).inferred_in_words() == note


@pytest.mark.parametrize("text", ["2020?-05-29?", "2020??", "2020-05?-29", "?2020", "2020?-", "2020?-00", "2020?05"])
def test_pattern_of_the_database_refuses_marks_elsewhere(text: str) -> None:
    assert not re.fullmatch(PARTIAL_DATE_PATTERN, text)


def test_refusal_shows_no_more_of_a_text_than_a_line() -> None:
    with pytest.raises(ValidationError) as error:
        PartialDate.parse("x" * 1_000_000)
    assert len(error.value.messages[0]) < 200
