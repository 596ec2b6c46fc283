"""Run regular expressions on texts that may cause catastrophic backtracking, in confined processes."""

import io
import json

import pytest

from foundation import confined
from tests.attacks.patterns import LENGTH, METHODS, Found, found

PATTERNS = found()
SLOW = 0.1
"""CPU seconds per text: a hundred times what linear time takes."""


def _worst(pattern: Found, *, cpu: int = 10) -> str:
    """A description of the slowest text if it is too slow, else ''."""
    is_bytes = isinstance(pattern.pattern, bytes)
    told = {
        "pattern": pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern,
        "is_bytes": is_bytes,
        "flags": pattern.flags,
        "methods": pattern.methods,
        "length": pattern.length,
    }
    bounds = confined.Bounds(cpu=cpu, seconds=100)
    try:
        seconds, text = confined.call(
            "tests.attacks.patterns", "attack", io.BytesIO(json.dumps(told).encode()), bounds=bounds
        )
    except confined.Failed as error:
        return f"for ever: {error}"
    return f"{seconds:.2f} s: {text}" if seconds > SLOW else ""


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.place)
def test_pattern_bears_what_is_made_to_make_it_explode(pattern: Found) -> None:
    assert _worst(pattern) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\s*(<!--.*?-->\s*)*<(html|head)[\s>/]",
        r"(a+)+$",
        r"(\w|\d)*!",
        r"(a|a)*b",
        r"\s+$",
        r"(x+x+)+y",
        rb"\s*=\s*[\"']?\s*;",
    ],
)
def test_patterns_that_explode_are_found_out(pattern: str | bytes) -> None:
    assert _worst(Found("here", pattern, 16 if isinstance(pattern, str) else 0, METHODS), cpu=1) != ""


def test_every_file_that_imports_re_has_its_patterns_here() -> None:
    places = {pattern.place for pattern in PATTERNS}
    assert len(places) > 50
    assert {
        "measures/archive/media_types.py:_IS_HTML",
        "measures/archive/wording.py:_OMISSION",
        "measures/search/headlines.py:_matches",
        "foundation/files/importing/reading.py:_ABOVE_ASCII",
    } <= places
    assert all(pattern.length <= LENGTH for pattern in PATTERNS)
