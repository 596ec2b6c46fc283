"""Sets of days as sorted, separate pairs of first and last day, both included."""

from __future__ import annotations

from collections.abc import Iterable

Ranges = list[tuple[int, int]]


def union(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """The days in any of the pairs; a pair whose last day is before its first is empty."""
    joined: Ranges = []
    for first, last in sorted(pair for pair in pairs if pair[0] <= pair[1]):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def intersection(a: Ranges, b: Ranges) -> Ranges:
    """The days in both."""
    return union((max(x[0], y[0]), min(x[1], y[1])) for x in a for y in b)


def holds(ranges: Ranges, day: int) -> bool:
    """Whether a day is among them."""
    return any(first <= day <= last for first, last in ranges)
