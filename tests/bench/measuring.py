"""How results are measured and compared with targets.

The product and its peer run in turns, after a warm-up, so that disturbances affect both. The result is the ratio of the
medians; the noise is the spread of the peer's runs. A ratio closer to its target than the noise is not judged.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles

Run = Callable[[], float]
"""Runs once and returns the cost, in the unit of the measurement."""


@dataclass(frozen=True, slots=True)
class Target:
    """The maximum, or minimum, of the ratio to the peer (or of the figure to a limit)."""

    ratio: float
    at_least: bool = False

    def holds(self, ratio: float) -> bool:
        """Whether the ratio meets the target."""
        return ratio >= self.ratio if self.at_least else ratio <= self.ratio

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        if 0 < self.ratio < 0.1:
            return f"{sign} 1/{1 / self.ratio:.0f}"
        return f"{sign} {self.ratio:g}"


@dataclass(frozen=True, slots=True)
class Result:
    """A row of the table. Without a target it is informative."""

    name: str
    figure: float
    unit: str
    peer: float
    peer_name: str
    target: Target | None = None
    noise: float = 0.0
    """Half of the peer's runs lie within this part of its median."""

    @property
    def ratio(self) -> float:
        """The ratio to the peer; for a limit of zero, the figure itself."""
        return self.figure / (self.peer or 1)

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target, or if there is too much noise."""
        if self.target is None:
            return None
        verdicts = {
            self.target.holds(ratio) for ratio in (self.ratio / (1 + self.noise), self.ratio * (1 + self.noise))
        }
        return verdicts.pop() if len(verdicts) == 1 else None

    @property
    def verdict(self) -> str:
        """met, short, noisy, or nothing."""
        if self.target is None:
            return ""
        return {True: "met", False: "short", None: "noisy"}[self.met]


def timed(work: Callable[[], object]) -> Run:
    """A run that returns the duration of the work in seconds."""

    def run() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run


def in_turns(*runs: Run, rounds: int = 5, patience: float = 60, warm_up: bool = True) -> list[list[float]]:
    """The results of each, run in turns, after one warm-up run each by default; at least two rounds.

    No new round begins after `patience` seconds.
    """
    start = time.perf_counter()
    for run in runs if warm_up else ():
        run()
    found: list[list[float]] = [[] for _run in runs]
    while len(found[0]) < 2 or (len(found[0]) < rounds and time.perf_counter() - start < patience):
        for run, figures in zip(runs, found, strict=True):
            figures.append(run())
    return found


def spread(figures: list[float]) -> float:
    """The spread of results: the interquartile range (of fewer than four, the full range) relative to the median."""
    if len(figures) < 2:
        return 0.0
    low, high = (min(figures), max(figures)) if len(figures) < 4 else quantiles(figures, n=4)[::2]
    return (high - low) / median(figures)


def compared(
    name: str,
    unit: str,
    ours: Run,
    peer: Run,
    peer_name: str,
    target: Target | None = None,
    *,
    rounds: int = 5,
    patience: float = 60,
) -> Result:
    """Measure both in turns and compare them."""
    figures, peers = in_turns(ours, peer, rounds=rounds, patience=patience)
    return Result(name, median(figures), unit, median(peers), peer_name, target, spread(peers))


def limited(name: str, figure: float, unit: str, limit: float, target: Target | None = None) -> Result:
    """A figure compared with a fixed limit."""
    return Result(name, figure, unit, limit, "limit", target or Target(1))
