"""The export formats, by file extension. All have the same cells as the CSV file."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from foundation.files import open_document
from foundation.files.exporting import Records, count, downloaded, exported, exported_sheet, in_blocks
from foundation.files.resources import FileResource


@dataclass(frozen=True, slots=True)
class Format:
    """The name of a format, its media type, and the function that returns its blocks of bytes.

    `blocks` takes the arguments of `exported`, and raises TooLarge if the format cannot hold the records. Where
    `says_about` is true it also takes `about`: rows of a term and a text that say what the file is.
    """

    name: str
    media_type: str
    blocks: Callable[..., Iterator[bytes]]
    says_about: bool = False


def exported_open_document(
    resource: type[FileResource],
    records: Records | None = None,
    *,
    about: Sequence[Sequence[str]] = (),
    **options: Any,
) -> Iterator[bytes]:
    """The rows of the CSV file as ODS, and those of `about` on a second sheet."""
    open_document.check_records(count(resource, records))
    return open_document.written(_rows(resource, records, **options), name=resource.file(), about=about)


def exported_json(resource: type[FileResource], records: Records | None = None, **options: Any) -> Iterator[bytes]:
    """The rows of the CSV file as a JSON array of objects keyed by column name, one per line."""
    return in_blocks(_objects(_rows(resource, records, **options)))


def _objects(rows: Iterator[list[str]]) -> Iterator[bytes]:
    header = next(rows)
    before = "[\n"
    for row in rows:
        yield f"{before}{json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False)}".encode()
        before = ",\n"
    yield b"\n]\n" if before == ",\n" else b"[]\n"


def _rows(resource: type[FileResource], records: Records | None, **options: Any) -> Iterator[list[str]]:
    return csv.reader(row.decode() for row in exported(resource, records, **options))


FORMATS = {
    "csv": Format("CSV", "text/csv; charset=utf-8", downloaded),
    "xlsx": Format("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", exported_sheet, True),
    "ods": Format("OpenDocument", open_document.MEDIA_TYPE, exported_open_document, True),
    "json": Format("JSON", "application/json", exported_json),
}
