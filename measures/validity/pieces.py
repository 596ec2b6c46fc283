"""From pieces, whose bounds are known within bounds, to days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from measures.validity.bounds import Case, Day
from measures.validity.facts import FAR, NEVER
from measures.validity.ranges import Ranges, union
from measures.validity.story import Piece

_ENDLESS = FAR - 1000


def joined(case: Case, pieces: list[Piece]) -> list[Piece]:
    """Pieces between which no day can lie become one."""
    whole: list[Piece] = []
    for piece in pieces:
        if _is_empty(case, piece):
            continue
        if whole and (both := _both(case, whole[-1], piece)):
            whole[-1] = both
        else:
            whole.append(piece)
    return whole


def _is_empty(case: Case, piece: Piece) -> bool:
    return any(case.never(first, last) for first in piece.firsts for last in piece.lasts)


def _both(case: Case, a: Piece, b: Piece) -> Piece | None:
    """The days of both as one piece, where the second surely begins when the first is over, or before."""
    for turn in b.firsts:
        eve = turn.after(-1)
        if not any(last.same_as(eve) for last in a.lasts):
            continue
        lasts_on = all(_among(last, b.lasts) or case.surely(eve, last) for last in a.lasts)
        begun = all(first.same_as(turn) or _among(first, a.firsts) or case.surely(first, turn) for first in b.firsts)
        if lasts_on and begun:
            return Piece(a.firsts, b.lasts)
    return None


def _among(day: Day, days: tuple[Day, ...]) -> bool:
    return any(day.same_as(other) for other in days)


class Bound(NamedTuple):
    """A boundary of days, and the fact that it hangs on."""

    day: int
    fact: object


class Bounds(NamedTuple):
    """The first and the last day of an interval."""

    first: Bound
    last: Bound


def certain_bounds(case: Case, pieces: list[Piece]) -> list[Bounds]:
    """The days that are in the pieces in every reading of the case."""
    return [
        Bounds(
            _chosen(max, ((case.latest(day), day) for day in piece.firsts)),
            _chosen(min, ((case.earliest(day), day) for day in piece.lasts)),
        )
        for piece in pieces
    ]


def possible_bounds(case: Case, pieces: list[Piece]) -> list[Bounds]:
    """The days that are in the pieces in any reading of the case."""
    return [
        Bounds(
            _chosen(max, ((case.earliest(day), day) for day in piece.firsts)),
            _chosen(min, ((case.latest(day), day) for day in piece.lasts)),
        )
        for piece in pieces
        if not _is_empty(case, piece)
    ]


def _chosen(choose: Callable[..., tuple[int, Day]], days: Iterable[tuple[int, Day]]) -> Bound:
    number, day = choose(days, key=lambda pair: pair[0])
    return Bound(number, day.fact)


def as_ranges(bounds: Iterable[Bounds]) -> Ranges:
    """The days within; without bound from BEGINNING or to NEVER."""
    return union(
        (first.day, NEVER if last.day >= _ENDLESS else last.day) for first, last in bounds if first.day < _ENDLESS
    )
