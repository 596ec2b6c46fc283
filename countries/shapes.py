"""The outlines of countries, projected in advance by `geometry/project.mjs`.

Coordinates are integers in tenths of a map unit. Borders are those of Natural Earth (public domain, packaged by
world-atlas), which draws de facto boundaries and takes no position on them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "geometry"


@dataclass(frozen=True, slots=True)
class Shape:
    """One country: the `d` of an SVG path and, if it is too small to point at, the centre of a dot.

    `label` is the text anchor beside the dot: `start`, `end` or ''.
    """

    path: str
    dot: tuple[int, int] | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes by the code of UN M49, and the land that belongs to none of them."""

    width: int
    height: int
    land: str
    shapes: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Inset:
    """A part of a map drawn larger; `frame` is its position on that map: left, top, right, bottom."""

    drawing: Drawing
    frame: tuple[int, int, int, int]


@cache
def drawing_of(area: str) -> Drawing:
    """The map of `americas` or `world`."""
    return _drawing(_read(area))


@cache
def inset_of(area: str) -> Inset | None:
    """The inset of a map, if it has one."""
    inset = _read(area).get("inset")
    return Inset(_drawing(inset), tuple(inset["frame"])) if inset else None


def _read(area: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{area}.json").read_text())
    return found


def _drawing(found: Mapping[str, Any]) -> Drawing:
    shapes = {
        m49: Shape(shape["path"], tuple(shape["dot"]) if "dot" in shape else None, shape.get("label", ""))
        for m49, shape in found["shapes"].items()
    }
    return Drawing(found["width"], found["height"], found["land"], shapes)
