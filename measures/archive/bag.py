"""Export the whole archive as a BagIt folder (RFC 8493): files, metadata and checksums that anybody can verify."""

import csv
import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from measures.archive import store
from measures.archive.models.capture import archive_storage
from measures.archive.verifying import named
from measures.models import Capture

COLUMNS = (
    "source",
    "url",
    "title",
    "publisher",
    "language",
    "published",
    "rights",
    "captured_at",
    "method",
    "final_url",
    "http_status",
    "media_type",
    "size",
    "sha256",
    "file",
    "warc",
    "picture",
    "pages",
)


class Altered(Exception):
    """A file is missing or altered: nothing is exported as verified that is not."""


def export(folder: Path, *, on: date) -> int:
    """Write the bag into an empty folder; the number of files. Raise Altered, or FileExistsError."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(folder)
    manifest: dict[str, str] = {}
    octets = 0
    for name, sha256 in sorted({(name, sha256) for name, sha256, _size in named()}):
        octets += _copy(name, sha256, folder / "data" / name)
        manifest[f"data/{name}"] = sha256
    index = folder / "data" / "captures.csv"
    index.parent.mkdir(exist_ok=True)
    _write_index(index)
    manifest["data/captures.csv"] = hashlib.sha256(index.read_bytes()).hexdigest()
    octets += index.stat().st_size
    _write_tags(folder, manifest, octets, on)
    return len(manifest)


def _copy(name: str, sha256: str, to: Path) -> int:
    """Copy one file and check it on the way; its size."""
    to.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    try:
        with archive_storage().open(name) as file, to.open("wb") as copy:
            while piece := file.read(store.PIECE):
                digest.update(piece)
                size += len(piece)
                copy.write(piece)
    except FileNotFoundError as error:
        raise Altered(name) from error
    if digest.hexdigest() != sha256:
        raise Altered(name)
    return size


def _write_index(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_rows())


def _rows() -> Iterator[list[object]]:
    captures = Capture.objects.with_reading().select_related("source").order_by("source__key", "captured_at", "pk")
    for capture in captures.iterator():
        source, text = capture.source, getattr(capture, "document_text", None)
        yield [
            *(source.key, source.url, source.title, source.publisher, source.language, source.published or ""),
            *(source.rights, capture.captured_at.isoformat(), capture.method, capture.final_url),
            *("" if capture.http_status is None else capture.http_status, capture.media_type, capture.size),
            *(capture.sha256, capture.file, capture.warc, text.picture if text else ""),
            "" if text is None or text.pages is None else text.pages,
        ]


def _write_tags(folder: Path, manifest: dict[str, str], octets: int, on: date) -> None:
    tags = {
        "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": f"Bagging-Date: {on}\nPayload-Oxum: {octets}.{len(manifest)}\n",
        "manifest-sha256.txt": "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(manifest.items())),
    }
    for name, text in tags.items():
        (folder / name).write_text(text, encoding="utf-8")
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in tags.items()}
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(digests.items()))
    (folder / "tagmanifest-sha256.txt").write_text(lines, encoding="utf-8")
