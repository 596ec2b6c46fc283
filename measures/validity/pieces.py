"""From pieces, whose bounds are known within bounds, to days."""

from __future__ import annotations

from measures.validity.bounds import Case, Day
from measures.validity.facts import BEGINNING, FAR, NEVER
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


def days_of_pieces(case: Case, pieces: list[Piece], certain: bool) -> Ranges:
    """The days in the pieces in every reading of the case, or in any; without bound from BEGINNING or to NEVER."""
    if certain:
        pairs = (
            (max(map(case.latest, piece.firsts)), min(map(case.earliest, piece.lasts)))
            for piece in pieces
        )
    else:
        pairs = (
            (max(map(case.earliest, piece.firsts)), min(map(case.latest, piece.lasts)))
            for piece in pieces
            if not _is_empty(case, piece)
        )
    return union((first, NEVER if last >= _ENDLESS else last) for first, last in pairs if first < _ENDLESS)


__all__ = ["BEGINNING", "days_of_pieces", "joined"]
