"""What a server's `robots.txt` says. Called through `foundation.confined`: strangers write it, with patterns."""

import math
from typing import BinaryIO

from protego import Protego


def is_allowed(file: BinaryIO, url: str, agent: str) -> bool:
    """Whether the rules let `agent` ask for `url`."""
    return bool(_rules(file).can_fetch(url, agent))


def pause(file: BinaryIO, agent: str, longest: float) -> float:
    """The seconds between requests that the rules ask for, none where they say nothing that makes sense."""
    delay = _rules(file).crawl_delay(agent) or 0
    return min(delay, longest) if math.isfinite(delay) and delay > 0 else 0


def _rules(file: BinaryIO) -> Protego:
    return Protego.parse(file.read().decode("utf-8", "replace"))
