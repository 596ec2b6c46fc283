import contextlib
import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from countries.periods import PERIOD_PATTERN, PartialDate, Period

DAYS = st.dates(datetime.date(1800, 1, 1), datetime.date(2199, 12, 31))


@st.composite
def partial_dates(draw: st.DrawFn) -> PartialDate:
    day = draw(DAYS)
    precision, inferred = draw(st.sampled_from(["year", "month", "day"])), draw(st.booleans())
    month = None if precision == "year" else day.month
    return PartialDate(day.year, month, day.day if precision == "day" else None, inferred)


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


@given(periods())
def test_period_reads_what_it_prints(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(partial_dates())
def test_partial_date_covers_as_much_as_its_precision(date: PartialDate) -> None:
    days = (date.last - date.first).days + 1
    assert days in {"day": {1}, "month": {28, 29, 30, 31}, "year": {365, 366}}[date.precision]


@given(st.text(max_size=30))
def test_partial_date_refuses_or_reads_any_text(text: str) -> None:
    with contextlib.suppress(ValidationError):
        assert PartialDate.parse(str(PartialDate.parse(text))) == PartialDate.parse(text)


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
        ("25/12/2020", "2020-12-25"),
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
        ("May 2020", "is not a date"),
        ("٢٠٢٠", "is not a date"),
        ("2020-02-30", "is not in the calendar"),
        ("2020-13", "is not in the calendar"),
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
    texts = {text: PartialDate.parse(text).missing_in_words() for text in ("2020", "2020-05?", "2020-05-29")}
    assert texts == {
        "2020": "day and month not recorded",
        "2020-05?": "day not recorded, date inferred",
        "2020-05-29": "",
    }
