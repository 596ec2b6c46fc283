"""The folder that an installation writes into, and what to say where it cannot."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

PROBE = 1_000_000
"""Bytes that must fit before anything is begun."""
FIRST_START = 200_000_000
"""Bytes that a new database takes, with the log of its changes."""
FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
ANOTHER = "or choose another folder with DATA_DIR=/path/to/a/folder"


class DataFolderError(Exception):
    """The folder cannot be written into; the message names it, says why and what helps."""


def check_data_folder(folder: Path) -> None:
    """Make the folder if need be and see that files fit into it. Raise DataFolderError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE))
            probe.flush()
            os.fsync(probe.fileno())  # where a disk is full some file systems say so only now
    except OSError as error:
        raise DataFolderError(problem_in_words(folder, error)) from error
    free = shutil.disk_usage(folder).free
    if not (folder / "postgres").exists() and free < FIRST_START:
        raise DataFolderError(
            f"The folder {folder} has room for {free // 1_000_000} MB only; a first start takes"
            f" {FIRST_START // 1_000_000} MB. Make room on its disk, {ANOTHER}"
        )


def problem_in_words(folder: Path, error: OSError) -> str:
    """Why something could not be written into the folder, and what helps, in a line."""
    if error.errno in FULL:
        return f"The folder {folder} is full. Make room on its disk, {ANOTHER}"
    if error.errno in FORBIDDEN:
        return f"The folder {folder} cannot be written to: {error.strerror}. Let this account write there, {ANOTHER}"
    return f"The folder {folder} cannot be used: {error.strerror}. Look at it, {ANOTHER}"
