"""Files that are made on the disk once and then asked for in parts, such as Parquet: kept for a while, within a limit.

A file is known by its key, which says everything that it follows from. All processes of a machine share the folder, and
so do machines that share `DATA_DIR`. A file has its name only once it is whole, and is handed out open: who has it open
reads it to its end, even if it is deleted meanwhile.
"""

import os
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from django.conf import settings
from django.utils.crypto import salted_hmac

from foundation.sql import session_lock

FOLDER = "kept"
"""The name of their folder in TEMPORARY_DIR."""
MOST_BYTES = 1_000_000_000
"""All kept files together; those that nobody asked for the longest go first."""
MOST_FILES = 200
UNFINISHED = ".part-"
"""The beginning of the name of a file that somebody is making."""
ABANDONED = 60 * 60
"""Seconds without a change after which nobody is making it any more."""
LOCK = 7_104_003
"""The first half of the advisory lock key of a file that is made once."""


class BeingMade(Exception):
    """Another process is making this file."""


def key_for(*parts: str) -> str:
    """What a file follows from, as a name that strangers cannot choose."""
    return salted_hmac("foundation.files.kept_files", "\n".join(parts), algorithm="sha256").hexdigest()


def file_made_once(key: str, make: Callable[[Path], None]) -> IO[bytes]:
    """`kept_file` for what takes long to make: one process makes it; the others meet BeingMade."""
    with suppress(FileNotFoundError):
        return _found(_path(key))
    with session_lock(LOCK, zlib.crc32(key.encode()) - 2**31) as is_ours:
        if not is_ours:
            raise BeingMade
        return kept_file(key, make)


def kept_file(key: str, make: Callable[[Path], None]) -> IO[bytes]:
    """The open file with this key, a name in letters and digits; `make` writes it if it is not there."""
    path = _path(key)
    with suppress(FileNotFoundError):
        return _found(path)
    folder = path.parent
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


def _path(key: str) -> Path:
    path: Path = settings.TEMPORARY_DIR / FOLDER / key
    return path


def _found(path: Path) -> IO[bytes]:
    """The open file, which counts as asked for now; raise FileNotFoundError if it is not there."""
    file = path.open("rb")
    os.utime(file.fileno())
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
