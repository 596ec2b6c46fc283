"""The folders that the site writes to, and whether they are writable.

A check writes nothing, so anybody may trigger it as often as they like.
"""

import errno
import os
from pathlib import Path

from django.conf import settings

from foundation.disks import is_full
from observatory.embedded.data_folder import FORBIDDEN, PROBE, problem_in_words

FAULT = "observatory.fault"
"""The environment key for the error if a request body or response could not be written to disk."""


def folders() -> list[Path]:
    """The folders in the settings: for temporary files, and of each local storage."""
    names = (storage.get("OPTIONS", {}).get("setting") for storage in settings.STORAGES.values())
    kept = [settings.MEDIA_ROOT, *(getattr(settings, name) for name in names if name)]
    return [Path(folder) for folder in (settings.TEMPORARY_DIR, *kept)]


def fault_of(folder: Path) -> OSError | None:
    """Why no file can be written to the folder, or to its nearest existing parent; None if one can.

    Quotas are not detected. Root may write to a folder regardless of its permissions.
    """
    there = next(each for each in (folder, *folder.parents) if os.path.exists(each))  # Path.exists would raise
    disk = os.statvfs(there)
    if disk.f_flag & os.ST_RDONLY:
        return OSError(errno.EROFS, os.strerror(errno.EROFS), str(folder))
    if not os.access(there, os.W_OK | os.X_OK):
        return OSError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    if disk.f_bavail * disk.f_frsize < PROBE:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    return None


def unwritable() -> list[str]:
    """In English, for the operator: the last name of each folder that is not writable, and why."""
    faults = ((folder.name, fault_of(folder)) for folder in folders())
    return [f"{name}: {os.strerror(fault.errno or 0)}" for name, fault in faults if fault]


def is_unwritable(error: BaseException) -> bool:
    """Whether a write failed for a reason that the operator must fix, not the user."""
    if is_full(error) or not isinstance(error, OSError):
        return is_full(error)
    return error.errno == errno.EROFS or (error.errno in FORBIDDEN and _own_folder(error) is not None)


def words_for_log(error: BaseException) -> str:
    """One line that names the folder, the problem and the remedy."""
    if not isinstance(error, OSError):
        return f"The disk of the database is full. Make room on it. {str(error).partition(chr(10))[0]}"
    # The error has no file name if the file was already open
    folder = _own_folder(error) or next((each for each in folders() if fault_of(each)), settings.DATA_DIR)
    return problem_in_words(folder, error)


def _own_folder(error: OSError) -> Path | None:
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else Path()
    return next((folder for folder in (*folders(), settings.DATA_DIR) if path.is_relative_to(folder)), None)
