"""The archive's files by content hash: `ab/cd/abcd…`, with a suffix for a WARC or a picture."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from django.core.files import File

from measures.archive.models.capture import archive_storage

PIECE = 1_048_576
NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/(?P<sha256>[0-9a-f]{64})(\.warc\.gz|\.pdf)?")


@dataclass(frozen=True, slots=True)
class Stored:
    """The name of a file, its size in bytes, and its SHA-256."""

    name: str
    size: int
    sha256: str


def put(file: BinaryIO, ending: str = "") -> Stored:
    """Store the content of `file`; if it is already stored, nothing is written.

    A file with the wrong size is written again.
    """
    size, sha256 = digest_of(file)
    name = f"{sha256[:2]}/{sha256[2:4]}/{sha256}{ending}"
    storage = archive_storage()
    if not (storage.exists(name) and storage.size(name) == size):
        file.seek(0)
        storage.save(name, File(file))
    return Stored(name, size, sha256)


def opened(name: object) -> BinaryIO:
    """Open a stored file for reading, by its name or by the field of a row."""
    return cast(BinaryIO, archive_storage().open(str(name)))


def is_kept(name: object) -> bool:
    """Whether the file exists."""
    return archive_storage().exists(str(name))


def digest_of(file: BinaryIO) -> tuple[int, str]:
    """Size and SHA-256 of a file, read from its beginning."""
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := file.read(PIECE):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def names(folder: str = "") -> Iterator[str]:
    """The names of all files, including unfinished ones."""
    storage = archive_storage()
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    path = f"{folder}/" if folder else ""
    yield from (f"{path}{name}" for name in sorted(files))
    for name in sorted(folders):
        yield from names(f"{path}{name}")
