"""Where the files of releases lie: a folder for each in `settings.RELEASES_DIR`, complete or not there at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


class AtWork(Exception):
    """Another process is making a release."""


def folder_of(name: str) -> Path:
    """The folder of the files of a release."""
    return Path(settings.RELEASES_DIR) / name


@contextmanager
def new_folder() -> Iterator[Path]:
    """An empty folder for the files of a release that is being made; whatever is left of it is removed in the end.

    One process at a time has it. If that process dies, the next one removes its files.
    """
    base = Path(settings.RELEASES_DIR)
    base.mkdir(parents=True, exist_ok=True)
    part = base / ".part"
    with (base / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AtWork from error
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir()
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)


def keep(part: Path, name: str) -> None:
    """Give a complete folder its name; one of that name is what a killed process left."""
    folder = folder_of(name)
    for path in part.iterdir():
        _flush(path)
    _flush(part)
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    _flush(folder.parent)


def _flush(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
