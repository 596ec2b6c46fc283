"""Krippendorff's alpha: the examples of the literature, the library as a second opinion, and its interval."""

import tracemalloc
from typing import Any

import krippendorff
import numpy as np
import pytest

from measures.double_coding import agreement
from measures.double_coding.agreement import (
    Distances,
    Nominal,
    OfSets,
    Ordinal,
    TooVaried,
    agreement_of,
    alpha_of_units,
)

MISSING = None
FOUR_OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, MISSING, MISSING, MISSING),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, MISSING, 3),
    (MISSING, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, MISSING),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, MISSING),
)
"""Krippendorff (2011), “Computing Krippendorff's Alpha-Reliability”, section D: twelve units, with missing values."""
TWO_OBSERVERS = ((0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0))
"""Section A of the same: two observers, two values."""


@pytest.mark.parametrize(
    ("distances", "expected"),
    [(Nominal(), 0.743), (Ordinal(), 0.815)],
    ids=["nominal", "ordinal"],
)
def test_alpha_of_four_observers_with_missing_values(distances: Distances, expected: float) -> None:
    units = [[value - 1 for value in unit if value] for unit in zip(*FOUR_OBSERVERS, strict=True)]
    found = alpha_of_units(units, 5, distances)
    assert found is not None
    assert round(found, 3) == expected


def test_alpha_of_two_observers() -> None:
    found = agreement_of(list(zip(*TWO_OBSERVERS, strict=True)), [0, 1], Nominal())
    assert (found.pairs, found.share, round(found.alpha or 0, 3)) == (10, 0.6, 0.095)


@pytest.mark.parametrize(("scale", "level"), [(Nominal(), "nominal"), (Ordinal(), "ordinal")])
def test_alpha_of_many_pairs_is_that_of_the_library_and_lies_in_its_interval(scale: Any, level: Any) -> None:
    chance = np.random.default_rng(7)
    one = chance.integers(0, 4, 500)
    other = np.where(chance.random(500) < 0.7, one, chance.integers(0, 4, 500))
    found = agreement_of(list(zip(one.tolist(), other.tolist(), strict=True)), range(4), scale)
    assert found.alpha == pytest.approx(krippendorff.alpha([one, other], level_of_measurement=level))
    lower, alpha, upper = (figure or 0 for figure in (found.lower, found.alpha, found.upper))
    assert 0 < lower < alpha < upper < lower + 0.15


def test_interval_covers_the_alpha_of_all_acts_in_most_samples_of_them() -> None:
    """A hundred samples of 60 acts from 100,000: the interval of each should have the alpha of all in about 95."""
    chance = np.random.default_rng(11)
    one = chance.choice(3, 100_000, p=[0.6, 0.3, 0.1])
    other = np.where(chance.random(100_000) < 0.75, one, chance.choice(3, 100_000, p=[0.6, 0.3, 0.1]))
    whole = agreement_of(list(zip(one.tolist(), other.tolist(), strict=True)), range(3), Nominal()).alpha
    covered = 0
    for _sample in range(100):
        drawn = chance.integers(0, len(one), 60)
        found = agreement_of(list(zip(one[drawn].tolist(), other[drawn].tolist(), strict=True)), range(3), Nominal())
        covered += (found.lower or 0) <= (whole or 0) <= (found.upper or 0)
    assert 88 <= covered <= 100


def test_sets_are_apart_by_what_they_do_not_share() -> None:
    """Passonneau (2006): 1 less Jaccard's index, weighted 1 for equal sets, 2/3 for a part, 1/3 for an overlap."""
    sets = [frozenset(text) for text in ("", "a", "ab", "bc", "d")]
    one, other = np.divmod(np.arange(25), 5)
    apart = OfSets(sets).between(np.zeros(5), np.stack([one, other], axis=1)).reshape(5, 5)
    assert apart[0].tolist() == [0, 1, 1, 1, 1]
    assert apart[1].round(3).tolist() == [1, 0, 0.667, 1, 1]
    assert apart[2].round(3).tolist() == [1, 0.667, 0, 0.889, 1]
    assert (apart == apart.T).all()
    chance = np.random.default_rng(5)
    numbers = chance.integers(0, 9, (3, 5)).astype(float)
    assert OfSets(sets).expected(numbers) == pytest.approx(np.einsum("si,ij,sj->s", numbers, apart, numbers))


def test_memory_of_many_distinct_values_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Status histories have dates, so that nearly each act has one of its own, which shares an event with some."""
    histories = [frozenset((f"published@{day // 3}", f"in_force@{day}")) for day in range(2_400)]
    pairs = list(zip(histories, histories[1:] + histories[:1], strict=True))
    tracemalloc.start()
    sets = agreement_of(pairs, histories, OfSets(histories))
    plain = agreement_of(pairs, histories, Nominal())
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 << 20
    assert plain.alpha == pytest.approx(0, abs=0.01)
    assert sets.alpha == pytest.approx(2 / 3 * 1 / 9, abs=0.01)  # two of three share an event of three: 1/3 of 1/3
    monkeypatch.setattr(agreement, "MOST_SHARED", 2_399)
    with pytest.raises(TooVaried):
        OfSets(histories)


def test_no_alpha_where_nothing_varies() -> None:
    assert agreement_of([], [], Nominal()).share is None
    found = agreement_of([("a", "a")] * 50, ["a"], Nominal())
    assert (found.share, found.alpha, found.lower) == (1, None, None)


def test_no_interval_where_all_pairs_are_equal() -> None:
    found = agreement_of([("a", "a")] * 30 + [("b", "b")] * 10, ["a", "b"], Nominal())
    assert (found.alpha, found.lower, found.upper, found.is_full) == (1, None, None, True)
