"""Whether a file is a picture for a page. Called through `foundation.confined`."""

from typing import BinaryIO

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS = 50_000_000
"""A browser takes four bytes for each."""


def check(file: BinaryIO) -> None:
    """Raise if the file is not a picture, is damaged, or has too many pixels for a page."""
    with Image.open(file, formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError(f"{picture.width} x {picture.height} pixels")
        picture.verify()
