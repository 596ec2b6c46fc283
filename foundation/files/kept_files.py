"""Files that are made on the disk once and then asked for in parts, such as Parquet: kept for a while, within a limit.

A file is known by its key, which says everything that it follows from. All processes of a machine share the folder, and
so do machines that share `DATA_DIR`. A file has its name only once it is whole, and is handed out open: who has it open
reads it to its end, even if it is deleted meanwhile.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from django.conf import settings

MOST_BYTES = 1_000_000_000
"""All kept files together; those that nobody asked for the longest go first."""
MOST_FILES = 200
UNFINISHED = ".part-"
"""The beginning of the name of a file that somebody is making."""
ABANDONED = 60 * 60
"""Seconds without a change after which nobody is making it any more."""


def kept_file(key: str, make: Callable[[Path], None]) -> IO[bytes]:
    """The open file with this key, a name in letters and digits; `make` writes it if it is not there."""
    folder = settings.TEMPORARY_DIR / "kept"
    path: Path = folder / key
    with suppress(FileNotFoundError):
        file = path.open("rb")
        os.utime(file.fileno())
        return file
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, prefix=UNFINISHED, delete=False) as made:
        part = Path(made.name)
    try:
        make(part)
        file = part.open("rb")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _make_room(folder, path)
    return file


def _make_room(folder: Path, newest: Path) -> None:
    """Delete what exceeds the limits, and what nobody will finish."""
    found = []
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process was faster
            known = path.stat()
            if not path.name.startswith(UNFINISHED):
                found.append((path == newest, known.st_mtime, known.st_size, path))
            elif known.st_mtime < time.time() - ABANDONED:
                path.unlink()
    room = MOST_BYTES
    for number, (is_newest, _time, size, path) in enumerate(sorted(found, reverse=True)):
        room -= size
        if not is_newest and (room < 0 or number >= MOST_FILES):
            path.unlink(missing_ok=True)
