"""What is true of an act on a day, held to account by a slow reference."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.random_histories import differences


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10**6))
def test_nothing_is_claimed_that_a_reading_denies(seed: int) -> None:
    # `python -m tests.random_histories 3000` tries more
    assert [str(one) for one in differences(seed) or () if one.is_unsafe] == []
