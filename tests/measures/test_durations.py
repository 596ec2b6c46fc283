import datetime

import pytest

from measures.durations import Duration, is_working_day, public_holidays


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("duration", "first", "last"),
    [
        ("P30D", "2020-05-01", "2020-05-30"),
        ("P30D", "2020-03-20", "2020-04-18"),
        ("P1D", "2020-05-01", "2020-05-01"),
        ("P2W", "2020-05-01", "2020-05-14"),
        ("P1M", "2020-05-01", "2020-05-31"),
        ("P6M", "2020-03-15", "2020-09-14"),
        ("P1Y", "2020-02-29", "2021-02-28"),  # 2021 has no 29 February
        ("P1Y", "2020-03-01", "2021-02-28"),
        ("P1M", "2021-01-31", "2021-02-28"),
        ("P1M", "2020-01-30", "2020-02-29"),
        ("P1M", "2020-01-29", "2020-02-28"),
        ("P1M15D", "2020-05-10", "2020-06-24"),
        ("P1Y6M", "2019-12-31", "2021-06-30"),
    ],
)
def test_calendar_time_ends_the_day_before_the_day_of_the_same_number(duration: str, first: str, last: str) -> None:
    assert Duration.parse(duration).last_day(day(first), "calendar", "PER") == day(last)


@pytest.mark.parametrize(
    ("duration", "first", "country", "last"),
    [
        ("P30D", "2020-03-20", "PER", "2020-05-05"),  # without 9 and 10 April and 1 May
        ("P30D", "2020-03-20", "", "2020-04-30"),
        ("P3D", "2020-07-27", "PER", "2020-07-31"),  # without 28 and 29 July
        ("P1D", "2020-05-02", "PER", "2020-05-04"),  # begins on a Saturday
        ("P1M15D", "2020-05-10", "", "2020-06-30"),  # a month of the calendar, then 15 working days
    ],
)
def test_working_days_leave_out_weekends_and_public_holidays(
    duration: str, first: str, country: str, last: str
) -> None:
    assert Duration.parse(duration).last_day(day(first), "working", country) == day(last)


def test_days_of_an_unstated_basis_end_on_either_day() -> None:
    duration, first = Duration.parse("P30D"), day("2020-03-20")
    assert duration.last_days(first, "unstated", "PER") == (day("2020-04-18"), day("2020-05-05"))
    assert duration.last_days(first, "calendar", "PER") == (day("2020-04-18"), day("2020-04-18"))
    assert duration.last_days(first, "working", "PER") == (day("2020-05-05"), day("2020-05-05"))
    assert Duration.parse("P6M").last_days(first, "unstated", "PER") == (day("2020-09-19"), day("2020-09-19"))


def test_country_without_known_holidays_has_weekends_alone() -> None:
    assert public_holidays("ZZZ", 2020) == frozenset()
    assert [is_working_day(day(f"2020-05-0{number}"), "ZZZ") for number in (1, 2, 3, 4)] == [True, False, False, True]
    assert [is_working_day(day(f"2020-05-0{number}"), "PER") for number in (1, 2, 3, 4)] == [False, False, False, True]


@pytest.mark.parametrize("text", ["", "P", "P0D", "30", "P30", "p30d", "P1D1M", "P1.5M", "PT1H", "P12345D", "P30D "])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        Duration.parse(text)


def test_longest_duration_from_the_last_year_has_an_end() -> None:
    longest = Duration.parse("P99Y999M999W9999D")
    assert longest.last_day(day("2199-12-31"), "calendar").year == 2428


@pytest.mark.parametrize(
    ("duration", "basis", "words"),
    [
        ("P30D", "calendar", "30 calendar days"),
        ("P1D", "working", "1 working day"),
        ("P15D", "unstated", "15 days"),
        ("P6M", "calendar", "6 months"),
        ("P1Y1M15D", "calendar", "1 year, 1 month and 15 calendar days"),
    ],
)
def test_duration_is_said_in_words(duration: str, basis: str, words: str) -> None:
    assert Duration.parse(duration).in_words(basis) == words
