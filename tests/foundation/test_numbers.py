"""Numbers as people write them."""

from contextlib import suppress
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from foundation.numbers import NumberProblem, TypedNumber, in_file, interpretation, read_number

READ = {
    "4,5": "4.5",
    "4.5": "4.5",
    "0,75": "0.75",
    "0.125": "0.125",
    ".5": "0.5",
    "1.234.567": "1234567",
    "1,234,567": "1234567",
    "1.234,5": "1234.5",
    "1,234.5": "1234.5",
    "1,234.567": "1234.567",
    "1234.567": "1234.567",
    "12.3450": "12.345",
    "1 700 000": "1700000",
    "1\N{NARROW NO-BREAK SPACE}700\N{NO-BREAK SPACE}000": "1700000",
    "1'700'000": "1700000",
    "1’700’000,5": "1700000.5",
    "1,7 millones": "1700000",
    "1.7 million": "1700000",
    "2 milhões": "2000000",
    "3 mil": "3000",
    "12 mil millones": "12000000000",
    "-3": "-3",
    "\N{MINUS SIGN}3,25": "-3.25",
    "+7": "7",
    "١٢٣": "123",
    "١٢٫٥": "12.5",
    "１２．５": "12.5",
    " 482500 ": "482500",
    "007": "7",
}


@pytest.mark.parametrize(("text", "value"), READ.items())
def test_number_is_read_as_people_write_it(text: str, value: str) -> None:
    assert read_number(text) == TypedNumber(Decimal(value), False)


@pytest.mark.parametrize("text", ["12 %", "12%", "12,0 ٪"])
def test_percent_sign_is_told(text: str) -> None:
    assert read_number(text) == TypedNumber(Decimal(12), True)


AMBIGUOUS = {
    "12.000": "“12.000” can be read as 12000 or as 12. Write 12000 or 12.",
    "12,000": "“12,000” can be read as 12000 or as 12. Write 12000 or 12.",
    "4,500": "“4,500” can be read as 4500 or as 4.5. Write 4500 or 4.5.",
    "-12.345": "“-12.345” can be read as -12345 or as -12.345. Write -12345 or -12.3450.",
    "1.234 million": "“1.234 million” can be read as 1234000000 or as 1234000. Write 1234000000 or 1234000.",
}


@pytest.mark.parametrize(("text", "words"), AMBIGUOUS.items())
def test_number_with_two_readings_is_refused_with_both(text: str, words: str) -> None:
    with pytest.raises(NumberProblem) as raised:
        read_number(text)
    assert f"{raised.value.problem} {raised.value.remedy}" == words


REFUSED = [
    "",
    "-",
    "about 12",
    "12 billion",
    "1 7 000",
    "1,00,000",
    "1.2.3",
    "1.234.56",
    "12.",
    "1,234,5",
    "0.000.000",
    "²",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NumberProblem) as raised:
        read_number(text)
    assert raised.value.problem == f"“{text}” is not a number."
    assert raised.value.remedy == "Write digits, with a point or comma before decimals: 1700000, 26.7 or 26,7."


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("1e6", "Write it in full: 1000000."),
        ("2.5E-3", "Write it in full: 0.0025."),
        ("1e999", "Write digits, with a point or comma before decimals: 1700000, 26.7 or 26,7."),
    ],
)
def test_short_form_is_refused_with_the_long_one(text: str, remedy: str) -> None:
    with pytest.raises(NumberProblem) as raised:
        read_number(text)
    assert raised.value.remedy == remedy


def test_long_text_is_quoted_in_part() -> None:
    with pytest.raises(NumberProblem) as raised:
        read_number("9" * 5000)
    assert raised.value.problem == f"“{'9' * 79}…” is not a number."


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**14), max_value=10**14))
def test_number_in_a_file_is_read_again(value: Decimal) -> None:
    assert read_number(in_file(value)).value == value
    assert in_file(read_number(in_file(value)).value) == in_file(value)


@given(st.text(alphabet="0123456789.,' -+%e·mil", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(NumberProblem):
        found = read_number(text)
        assert read_number(in_file(found.value)).value == found.value


def test_interpretation_groups_thousands_in_the_language() -> None:
    assert interpretation("1.7 million") == "1,700,000"
    assert interpretation("12 %") == "12"
    assert interpretation("") == ""
    with pytest.raises(ValidationError, match="can be read as 12000 or as 12"):
        interpretation("12.000")
