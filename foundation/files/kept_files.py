"""Files that are made on the disk once and then asked for in parts, such as Parquet: kept for a while, within a limit.

A file is known by its key, which says everything that it follows from. All processes of a machine share the folder.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings

MOST_BYTES = 1_000_000_000
"""All kept files together; those that nobody asked for the longest go first."""
MOST_FILES = 200


def kept_file(key: str, make: Callable[[Path], None]) -> Path:
    """The path of the file with this key, a name in letters and digits; `make` writes it if it is not there."""
    folder = settings.TEMPORARY_DIR / "kept"
    path: Path = folder / key
    with suppress(FileNotFoundError):
        os.utime(path)
        return path
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{key}.{os.getpid()}.{threading.get_ident()}")
    try:
        make(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _make_room(folder, path)
    return path


def _make_room(folder: Path, newest: Path) -> None:
    """Delete what exceeds the limits. A reader who has a file open reads it to its end."""
    found = []
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process was faster
            if path != newest:
                known = path.stat()
                found.append((known.st_mtime, known.st_size, path))
    room, number = MOST_BYTES - newest.stat().st_size, 1
    for _time, size, path in sorted(found, reverse=True):
        room, number = room - size, number + 1
        if room < 0 or number > MOST_FILES:
            path.unlink(missing_ok=True)
