"""The files of the archive on this machine: each named by its SHA-256, whole or not there."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.utils.deconstruct import deconstructible

from foundation.files.models import PrivateStorage

UNFINISHED = ".part"
"""How the names of files end that are being written."""


@deconstructible
class ArchiveStorage(PrivateStorage):
    """A file appears under its name when all of it is on the disk: a process may die at any moment.

    The name says what is in it, so that to write it a second time changes nothing.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: what stands there is the same."""
        return name

    def _save(self, name: str, content: Any) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = _write_unfinished(path.parent, content)
        unfinished.rename(path)
        for folder in (path.parent, path.parent.parent, Path(self.location)):
            _sync(folder)
        return name


def _write_unfinished(folder: Path, content: Any) -> Path:
    """Write all of it beside where it is to be; where it does not fit, leave nothing that takes room."""
    with NamedTemporaryFile(dir=folder, suffix=UNFINISHED, delete=False) as file:
        try:
            for chunk in content.chunks():
                file.write(chunk)
            file.flush()
            os.fchmod(file.fileno(), 0o640)
            os.fsync(file.fileno())
        except OSError:
            Path(file.name).unlink()
            raise
    return Path(file.name)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
