"""Write a data package, into a folder or as a ZIP archive: one state of the database, in memory that does not grow."""

import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from foundation.files.exporting import exported, in_blocks, one_state
from foundation.files.package.describing import DESCRIPTION, description, packaged

MOMENT = (1980, 1, 1, 0, 0, 0)
"""The time of each file in an archive, the earliest that there is: the same state gives the same bytes."""


def files() -> Iterator[tuple[str, Iterator[bytes]]]:
    """The name of each file and its blocks; to be read in their order, within `one_state`."""
    yield DESCRIPTION, iter([description()])
    for name, resource in packaged().items():
        yield f"{name}.csv", in_blocks(exported(resource, with_local=False))


def write_folder(folder: Path) -> None:
    """Write the files into a folder; each replaces the one of its name once it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    with one_state():
        for name, blocks in files():
            replace(folder / name, blocks)


def replace(path: Path, blocks: Iterable[bytes]) -> None:
    """Write to a temporary file and rename it, so that nobody reads a partial file."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.writelines(blocks)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def archive() -> Iterator[bytes]:
    """The blocks of a ZIP archive of the files."""
    sink = _Sink()
    with one_state(), zipfile.ZipFile(cast(Any, sink), mode="w") as zipped:
        for name, blocks in files():
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            with zipped.open(entry, "w", force_zip64=True) as file:
                for block in blocks:
                    file.write(block)
                    yield sink.taken()
    yield sink.taken()


class _Sink:
    """A file that only goes forward, from which what was written is taken."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """What was written since the last call."""
        data, self._waiting = b"".join(self._waiting), []
        return data
