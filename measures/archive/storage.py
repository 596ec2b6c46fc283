"""The archive's file storage: each file is named by its SHA-256, and is either complete or absent."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.utils.deconstruct import deconstructible

from foundation.files.models import PrivateStorage

UNFINISHED = ".part"
"""The suffix of files that are still being written."""


@deconstructible
class ArchiveStorage(PrivateStorage):
    """A file appears under its name only when it is completely on disk, since a process may die at any moment.

    The name identifies the content, so writing a file again changes nothing.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name unchanged: an existing file has the same content."""
        return name

    def _save(self, name: str, content: Any) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = _write_unfinished(Path(self.location), content)
        unfinished.rename(path)
        for folder in (path.parent, path.parent.parent, Path(self.location)):
            _sync(folder)
        return name


def _write_unfinished(folder: Path, content: Any) -> Path:
    """Write to a temporary file; remove it if the disk is full."""
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
    """Flush the folder's entries to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
