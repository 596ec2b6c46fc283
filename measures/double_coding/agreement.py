"""How well two coders agree: Krippendorff's alpha with an interval, and the share of equal values beside it.

Alpha is 1 - D_o / D_e, the observed disagreement over the one that chance would bring (Krippendorff 2004, chapter 11):
1 is full agreement, 0 what chance gives. How far two values are apart depends on the scale: for a nominal one they are
equal or not; for an ordinal one it is the squared difference of their ranks; for sets it is MASI (Passonneau 2006),
which counts shared members.

The interval is a bootstrap over acts (Zapf et al. 2016): alpha of a thousand samples of the pairs, drawn with
replacement, of which the middle 95 per cent are taken. A pair counts only by its two values, so that samples are drawn
of the kinds of pairs that occur and not of the pairs. They are drawn from a fixed seed: the same codings have the same
interval. Where all pairs are equal, every sample is as well, and there is no interval: it would say that agreement is
certain.

No scale has a matrix of how far each two of any number of values are apart: it grows with the square of that number.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Indexes = NDArray[np.int64]
SAMPLES = 1_000
SEED = 2_004
LOWER, UPPER = 2.5, 97.5
"""The ends of the interval, in per cent of the samples."""
BATCH = 100
"""Samples that are computed at once, so that memory stays small."""
MOST_SHARED = 2_000_000
"""Members that each two different sets may have in common, all together; of more there is no alpha."""
MOST_IN_MATRIX = 2_000
"""Sets of which what each two have in common is a matrix of 32 MB at most, which is faster than a list."""
CHUNK = 10_000
"""Pairs of different sets that are weighted at once, so that memory stays small."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of a number of pairs: the share of equal ones (0 to 1), and alpha with its interval.

    The share is None without pairs. Alpha is None if all values are the same, since chance then agrees as well, or if
    sets have too much in common to be compared (`is_too_varied`). The interval is None if all pairs are equal, and if
    more than a few samples have no alpha.
    """

    pairs: int
    share: float | None = None
    alpha: float | None = None
    lower: float | None = None
    upper: float | None = None
    is_too_varied: bool = False

    @property
    def is_full(self) -> bool:
        """Whether all pairs are equal, so that there is no disagreement to draw samples of."""
        return self.share == 1


class TooVaried(ValueError):
    """So many different sets have members in common that to compare each two would take too long."""


class Distances(Protocol):
    """How far values are apart on a scale, by the indexes of the values."""

    def between(self, numbers: Numbers, ends: Indexes) -> Numbers:
        """Of each pair of values in `ends` (pairs by two), for the number of each value in one or several samples."""

    def expected(self, numbers: Numbers) -> Numbers:
        """Of each two of all values, the sum in each sample."""


class Nominal:
    """Values are the same or not."""

    def between(self, numbers: Numbers, ends: Indexes) -> Numbers:
        apart: Numbers = (ends[:, 0] != ends[:, 1]).astype(float)
        return apart

    def expected(self, numbers: Numbers) -> Numbers:
        found: Numbers = numbers.sum(axis=-1) ** 2 - (numbers**2).sum(axis=-1)
        return found


class Ordinal:
    """Values in their order: the squared difference of their middle ranks among all."""

    def between(self, numbers: Numbers, ends: Indexes) -> Numbers:
        ranks = _ranks(numbers)
        apart: Numbers = (ranks[..., ends[:, 0]] - ranks[..., ends[:, 1]]) ** 2
        return apart

    def expected(self, numbers: Numbers) -> Numbers:
        total = numbers.sum(axis=-1)
        from_middle = _ranks(numbers) - total[..., None] / 2  # the mean of the ranks of all
        found: Numbers = 2 * total * (numbers * from_middle**2).sum(axis=-1)
        return found


def _ranks(numbers: Numbers) -> Numbers:
    ranks: Numbers = np.cumsum(numbers, axis=-1) - numbers / 2
    return ranks


class OfSets(Nominal):
    """MASI: 1 less the share of common members, weighted by whether one set has the other, or both have own members.

    Sets without a common member are as far apart as two names, so that only those with one are noted. Raise TooVaried
    if these have more than `MOST_SHARED` in common.
    """

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        having: dict[str, list[int]] = {}
        for index, each in enumerate(sets):
            for member in each:
                having.setdefault(member, []).append(index)
        if sum(len(found) * (len(found) - 1) // 2 for found in having.values()) > MOST_SHARED:
            raise TooVaried
        self._size, sizes = max(len(sets), 1), np.array([len(each) for each in sets], dtype=np.int64)
        shared = [_each_two(np.array(found), self._size) for found in having.values() if len(found) > 1]
        self._keys, common = np.unique(np.concatenate([*shared, np.zeros(0, np.int64)]), return_counts=True)
        self._one, self._other = np.divmod(self._keys, self._size)
        one, other = sizes[self._one], sizes[self._other]
        weight = np.where(common == np.minimum(one, other), 2 / 3, 1 / 3)
        self._alike = common / (one + other - common) * weight

    def between(self, numbers: Numbers, ends: Indexes) -> Numbers:
        apart = super().between(numbers, ends)
        keys = ends.min(axis=1) * self._size + ends.max(axis=1)
        at = np.searchsorted(self._keys, keys)
        is_noted = at < len(self._keys)
        is_noted[is_noted] = self._keys[at[is_noted]] == keys[is_noted]
        apart[is_noted] -= self._alike[at[is_noted]]
        return apart

    def expected(self, numbers: Numbers) -> Numbers:
        found = super().expected(numbers)
        if self._size <= MOST_IN_MATRIX:
            alike = np.zeros((self._size, self._size))
            alike[self._one, self._other] = self._alike
            less: Numbers = found - 2 * (numbers @ alike * numbers).sum(axis=-1)
            return less
        by_value = np.ascontiguousarray(numbers.T)
        for start in range(0, len(self._keys), CHUNK):
            chunk = slice(start, start + CHUNK)
            found = found - 2 * (self._alike[chunk] @ (by_value[self._one[chunk]] * by_value[self._other[chunk]]))
        return found


def _each_two(indexes: Indexes, size: int) -> Indexes:
    """Each two of ascending indexes below `size`, as one number."""
    one, other = np.triu_indices(len(indexes), 1)
    keys: Indexes = indexes[one] * size + indexes[other]
    return keys


def alpha_of_units(units: Sequence[Sequence[int]], size: int, distances: Distances) -> float | None:
    """Alpha of any number of coders: for each unit the indexes of its values below `size`, missing ones left out."""
    coincidences: Counter[tuple[int, int]] = Counter()
    numbers = np.zeros(size)
    for values in units:
        for at, one in enumerate(values):
            for other in (*values[:at], *values[at + 1 :]):
                coincidences[one, other] += 1 / (len(values) - 1)  # type: ignore[assignment]  # weights, not counts
                numbers[one] += 1 / (len(values) - 1)
    weights = np.array(list(coincidences.values()))
    observed = float((weights * distances.between(numbers, np.array(list(coincidences)))).sum())
    expected = float(distances.expected(numbers))
    return 1 - (float(numbers.sum()) - 1) * observed / expected if expected > 0 else None


def agreement_of(
    pairs: Sequence[tuple[Hashable, Hashable]], values: Sequence[Hashable], distances: Distances
) -> Agreement:
    """How well pairs of values agree; `values` has each value once, in their order if they have one."""
    if not pairs:
        return Agreement(0)
    kinds = Counter(pairs)
    index = {value: number for number, value in enumerate(values)}
    ends = np.array([[index[one], index[other]] for one, other in kinds])
    counts = np.array(list(kinds.values()))
    numbers = _numbers_of(counts[None, :].astype(float), ends, len(values))
    (alpha,) = _alphas(counts[None, :].astype(float), numbers, ends, distances)
    share = share_of(pairs)
    if np.isnan(alpha):
        return Agreement(len(pairs), share)
    interval = (None, None) if share == 1 else _interval(counts, ends, len(values), distances)
    return Agreement(len(pairs), share, float(alpha), *interval)


def share_of(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """The share of equal pairs."""
    return sum(one == other for one, other in pairs) / len(pairs) if pairs else None


def _interval(counts: Indexes, ends: Indexes, size: int, distances: Distances) -> tuple[float | None, float | None]:
    """The interval of the samples; none if more of them are without an alpha than lie beyond it."""
    chance, shares = np.random.default_rng(SEED), counts / counts.sum()
    found = []
    for _batch in range(SAMPLES // BATCH):
        drawn = chance.multinomial(counts.sum(), shares, size=BATCH).astype(float)
        found.append(_alphas(drawn, _numbers_of(drawn, ends, size), ends, distances))
    alphas = np.concatenate(found)
    if np.isnan(alphas).mean() > LOWER / 100:
        return None, None
    lower, upper = np.nanpercentile(alphas, [LOWER, UPPER])
    return float(lower), float(upper)


def _numbers_of(drawn: Numbers, ends: Indexes, size: int) -> Numbers:
    """How often each value occurs in each sample."""
    numbers = np.zeros((len(drawn), size))
    for column in (0, 1):
        order = np.argsort(ends[:, column], kind="stable")
        values, starts = np.unique(ends[order, column], return_index=True)
        numbers[:, values] += np.add.reduceat(drawn[:, order], starts, axis=1)
    return numbers


def _alphas(drawn: Numbers, numbers: Numbers, ends: Indexes, distances: Distances) -> Numbers:
    """Alpha of each sample, NaN where all its values are the same."""
    observed = 2 * (drawn * distances.between(numbers, ends)).sum(axis=-1)
    expected = distances.expected(numbers)
    total = numbers.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alphas: Numbers = np.where(expected > 0, 1 - (total - 1) * observed / expected, np.nan)
    return alphas
