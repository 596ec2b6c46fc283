"""Agreement of two coders of 10,000 acts, with its interval: the limit is a second for each field."""

import time
from collections.abc import Iterator

import numpy as np

from measures.double_coding.agreement import Nominal, OfSets, Ordinal, agreement_of
from tests.bench.measuring import Result, limited
from tests.bench.run import Bench

PAIRS = 10_000
LIMIT = 1.0
"""Seconds of the processor."""


def measurements(_bench: Bench) -> Iterator[Result]:
    """A field of 30 kinds, one of three levels, and sets of up to three of 40 topics, in 300 combinations."""
    chance = np.random.default_rng(1)
    topics = [f"topic-{number:02}" for number in range(40)]
    sets = [frozenset(chance.choice(topics, chance.integers(1, 4), replace=False).tolist()) for _each in range(300)]
    sets = sorted(set(sets), key=sorted)
    for name, values, distances in (
        ("agreement, nominal", [*range(30)], Nominal()),
        ("agreement, ordinal", [*range(3)], Ordinal()),
        ("agreement, sets", sets, OfSets(sets)),
    ):
        one = chance.integers(0, len(values), PAIRS)
        other = np.where(chance.random(PAIRS) < 0.7, one, chance.integers(0, len(values), PAIRS))
        pairs = [(values[first], values[second]) for first, second in zip(one, other, strict=True)]
        start = time.process_time()
        agreement_of(pairs, values, distances)
        yield limited(name, time.process_time() - start, "s", LIMIT)
