import pytest
from hypothesis import given
from hypothesis import strategies as st

from countries.models import Country, Observation
from foundation.keys import key_of, whole_number


@given(st.text())
def test_text_is_the_number_that_it_prints_or_none(text: str) -> None:
    number = whole_number(text)
    assert number is None or (str(number) == (text.lstrip("0") or "0") and number < 2**63)


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "1.0", " 1", "9" * 19, "9" * 5000])
def test_what_is_no_whole_number(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize(("text", "key"), [("7", 7), ("", None), ("NaN", None), ("9" * 30, None), ("\0", None)])
def test_key_is_what_the_column_of_keys_can_hold(text: str, key: int | None) -> None:
    assert key_of(Observation, text) == key


def test_key_of_text_is_any_text_without_nul() -> None:
    assert [key_of(Country, text) for text in ("PER", "none", "a\0b")] == ["PER", "none", None]
