"""The map of the home page as a picture for sharing."""

from foundation.share_picture import LAND, Area, Shapes
from observatory.home.map import HomeMap

FILLS = {
    **dict(zip("12345", ("#d6e6e5", "#abccce", "#70a8b1", "#377c8e", "#0e4a60"), strict=True)),
    **dict(zip(("more-1", "more-2", "more-3"), ("#e8cfa8", "#c08f55", "#7d4e1e"), strict=True)),
    **dict(zip(("less-1", "less-2", "less-3"), ("#c2dcea", "#6fa6c6", "#1b5e7b"), strict=True)),
    "even": "#c9c5bc",
}
"""The colours of the shades; tokens.css has the same for pages."""


def shapes_of(shown: HomeMap) -> Shapes:
    """What the map shows, as shapes."""
    drawing = shown.map.drawing
    rows = [row for row in shown.rows if row.place.shape]
    areas = [Area(row.place.shape.path, FILLS.get(row.place.shade, LAND)) for row in rows if row.place.shape]
    return Shapes((0, 0, drawing.width, drawing.height), (Area(drawing.land, LAND), *areas))
