"""Pictures of pages, small and coarse, to compare with kept ones: a page that moved differs, a smoothed edge does not.

`RENEW_PICTURES=1 .venv/bin/pytest tests/browser/test_pages.py -k pictures` writes the kept ones anew; look at them
before you commit them. Pages are set in the fonts that the site serves, so that those of the machine do not matter.
"""

import os
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

FOLDER = Path(__file__).parent / "pictures"
SMALLER = 4
GREYS = 16
BLUR = 1.5
"""Pixels of a small picture: what text is smoothed differently by, and lines that fall between two pixels."""
LEAST = 24
"""Of 255: how much lighter or darker a pixel is that counts as another one."""
MOST = 0.01
"""Share of other pixels in a page that is the same: today's date is in some places."""


def difference(name: str, screenshot: bytes) -> float:
    """The share of pixels that differ from the kept picture; 1 if there is none, or of another size."""
    current = _coarse(screenshot)
    path = FOLDER / f"{name}.png"
    if os.environ.get("RENEW_PICTURES"):
        FOLDER.mkdir(exist_ok=True)
        current.quantize(GREYS).save(path, "PNG", optimize=True)
    if not path.exists():
        return 1.0
    with Image.open(path) as file:
        kept = file.convert("L")
    if kept.size != current.size:
        return 1.0
    blur = ImageFilter.GaussianBlur(BLUR)
    apart = ImageChops.difference(kept.filter(blur), current.filter(blur))
    return sum(apart.histogram()[LEAST:]) / (kept.width * kept.height)


def _coarse(screenshot: bytes) -> Image.Image:
    with Image.open(BytesIO(screenshot)) as picture:
        grey = picture.convert("L")
    return grey.resize((grey.width // SMALLER, grey.height // SMALLER), Image.Resampling.BOX)
