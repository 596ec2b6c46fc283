"""ZIP archives of packages that somebody sent: whatever is wrong with one is told, with the file that it is in."""

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, cast

from django.utils.translation import gettext as _

from foundation.files.importing.reading import FileProblem

BLOCK = 1 << 20
"""Bytes that are read at once, at most; the list of the files of a package has a thousandth of it."""
WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The ways of packing that are read. Of the others, `zipfile` unpacks a megabyte at once, to however many gigabytes."""
_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,  # a newer version, or an unknown way of packing
    RuntimeError,  # a password is needed
    EOFError,
    ValueError,  # a place before the beginning, a name that is no text
    struct.error,
    zlib.error,
    lzma.LZMAError,
)
"""What `zipfile` raises about a damaged archive; also OSError, in some cases."""


class DamagedMember(Exception):
    """A file of an archive cannot be unpacked; `name` is its name there."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        words = _("This file of the archive is damaged, has a password, or is packed in a way that cannot be read.")
        self.problem = FileProblem(words, _("Export the package again, or pack its files anew, without a password."))


def _is_damage(error: Exception) -> bool:
    """Whether an error is about the archive, and not about the disk that it is on."""
    if isinstance(error, OSError):
        return error.errno in (None, errno.EINVAL)
    return isinstance(error, _DAMAGED)


@contextmanager
def opened(archive: Path | IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """An archive; raise FileProblem if there is none."""
    with archive.open("rb") if isinstance(archive, Path) else nullcontext(archive) as file:
        try:
            zipped = zipfile.ZipFile(cast(Any, _InBlocks(file)))
        except (OSError, *_DAMAGED) as error:
            if not _is_damage(error):
                raise
            words = _("This is no ZIP archive, or a damaged one.")
            raise FileProblem(words, _("Export the package again.")) from error
        with zipped:
            yield zipped


class _InBlocks:
    """A file of which no more than BLOCK is read at once: `zipfile` would keep a list of millions of files."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(BLOCK + 1 if size < 0 else min(size, BLOCK + 1))
        if len(content) > BLOCK:
            raise zipfile.BadZipFile
        return content


def unpacked_size(path: Path) -> int:
    """The bytes of the files of an archive, as it declares them; 0 if it is none."""
    try:
        with opened(path) as zipped:
            return sum(entry.file_size for entry in zipped.infolist())
    except FileProblem:
        return 0


def blocks_of(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a file of an archive, in blocks; raise DamagedMember."""
    try:
        if entry.compress_type not in WAYS:
            raise NotImplementedError  # as `zipfile` does for a way of packing that it does not know
        with zipped.open(entry) as packed:
            while block := packed.read(BLOCK):
                yield block
    except (OSError, *_DAMAGED) as error:
        if not _is_damage(error):
            raise
        raise DamagedMember(name_of(entry)) from error


def name_of(entry: zipfile.ZipInfo) -> str:
    """The name of a file, whatever folder it is in."""
    return entry.filename.replace("\\", "/").rpartition("/")[2]
