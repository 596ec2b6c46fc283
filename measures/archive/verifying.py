"""Verify the archive: read every file and compare it with its name and its row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from measures.archive import store
from measures.archive.models.capture import archive_storage
from measures.models import Capture, DocumentText

ORPHAN_AGE = timedelta(hours=1)
"""A younger file without a row may belong to a capture that is just being written."""


@dataclass
class Verdict:
    """Number of intact files, and the names of missing, altered (content does not match the name) and orphaned ones."""

    sound: int = 0
    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not (self.missing or self.altered or self.orphaned)


def verify(*, at: datetime, told: Callable[[], object] = lambda: None) -> Verdict:
    """Read every file; `told` is called after each."""
    verdict = Verdict()
    wanted = {name: (sha256, size) for name, sha256, size in named()}
    storage = archive_storage()
    found = set()
    for name in store.names():
        told()
        found.add(name)
        if name not in wanted:
            verdict.orphaned.append(name)
        elif _is_sound(name, *wanted[name]):
            verdict.sound += 1
        else:
            verdict.altered.append(name)
    verdict.missing = sorted(set(wanted) - found)
    named_since = {name for name, _sha256, _size in named()}
    verdict.orphaned = [
        name
        for name in verdict.orphaned
        if name not in named_since and storage.exists(name) and storage.get_modified_time(name) < at - ORPHAN_AGE
    ]
    return verdict


def named() -> Iterator[tuple[str, str, int | None]]:
    """Every file that a row refers to, with its SHA-256 and, if known, its size; names may repeat."""
    captures = Capture.objects.order_by("pk")
    for file, warc, sha256, size in captures.values_list("file", "warc", "sha256", "size").iterator():
        yield file, sha256, size
        if warc:
            yield warc, _sha256_in(warc), None
    pictures = DocumentText.objects.exclude(picture="").order_by("pk").values_list("picture", flat=True)
    for picture in pictures.iterator():
        yield picture, _sha256_in(picture), None


def clear_orphans(verdict: Verdict) -> int:
    """Delete the files without a row; how many."""
    cleared = len(verdict.orphaned)
    while verdict.orphaned:
        archive_storage().delete(verdict.orphaned.pop())
    return cleared


def _sha256_in(name: str) -> str:
    match = store.NAME.fullmatch(name)
    return match["sha256"] if match else ""


def _is_sound(name: str, sha256: str, size: int | None) -> bool:
    with store.opened(name) as file:
        found_size, found = store.digest_of(file)
    return found == sha256 and size in (None, found_size)
