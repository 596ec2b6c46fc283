"""Pictures for sharing: what social networks show beside a link to a page, 1200 by 630 pixels, as PNG.

Words are set in the fonts that pages have, which Pillow reads as they are (WOFF2), so that no font of the machine is
needed. One picture is drawn at a time in each process; it takes about a tenth of a second of the processor and 10 MB.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from django.contrib.staticfiles import finders
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1200, 630
MARGIN = 72
FINER = 2
"""Shapes are drawn so many times larger, and made smaller, so that their edges are smooth."""
INK, INK_2, PAPER, GROUND, EDGE, ACCENT = "#16191d", "#454b54", "#ffffff", "#f7f5f0", "#857d6d", "#0f4f63"
LAND = "#ebe7de"
SERIF, SANS = "source-serif-4", "public-sans"
REGULAR, BOLD = 450, 700
COLOURS = 64
_RING = re.compile(r"[Mm][^Mm]{1,200000}")
_NUMBER = re.compile(r"-?\d{1,6}")
_drawing = threading.Lock()

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Area:
    """Closed lines of one colour: the `d` of an SVG path with integers, of `M` or `m`, relative `l` and `z`."""

    path: str
    fill: str


@dataclass(frozen=True, slots=True)
class Shapes:
    """What is drawn beside the words, later areas over earlier ones; `view` is the part of them that is seen."""

    view: Box
    areas: Sequence[Area]


@dataclass(frozen=True, slots=True)
class SharePicture:
    """What a picture says: a line above, the title, lines below, and the name of the site at the foot."""

    above: str
    title: str
    below: Sequence[str]
    foot: str
    shapes: Shapes | None = None

    def drawn(self) -> bytes:
        """The picture as PNG."""
        with _drawing:
            image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
            room = WIDTH - 2 * MARGIN
            if self.shapes:
                side = HEIGHT - 2 * MARGIN
                image.paste(_shapes(self.shapes, side, side), (WIDTH - MARGIN - side, MARGIN))
                room -= side + MARGIN // 2
            _write(ImageDraw.Draw(image), self, room)
            file = BytesIO()
            image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
            return file.getvalue()


def _write(draw: ImageDraw.ImageDraw, picture: SharePicture, room: int) -> None:
    draw.rectangle((0, 0, WIDTH, 12), fill=ACCENT)
    draw.text((MARGIN, MARGIN), picture.above, INK_2, _font(SANS, 28, REGULAR))
    top = MARGIN + 56
    size, lines = _fitting(picture.title, room)
    for line in lines:
        draw.text((MARGIN, top), line, INK, _font(SERIF, size, BOLD))
        top += size * 6 // 5
    top += 24
    for text in picture.below:
        for line in wrapped(text, _font(SANS, 30, REGULAR), room, 3):
            if top > HEIGHT - MARGIN - 80:
                break
            draw.text((MARGIN, top), line, INK_2, _font(SANS, 30, REGULAR))
            top += 42
    draw.text((MARGIN, HEIGHT - MARGIN - 28), picture.foot, INK, _font(SANS, 28, BOLD))


def _fitting(title: str, room: int) -> tuple[int, list[str]]:
    """The largest size in which a title takes three lines, and these; the smallest has four, the last cut."""
    for size in (76, 64, 54):
        lines = wrapped(title, _font(SERIF, size, BOLD), room, 4)
        if len(lines) <= 3:
            return size, lines
    return 46, wrapped(title, _font(SERIF, 46, BOLD), room, 4)


def wrapped(text: str, font: ImageFont.FreeTypeFont, room: float, most: int) -> list[str]:
    """A text in lines no wider than `room` pixels; what does not fit into `most` lines is cut off with an ellipsis."""
    lines: list[str] = []
    line = ""
    words = text[:1000].split()
    for place, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if font.getlength(longer) <= room:
            line = longer
            continue
        if len(lines) == most - 1:
            return [*lines, _cut(f"{line} {' '.join(words[place:])}".strip(), font, room)]
        if line:
            lines.append(line)
        line = word if font.getlength(word) <= room else _cut(word, font, room)
    return [*lines, line] if line else lines


def _cut(text: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    kept = text[:200]
    while kept and font.getlength(f"{kept}…") > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


@cache
def _font(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    path = finders.find(f"observatory/fonts/{name}.woff2")
    font = ImageFont.truetype(str(path), size)
    font.set_variation_by_axes([weight])
    return font


def _shapes(shapes: Shapes, width: int, height: int) -> Image.Image:
    """The areas, as large as they fit, in the middle."""
    left, top, right, bottom = shapes.view
    scale = min(width / (right - left), height / (bottom - top)) * FINER
    size = (round((right - left) * scale), round((bottom - top) * scale))
    seen = Image.new("RGB", size, GROUND)
    draw = ImageDraw.Draw(seen)
    for area in shapes.areas:
        for ring in rings(area.path):
            points = [((x - left) * scale, (y - top) * scale) for x, y in ring]
            if len(points) > 2:
                draw.polygon(points, fill=area.fill, outline=EDGE)
    seen = seen.resize((size[0] // FINER, size[1] // FINER), Image.Resampling.LANCZOS)
    whole = Image.new("RGB", (width, height), PAPER)
    whole.paste(seen, ((width - seen.width) // 2, (height - seen.height) // 2))
    return whole


def rings(path: str) -> Iterator[list[tuple[int, int]]]:
    """The closed lines of a path; `m` begins relative to where the line before began."""
    x = y = 0
    for ring in _RING.findall(path):
        numbers = list(map(int, _NUMBER.findall(ring)))
        x, y = (numbers[0], numbers[1]) if ring[0] == "M" else (x + numbers[0], y + numbers[1])
        points, at = [(x, y)], (x, y)
        for dx, dy in _pairs(numbers[2:]):
            at = (at[0] + dx, at[1] + dy)
            points.append(at)
        yield points


def _pairs(numbers: Sequence[int]) -> Iterable[tuple[int, int]]:
    return zip(numbers[::2], numbers[1::2], strict=True)
