"""The days of an entry -> the pieces of its bar on an axis: solid, fading or a gap."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from measures.entries import Stretch
from measures.timeline.axis import Axis

STUB = 5.0
"""Most percent of the axis that days on which an act is possibly in force take: nobody knows how many there are."""
_ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar, from left to right in percent of the axis.

    `fade` is `out` or `in` where the act is possibly in force, `is_gap` says that it is suspended, `is_closed` that it
    ends there, `leads_on` that it goes on beyond the axis.
    """

    left: float
    right: float
    fade: str = ""
    is_gap: bool = False
    is_closed: bool = False
    leads_on: bool = False


def pieces_of(stretches: Sequence[Stretch], axis: Axis) -> list[Piece]:
    """What is seen of these stretches, in order; days beyond the axis are not."""
    seen = []
    for index, stretch in enumerate(stretches):
        after = stretches[index + 1] if index + 1 < len(stretches) else None
        before = stretches[index - 1] if index else None
        if stretch.state == "possibly":
            seen.append(_stub(stretch, _adjoins(before, stretch), _adjoins(stretch, after), axis))
        else:
            seen.append(_solid(stretch, after, axis))
    return [piece for piece in seen if piece]


def _adjoins(first: Stretch | None, second: Stretch | None) -> bool:
    """Whether the second begins on the day after the first."""
    if not (first and second and first.last and second.first):
        return False
    return first.last + _ONE_DAY == second.first


def _is_outside(stretch: Stretch, axis: Axis) -> bool:
    is_before = stretch.last is not None and stretch.last < axis.first
    return is_before or (stretch.first is not None and stretch.first >= axis.last)


def _edges(stretch: Stretch, axis: Axis) -> tuple[float, float]:
    """Its left and right edge: the end of its last day."""
    left = axis.at(stretch.first) if stretch.first else 0.0
    return left, axis.at(stretch.last + _ONE_DAY) if stretch.last else 100.0


def _solid(stretch: Stretch, after: Stretch | None, axis: Axis) -> Piece | None:
    if _is_outside(stretch, axis):
        return None
    left, right = _edges(stretch, axis)
    leads_on = stretch.last is None or stretch.last >= axis.last
    is_gap = stretch.state == "suspended"
    fades = _adjoins(stretch, after) and after is not None and after.state == "possibly"
    return Piece(left, right, "", is_gap, not (leads_on or fades or is_gap), leads_on and not is_gap)


def _stub(stretch: Stretch, follows: bool, leads: bool, axis: Axis) -> Piece | None:
    """A stub beside what is known: at its end where that is all that is known, at its beginning otherwise."""
    if _is_outside(stretch, axis):
        return None
    left, right = _edges(stretch, axis)
    is_rising = stretch.first is None or (leads and not follows)
    if is_rising:
        return Piece(max(left, right - STUB), right, "in", is_closed=not leads and stretch.last is not None)
    return Piece(left, min(right, left + STUB), "out")
