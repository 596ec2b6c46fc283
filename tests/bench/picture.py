"""A chart of times by number of entries, as an SVG for light and dark pages.

Both axes are logarithmic: linear growth has a slope of 45 degrees, constant time is flat.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 250, 30, 50
LINES = {
    "list, no filter": "List without a filter",
    "list, group, twelve years, three topics": "List, three filters",
    "search, rare word": "Search, rare word",
    "search, two in three": "Search, word in two of three",
    "import fresh": "Import, up to 50,000 rows",
    "export CSV": "Export of all entries",
}
"""The results in the chart, and the labels of their lines."""
LABEL_HEIGHT = 16
COLOURS = ("#2563eb", "#0891b2", "#c2410c", "#b45309", "#7c3aed", "#15803d")
STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #1f2937 }
    .axis { stroke: #9ca3af } .grid { stroke: #e5e7eb } .line { fill: none; stroke-width: 2.5 }
    .small { font-size: 12px; fill: #4b5563 }
    @media (prefers-color-scheme: dark) {
        text { fill: #e5e7eb } .small { fill: #9ca3af } .axis { stroke: #6b7280 } .grid { stroke: #374151 }
        .line { filter: brightness(1.4) } circle { filter: brightness(1.4) }
    }
"""


def draw(path: Path, found: Mapping[int, Mapping[str, Any]]) -> None:
    """Draw the times of runs of several sizes to an SVG file. Raise ValueError for fewer than two sizes."""
    ratios = {size: run["ratios"] for size, run in sorted(found.items()) if run}
    if len(ratios) < 2:
        raise ValueError("A picture of growth needs runs of two sizes: make bench SIZE=10000 and SIZE=100000.")
    path.write_text(svg(ratios), encoding="utf-8")


def svg(ratios: Mapping[int, Mapping[str, Any]]) -> str:
    """The chart as text."""
    series = {
        label: [(size, known[name]["figure"]) for size, known in ratios.items() if known.get(name, {}).get("figure")]
        for name, label in LINES.items()
    }
    largest = max(ratios)  # otherwise a shorter line would seem to continue to its label
    series = {label: points for label, points in series.items() if len(points) > 1 and points[-1][0] == largest}
    scale = Scale(list(ratios), [seconds for points in series.values() for _size, seconds in points])
    ends = _apart([scale.y(points[-1][1]) for points in series.values()])
    parts = [_axes(scale)]
    for (label, points), y, colour in zip(series.items(), ends, COLOURS, strict=False):
        parts.append(_line(label, [(scale.x(size), scale.y(seconds)) for size, seconds in points], y, colour))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>Time against number of entries</title><style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )


class Scale:
    """Maps numbers of entries and seconds to coordinates."""

    def __init__(self, sizes: Sequence[int], seconds: Sequence[float]) -> None:
        self.sizes = sizes
        self.low, self.high = int(log10(min(seconds)) // 1), -int(-log10(max(seconds)) // 1)

    def x(self, size: float) -> float:
        """From the left."""
        first, last = log10(self.sizes[0]), log10(self.sizes[-1])
        return LEFT + (log10(size) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(self, seconds: float) -> float:
        """From the top."""
        part = (log10(seconds) - self.low) / max(self.high - self.low, 1)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def _axes(scale: Scale) -> str:
    parts = []
    for power in range(scale.low, scale.high + 1):
        y = scale.y(10**power)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="small" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_time(power)}</text>')
    bottom = HEIGHT - BOTTOM
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>')
    for size in scale.sizes:
        x = scale.x(size)
        parts.append(f'<text class="small" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{size:,}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="small" x="{middle:.1f}" y="{HEIGHT - 8}" text-anchor="middle">entries</text>')
    return "".join(parts)


def _time(power: int) -> str:
    return f"{10**power:,} s" if power >= 0 else f"{10 ** (power + 3):g} ms"


def _line(label: str, points: Sequence[tuple[float, float]], label_y: float, colour: str) -> str:
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points)
    x, (last_x, last_y) = WIDTH - RIGHT, points[-1]
    way = f"M{last_x:.1f} {last_y:.1f}L{x + 10} {label_y:.1f}"
    lead = f'<path class="line" stroke="{colour}" stroke-opacity=".5" d="{way}"/>'
    words = f'<text x="{x + 14}" y="{label_y + 4:.1f}">{escape(label)}</text>'
    return f'<polyline class="line" stroke="{colour}" points="{joined}"/>{dots}{lead}{words}'


def _apart(places: Sequence[float]) -> list[float]:
    """Vertical positions of labels, moved down where they would overlap."""
    moved = dict.fromkeys(range(len(places)), 0.0)
    last = float("-inf")
    for i in sorted(moved, key=places.__getitem__):
        last = moved[i] = max(places[i], last + LABEL_HEIGHT)
    return list(moved.values())
