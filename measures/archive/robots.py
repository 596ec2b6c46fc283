"""Interpret a server's `robots.txt`. Called through `foundation.confined`: the file is untrusted and has patterns."""

import math
from typing import BinaryIO

from protego import Protego


def is_allowed(file: BinaryIO, url: str, agent: str) -> bool:
    """Whether the rules allow `agent` to request `url`."""
    return bool(_rules(file).can_fetch(url, agent))


def pause(file: BinaryIO, agent: str, longest: float) -> float:
    """The requested delay between requests in seconds; 0 if it is missing or invalid."""
    delay = _rules(file).crawl_delay(agent) or 0
    return min(delay, longest) if math.isfinite(delay) and delay > 0 else 0


def _rules(file: BinaryIO) -> Protego:
    return Protego.parse(file.read().decode("utf-8", "replace"))
