"""Bars and marks of a timeline, packed into rows for wide and for narrow plots."""

from collections.abc import Sequence
from dataclasses import dataclass

from measures.timeline.axis import Plot, percent
from measures.timeline.pieces import Piece

CHARACTER = 6.7
"""Average width in pixels of a label's character, at 13 pixels of Public Sans; measured 6.55, plus some room."""
ICON = 14
"""Pixels from the middle of a mark's shape to its label."""
SIGN = 14
"""Pixels that the sign of a direction takes between shape and label."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Days of an entry: solid while it is in force; a stub that fades `in` or `out` where it possibly is.

    It is closed by a cap where the act ends or is suspended, or continued by an arrow beyond the axis.
    """

    x: str
    width: str
    fade: str
    cap: str
    has_arrow: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """The extent of a mark in percent of the axis: its icon, and all its bars if it has any.

    `label` is the end of its label in pixels from the icon, `indent` how far from the icon it begins.
    """

    icon: float
    bar: tuple[float, float] | None
    label: float
    is_earlier: bool
    indent: int = ICON


@dataclass(frozen=True, slots=True)
class Place:
    """The row of a mark in one layout, whether its label precedes it, and how many characters fit."""

    row: int
    is_flipped: bool
    fits: int


def pack(shapes: Sequence[Shape], plot: Plot) -> tuple[list[Place], int]:
    """Put each shape in the first row that is free at its start; shapes must be sorted by start."""
    ends: list[float] = []
    places = []
    for shape in shapes:
        low, high, place = extent(shape, plot)
        row = next((r for r, end in enumerate(ends) if end + plot.gap <= low), len(ends))
        ends[row : row + 1] = [high]
        places.append(Place(row, *place))
    return places, len(ends)


def extent(shape: Shape, plot: Plot) -> tuple[float, float, tuple[bool, int]]:
    """The start and end of a shape with its label, in pixels, and the position of the label."""
    icon = shape.icon * plot.pixels / 100
    bar = [edge * plot.pixels / 100 for edge in shape.bar or (shape.icon, shape.icon)]
    room = plot.pixels - icon
    is_flipped = room < shape.label and icon > room
    fits = int((max(icon, room) - shape.indent) / CHARACTER)
    if is_flipped:
        return min(bar[0], icon - shape.label), max(bar[1], icon + ICON), (True, fits)
    return min(bar[0], icon - ICON), max(bar[1], icon + shape.label), (False, fits)


def row_classes(wide: int, narrow: int) -> str:
    """Classes for the row in wide and narrow plots, each as tens and ones, so that few CSS rules suffice."""
    classes = "row-tens-{} row-ones-{} narrow-tens-{} narrow-ones-{}"
    return classes.format(*divmod(wide, 10), *divmod(narrow, 10))


def bar_of(piece: Piece) -> Bar:
    """A piece that is no gap, as it is drawn."""
    return Bar(
        x=percent(piece.left),
        width=percent(max(piece.right - piece.left, 0.6)),
        fade=piece.fade,
        cap=percent(piece.right) if piece.is_closed else "",
        has_arrow=piece.leads_on,
    )
