"""How many there are, from two searches that overlap (capture and recapture). Pure functions on counts.

Two searches look for the same acts independently. The first finds `first` of them, the second `second`, and `both` are
among the finds of either. If the second finds every act with the same chance, whether the first has found it or not, it
finds the share second / N of the first one's finds, which gives N.

The estimate is that of D. G. Chapman, Some properties of the hypergeometric distribution with applications to
zoological sample censuses, University of California Publications in Statistics 1 (1951), 131-160. It has no bias worth
the name from seven common finds (D. S. Robson and H. A. Regier, Sample size in Petersen mark-recapture experiments,
Transactions of the American Fisheries Society 93 (1964), 215-226). The interval inverts the hypergeometric distribution
of `both`, with half the probability of what was observed in each tail (H. O. Lancaster, Significance tests in discrete
distributions, Journal of the American Statistical Association 56 (1961), 223-234).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.9
"""The usual level of an interval."""
LEAST_BOTH = 7
"""Common finds from which an estimate is worth stating."""
DRAWS = 499
"""Random arrangements of a test of evenness; its smallest p is 1 / (DRAWS + 1)."""
MOST_CELLS = 1_000_000
"""Finds that are arranged at once, for the sake of memory."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """The finds of two searches, and those that both found; raise ValueError for impossible counts."""

    first: int
    second: int
    both: int

    def __post_init__(self) -> None:
        if not 0 <= self.both <= min(self.first, self.second):
            raise ValueError(f"{self.both} cannot be common to {self.first} and {self.second}.")

    @property
    def found(self) -> int:
        """What either found."""
        return self.first + self.second - self.both


def chapman(overlap: Overlap) -> float:
    """How many there are in all, found or not."""
    return (overlap.first + 1) * (overlap.second + 1) / (overlap.both + 1) - 1


def interval(overlap: Overlap, level: float = LEVEL) -> tuple[int, int]:
    """The lowest and highest total that the overlap does not contradict, at a level between 0 and 1.

    Raise ValueError without a common find: then no total is too high.
    """
    if not overlap.both:
        raise ValueError("Without a common find there is no upper bound.")
    tail = (1 - level) / 2
    lowest = _first_total(overlap, lambda fewer, more: fewer > tail)
    above = _first_total(overlap, lambda fewer, more: more <= tail)
    return lowest, max(lowest, above - 1)


def _first_total(overlap: Overlap, holds: Callable[[float, float], bool]) -> int:
    """The first total for which a condition holds that holds for all beyond it."""
    low = overlap.found
    if holds(*_tails(overlap, low)):
        return low
    high = low + 1
    while not holds(*_tails(overlap, high)):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(*_tails(overlap, middle)) else (middle, high)
    return high


def _tails(overlap: Overlap, total: int) -> tuple[float, float]:
    """The chance of fewer and of more common finds than these, each with half the chance of as many."""
    least, most = max(0, overlap.first + overlap.second - total), min(overlap.first, overlap.second)
    x = np.arange(least, most, dtype=float)
    ratios = (overlap.first - x) * (overlap.second - x)
    ratios /= (x + 1) * (total - overlap.first - overlap.second + x + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(ratios))])
    chances = np.exp(logs - logs.max())
    chances /= chances.sum()
    place = overlap.both - least
    half = chances[place] / 2
    return float(chances[:place].sum() + half), float(chances[place + 1 :].sum() + half)


def evenness(groups: Sequence[str], finders: Sequence[int], *, draws: int = DRAWS, seed: int = 0) -> float:
    """The p-value that finds of all groups, such as topics, were found alike: by one search, the other or both.

    `finders` has a small number for each find: which of the searches found it. Pearson's chi-square of groups by
    finders is compared with that of random arrangements, since many groups have few finds. 1.0 if there is nothing to
    compare.
    """
    rows, columns = (np.unique(np.array(values), return_inverse=True)[1] for values in (groups, finders))
    if not len(rows) or not rows.any() or not columns.any():
        return 1.0
    width = int(columns.max()) + 1
    size = (int(rows.max()) + 1) * width
    expected = np.outer(np.bincount(rows), np.bincount(columns)).ravel() / len(rows)

    def distances(arranged: NDArray[np.int64]) -> NDArray[np.float64]:
        """The chi-square of each arrangement, one a row."""
        cells = np.arange(len(arranged))[:, None] * size + rows * width + arranged
        counts = np.bincount(cells.ravel(), minlength=len(arranged) * size).reshape(-1, size)
        found: NDArray[np.float64] = ((counts - expected) ** 2 / expected).sum(axis=1)
        return found

    observed, random, beyond = distances(columns[None, :])[0] - 1e-9, np.random.default_rng(seed), 0
    at_once = max(1, min(draws, MOST_CELLS // len(columns)))
    for start in range(0, draws, at_once):
        arranged = np.tile(columns, (min(at_once, draws - start), 1))
        beyond += int((distances(random.permuted(arranged, axis=1)) >= observed).sum())
    return (beyond + 1) / (draws + 1)
