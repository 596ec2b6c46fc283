"""A country among its neighbours, cut out of the map: what its page shows without a picture of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from countries.models import Area, Country
from countries.shapes import Drawing, drawing_of

MARGIN = 0.25
"""Sea and neighbours on each side, as a share of the longer side of the country."""
SMALLEST = 240
"""Sides of the shortest picture, in tenths of a map unit, so that an island is seen among others."""
FLATTEST = 1.6
"""How much wider or higher than the other side a picture may be."""
_RING = re.compile(r"[Mm][^Mm]{1,200000}")
_NUMBER = re.compile(r"-?\d{1,6}")

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The `d` of the paths of a country and of all land around it; `box` is the view, as SVG writes it."""

    country: str
    around: str
    box: str


@dataclass(frozen=True, slots=True)
class _Ring:
    """A closed line with absolute beginning, and its bounds."""

    path: str
    bounds: Box


def outline_of(country: Country) -> Outline | None:
    """The outline of a country, from a map that has all of it if there is one; None if it is on no map."""
    drawings = {area.value: drawing_of(area.value) for area in Area}
    found = [area for area, drawing in drawings.items() if country.m49 in drawing.shapes]
    whole = [area for area in found if _has_all(drawings[area], country.m49)]
    return _outline((whole or found)[0], country.m49) if found else None


def _has_all(drawing: Drawing, m49: str) -> bool:
    left, top, right, bottom = _mainland(_rings(drawing.shapes[m49].path))
    return left >= 0 and top >= 0 and right <= drawing.width and bottom <= drawing.height


@cache
def _outline(area: str, m49: str) -> Outline:
    drawing = drawing_of(area)
    rings = _rings(drawing.shapes[m49].path)
    left, top, right, bottom = _view(rings, drawing)
    around = [
        ring.path
        for code, shape in drawing.shapes.items()
        if code != m49
        for ring in _rings(shape.path)
        if _meet(ring.bounds, (left, top, right, bottom))
    ]
    return Outline("".join(ring.path for ring in rings), "".join(around), f"{left} {top} {right - left} {bottom - top}")


@cache
def _rings(path: str) -> tuple[_Ring, ...]:
    return tuple(_absolute(path))


def _absolute(path: str) -> Iterator[_Ring]:
    """The rings of a path, each of which begins relative to the beginning of the one before."""
    x = y = 0
    for ring in _RING.findall(path):
        numbers = list(map(int, _NUMBER.findall(ring)))
        x, y = (numbers[0], numbers[1]) if ring[0] == "M" else (x + numbers[0], y + numbers[1])
        xs, ys = [x], [y]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            xs.append(xs[-1] + dx)
            ys.append(ys[-1] + dy)
        rest = ring[ring.index("l") :] if "l" in ring else "z"
        yield _Ring(f"M{x} {y}{rest}", (min(xs), min(ys), max(xs), max(ys)))


def _view(rings: tuple[_Ring, ...], drawing: Drawing) -> Box:
    """The largest part of a country with a margin, within the map: islands far off do not make it tiny."""
    left, top, right, bottom = _mainland(rings)
    longer = max(right - left, bottom - top, SMALLEST)
    wide, high = (max(side, longer / FLATTEST) / 2 + longer * MARGIN for side in (right - left, bottom - top))
    x, y = (left + right) / 2, (top + bottom) / 2
    return (
        round(max(x - wide, 0)),
        round(max(y - high, 0)),
        round(min(x + wide, drawing.width)),
        round(min(y + high, drawing.height)),
    )


def _mainland(rings: tuple[_Ring, ...]) -> Box:
    """The bounds of the largest part."""
    return max((ring.bounds for ring in rings), key=_size)


def _size(box: Box) -> int:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def _meet(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
