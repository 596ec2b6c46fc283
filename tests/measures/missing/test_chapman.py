"""How many there are, from two searches: the formula, the interval, and both on the real record with a part hidden."""

import csv
from collections.abc import Iterator, Sequence
from math import comb

import numpy as np
import pytest
from django.conf import settings

from measures.missing.chapman import Overlap, chapman, evenness, interval
from measures.missing.estimate import Find, estimate

TRIALS = 200
SEED = 2


def test_estimate_is_that_of_the_literature() -> None:
    """The trout of Robson and Regier's example: 109 marked, 177 caught, 57 of these marked."""
    assert chapman(Overlap(109, 177, 57)) == pytest.approx(336.586, abs=0.001)
    assert chapman(Overlap(10, 10, 10)) == 10
    with pytest.raises(ValueError, match="11 cannot be common to 10 and 20"):
        Overlap(10, 20, 11)


def test_interval_is_exact() -> None:
    """Against the chances themselves, by counting in whole numbers."""
    overlap = Overlap(12, 15, 8)
    kept = []
    for total in range(overlap.found, 200):
        chances = [comb(12, both) * comb(total - 12, 15 - both) / comb(total, 15) for both in range(13)]
        half = chances[8] / 2
        if sum(chances[:8]) + half > 0.05 and sum(chances[9:]) + half > 0.05:
            kept.append(total)
    assert interval(overlap) == (kept[0], kept[-1])
    assert kept == list(range(kept[0], kept[-1] + 1))


def test_interval_needs_something_in_common_and_grows_with_the_level() -> None:
    with pytest.raises(ValueError, match="no upper bound"):
        interval(Overlap(5, 5, 0))
    narrow, wide = interval(Overlap(30, 30, 20), 0.5), interval(Overlap(30, 30, 20), 0.99)
    assert wide[0] <= narrow[0] <= 44 <= narrow[1] < wide[1]
    assert interval(Overlap(9000, 9000, 8100))[0] > 9900


def test_evenness_tells_groups_that_one_search_left_out() -> None:
    groups = ["work"] * 20 + ["health"] * 20
    assert evenness(groups, [1, 2] * 20) > 0.5
    assert evenness(groups, [1] * 20 + [2] * 20) < 0.01
    assert evenness(groups, [1] * 40) == evenness(["work"] * 40, [1, 2] * 20) == evenness([], []) == 1.0


# The record of the demo, with a part hidden


def _topics(countries: Sequence[str]) -> list[str]:
    """The upper topic of each entry of some countries, of all if none is named."""
    rows: list[dict[str, str]] = []
    for folder in ("", "americas/"):
        with (settings.BASE_DIR / "fixtures" / f"{folder}measures.csv").open(encoding="utf-8", newline="") as file:
            rows += [row for row in csv.DictReader(file) if row["country"] in countries or not countries]
    return [row["topics"].partition(".")[0] for row in rows]


def _hidden(topics: Sequence[str], how: str, trials: int = TRIALS) -> Iterator[list[Find]]:
    """The finds of each trial: the first search misses a fifth of the record, the second half of it at random."""
    random, every = np.random.default_rng(SEED), np.array(topics)
    for _trial in range(trials):
        seen = np.ones(len(every), dtype=bool)
        if how == "at random":
            seen[random.permutation(len(every))[: round(len(every) / 5)]] = False
        else:
            for topic in random.permutation(np.unique(every)):
                seen[every == topic] &= (~seen).sum() >= len(every) / 5
        other = random.random(len(every)) < 0.5
        if how == "by topic from both":
            other &= seen
        yield [Find(bool(a), bool(b), t) for a, b, t in zip(seen, other, every, strict=True) if a or b]


@pytest.mark.parametrize("countries", [["PER"], []])
def test_interval_covers_the_truth_where_a_fifth_is_hidden_at_random(countries: list[str]) -> None:
    topics = _topics(countries)
    found = [estimate(("A", "B"), finds, {}) for finds in _hidden(topics, "at random")]
    stated = [one for one in found if one.low is not None and one.high is not None]
    covering = sum(one.low <= len(topics) <= one.high for one in stated if one.low and one.high)
    assert len(stated) >= 0.95 * TRIALS
    assert 0.85 <= covering / len(stated) <= 0.95
    assert sum(bool(one.doubts) for one in stated) <= 0.1 * TRIALS


@pytest.mark.parametrize("how", ["by topic from one", "by topic from both"])
@pytest.mark.parametrize("countries", [["PER"], []])
def test_what_is_hidden_by_topic_is_said(countries: list[str], how: str) -> None:
    topics = _topics(countries)
    found = [estimate(("A", "B"), finds, dict.fromkeys(topics, "A topic")) for finds in _hidden(topics, how, 40)]
    assert sum(bool(one.caveats) for one in found) >= 38
    uneven = [one for one in found if any("different topics" in doubt for doubt in one.doubts)]
    assert (len(uneven) >= 38) == (how == "by topic from one")
