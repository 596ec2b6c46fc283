"""The release of the program: beside data, what everything follows from that is kept ready, in memory or on disk."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings

FOLDERS = ("observatory", "measures", "countries", "foundation", "templates", "locale", "docs")
SUFFIXES = {".py", ".html", ".jinja", ".json", ".svg", ".txt", ".mo", ".md"}
"""What makes a release; style sheets and scripts count by their names in the list of static files."""


@cache
def release() -> str:
    """A hash of the code, templates, texts and static files of this process, the same on every machine."""
    root: Path = settings.BASE_DIR
    ours = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in SUFFIXES]
    static = Path(settings.STATIC_ROOT) / "staticfiles.json"
    files = [*sorted(ours), root / "requirements.lock", *([static] if static.exists() else [])]
    return short_hash(part for path in files for part in (str(path.relative_to(root)).encode(), path.read_bytes()))


def short_hash(parts: Iterable[bytes]) -> str:
    """A short hash of `parts`; their lengths are included, so that different lists have different hashes."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()
