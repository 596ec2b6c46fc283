"""How well two coders agree: Krippendorff's alpha with an interval, and the share of equal values beside it.

Alpha is 1 - D_o / D_e, the observed disagreement over the one that chance would bring (Krippendorff 2004, chapter 11):
1 is full agreement, 0 what chance gives. How far two values are apart depends on the scale: for a nominal one they are
equal or not; for an ordinal one it is the squared difference of their ranks; for sets it is MASI (Passonneau 2006),
which counts shared members.

The interval is a bootstrap over acts (Zapf et al. 2016): alpha of a thousand samples of the pairs, drawn with
replacement, of which the middle 95 per cent are taken. A pair counts only by its two values, so that samples are drawn
of the kinds of pairs that occur and not of the pairs. They are drawn from a fixed seed: the same codings have the same
interval.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
SAMPLES = 1_000
SEED = 2_004
LOWER, UPPER = 2.5, 97.5
"""The ends of the interval, in per cent of the samples."""
BATCH = 100
"""Samples that are computed at once, so that memory stays small."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of a number of pairs: the share of equal ones (0 to 1), and alpha with its interval.

    The share is None without pairs. Alpha is None if all values are the same, since chance then agrees as well; the
    interval, if that is so in more than a few samples.
    """

    pairs: int
    share: float | None = None
    alpha: float | None = None
    lower: float | None = None
    upper: float | None = None


Distances = Callable[[Numbers], Numbers]
"""From the number of each value to how far each two are apart, in one or several samples."""


def nominal(size: int) -> Distances:
    """Values are the same or not."""
    apart = 1 - np.eye(size)
    return lambda _numbers: apart


def ordinal(_size: int) -> Distances:
    """Values in their order: the squared difference of their middle ranks among all."""

    def apart(numbers: Numbers) -> Numbers:
        ranks = np.cumsum(numbers, axis=-1) - numbers / 2
        return (ranks[..., :, None] - ranks[..., None, :]) ** 2

    return apart


def of_values(values: Sequence[float], *, is_ratio: bool = False) -> Distances:
    """Numbers: the squared difference, for a ratio scale divided by their squared sum."""
    one, other = np.asarray(values, float)[:, None], np.asarray(values, float)[None, :]
    total = np.where(one + other == 0, 1, one + other) if is_ratio else 1.0
    apart = ((one - other) / total) ** 2
    return lambda _numbers: apart


def of_sets(sets: Sequence[frozenset[str]]) -> Distances:
    """MASI: 1 less the share of common members, weighted by whether one set has the other, or both have own members."""
    members = sorted(frozenset().union(*sets))
    has = np.array([[member in each for member in members] for each in sets], float).reshape(len(sets), len(members))
    sizes = has.sum(axis=1)
    common = has @ has.T
    together = sizes[:, None] + sizes[None, :] - common
    smaller, larger = np.minimum(sizes[:, None], sizes[None, :]), np.maximum(sizes[:, None], sizes[None, :])
    weight = np.select([common == larger, common == smaller, common > 0], [1, 2 / 3, 1 / 3], 0)
    apart = 1 - np.divide(common, together, out=np.ones_like(common), where=together > 0) * weight
    return lambda _numbers: apart


def alpha_of_units(units: Sequence[Sequence[int]], size: int, distances: Distances) -> float | None:
    """Alpha of any number of coders: for each unit the indexes of its values below `size`, missing ones left out."""
    coincidences = np.zeros((size, size))
    for values in units:
        for at, one in enumerate(values):
            for other in (*values[:at], *values[at + 1 :]):
                coincidences[one, other] += 1 / (len(values) - 1)
    numbers = coincidences.sum(axis=1)
    return _alpha((coincidences * (apart := distances(numbers))).sum(), numbers, apart)


def _alpha(observed: float, numbers: Numbers, apart: Numbers) -> float | None:
    expected = float(numbers @ apart @ numbers)
    return float(1 - (numbers.sum() - 1) * observed / expected) if expected > 0 else None


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
    alphas = _alphas(counts[None, :].astype(float), numbers, ends, distances)
    share = float(counts[ends[:, 0] == ends[:, 1]].sum() / counts.sum())
    if np.isnan(alphas[0]):
        return Agreement(len(pairs), share)
    return Agreement(len(pairs), share, float(alphas[0]), *_interval(counts, ends, len(values), distances))


def _interval(
    counts: NDArray[np.int64], ends: NDArray[np.int64], size: int, distances: Distances
) -> tuple[float | None, float | None]:
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


def _numbers_of(drawn: Numbers, ends: NDArray[np.int64], size: int) -> Numbers:
    """How often each value occurs in each sample."""
    numbers = np.zeros((len(drawn), size))
    for column in (0, 1):
        order = np.argsort(ends[:, column], kind="stable")
        values, starts = np.unique(ends[order, column], return_index=True)
        numbers[:, values] += np.add.reduceat(drawn[:, order], starts, axis=1)
    return numbers


def _alphas(drawn: Numbers, numbers: Numbers, ends: NDArray[np.int64], distances: Distances) -> Numbers:
    """Alpha of each sample, NaN where all its values are the same."""
    apart = distances(numbers)
    between = apart[..., ends[:, 0], ends[:, 1]]
    observed = 2 * (drawn * between).sum(axis=-1)
    expected = (np.matmul(numbers[:, None, :], apart)[:, 0, :] * numbers).sum(axis=-1)
    total = numbers.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        alphas: Numbers = np.where(expected > 0, 1 - (total - 1) * observed / expected, np.nan)
    return alphas
