"""Files of the archive by their content: `ab/cd/abcd…`, for a WARC or a picture with its ending."""

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
    """Where a file is, how many bytes it has, and their SHA-256."""

    name: str
    size: int
    sha256: str


def put(file: BinaryIO, ending: str = "") -> Stored:
    """Keep the content of `file`; where the same is kept already, nothing is written.

    What stands under the name but is not as long as it should be is written again.
    """
    size, sha256 = digest_of(file)
    name = f"{sha256[:2]}/{sha256[2:4]}/{sha256}{ending}"
    storage = archive_storage()
    if not (storage.exists(name) and storage.size(name) == size):
        file.seek(0)
        storage.save(name, File(file))
    return Stored(name, size, sha256)


def opened(name: object) -> BinaryIO:
    """A kept file, to be read; named by its name or by the field of a row."""
    return cast(BinaryIO, archive_storage().open(str(name)))


def is_kept(name: object) -> bool:
    """Whether the file is there."""
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
    """Every file that is there, unfinished ones too."""
    storage = archive_storage()
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    path = f"{folder}/" if folder else ""
    yield from (f"{path}{name}" for name in sorted(files))
    for name in sorted(folders):
        yield from names(f"{path}{name}")
