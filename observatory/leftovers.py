"""Files that processes have left behind which were killed while they wrote them."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from countries.feeds import download
from foundation.files.kept_files import FOLDER
from measures.archive import storage

ABANDONED = timedelta(days=1)
"""The time without a change after which nobody is writing any more."""


def remove_leftovers(*, at: datetime) -> int:
    """Delete them, and return how many files and folders there were."""
    count, since = 0, (at - ABANDONED).timestamp()
    for path in _unfinished():
        with suppress(FileNotFoundError):
            if path.lstat().st_mtime < since:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                count += 1
    return count


def _unfinished() -> Iterator[Path]:
    """What is being written now, or was when its process died."""
    kept = Path(settings.TEMPORARY_DIR) / FOLDER  # which look after themselves
    yield from (path for path in Path(settings.TEMPORARY_DIR).glob("*") if path != kept)
    yield from Path(settings.FEEDS_DIR).glob(f"{download.UNFINISHED}*")
    yield from Path(settings.ARCHIVE_DIR).glob(f"*{storage.UNFINISHED}")
