"""The writable data folder of an installation, and what to say if it is not writable."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from foundation.disks import FULL

PROBE = 1_000_000
"""Bytes that must be free before anything starts."""
FIRST_START = 200_000_000
"""Bytes that a new database needs, including its write-ahead log."""
FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
ANOTHER = "or choose another folder with DATA_DIR=/path/to/a/folder"


class DataFolderError(Exception):
    """The folder is not writable; the message names it, and gives the reason and the remedy."""


def check_data_folder(folder: Path) -> None:
    """Create the folder if necessary and check that there is free space. Raise DataFolderError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE))
            probe.flush()
            os.fsync(probe.fileno())  # some file systems only report a full disk here
    except OSError as error:
        raise DataFolderError(problem_in_words(folder, error)) from error
    free = shutil.disk_usage(folder).free
    if not (folder / "postgres").exists() and free < FIRST_START:
        raise DataFolderError(
            f"The folder {folder} has room for {free // 1_000_000} MB only; a first start takes"
            f" {FIRST_START // 1_000_000} MB. Make room on its disk, {ANOTHER}"
        )


def problem_in_words(folder: Path, error: OSError) -> str:
    """One line about why the folder could not be written to, and the remedy."""
    if error.errno in FULL:
        return f"The folder {folder} is full. Make room on its disk, {ANOTHER}"
    if error.errno in FORBIDDEN:
        return f"The folder {folder} cannot be written to: {error.strerror}. Let this account write there, {ANOTHER}"
    return f"The folder {folder} cannot be used: {error.strerror}. Look at it, {ANOTHER}"
