"""A file from the wild -> its header and its rows, or words about what is wrong with it.

Nothing is guessed silently: what is unusual and was read correctly becomes a notice, what cannot be read correctly is
refused with its row. A row is counted as a spreadsheet counts it, so that title rows and blank rows have numbers too.

An Excel workbook becomes a CSV file with the same rows, which then goes the way of every CSV file. It is read in a
confined process: a few kilobytes of it can unpack to more than the memory.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation import confined
from foundation.files.cells import LONGEST_TEXT, nearest_in_words
from foundation.files.columns import Column
from foundation.files.importing.workbook_reading import MOST_CELLS, MOST_TEXT, MOST_UNPACKED
from foundation.files.resources import FileResource

ROWS_BEFORE_HEADER = 20
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
OWN_COLUMNS = ("row", "column", "problem", "remedy")
"""Additional columns of a file of failed rows; ignored on import, so that the corrected file can be imported."""
SPREADSHEETS = {b"PK\x03\x04": "XLSX/ODS", b"\xd0\xcf\x11\xe0": "XLS"}
CONTROLS = bytes(sorted({*range(0x20), 0x7F} - {*b"\t\n\v\f\r\x1a\x1b"}))
FIRST_BYTES, MOST_CONTROLS = 4096, 8
"""Bytes at the beginning of a file that are looked at, and control characters among them that a text may have."""

_ABOVE_ASCII, _NOT_UTF8 = re.compile("[^\x00-\x7f]"), re.compile("[\udc80-\udcff]")

csv.field_size_limit(10 * LONGEST_TEXT)
MOST_LISTED, LONGEST_LISTED = 20, 100
"""Number of column names that a message lists, and characters shown of each."""
LONGEST_RECORD = 5_000_000
"""Characters of a row; a longer one is refused while it is read, since it would have to be held in memory."""


class FileProblem(Exception):
    """The file as a whole cannot be read; `row` says where, when that is known."""

    def __init__(self, problem: str, remedy: str, row: int | None = None) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy, self.row = problem, remedy, row


@dataclass(slots=True)
class Table:
    """How to read a file: `columns` has None for an ignored column."""

    path: Path
    encoding: str
    delimiter: str
    header: list[str]
    header_row: int
    columns: list[Column | None]
    notices: list[str] = field(default_factory=list)

    @property
    def present(self) -> list[Column]:
        """The columns that are imported."""
        return [column for column in self.columns if column]


def open_table(path: Path, resource: type[FileResource]) -> Table:
    """Detect encoding, delimiter and header; raise FileProblem if they do not fit the kind of file."""
    encoding, notices = _encoding(path)
    first_rows = {delimiter: _first_rows(path, encoding, delimiter) for delimiter in DELIMITERS}
    known = {column.name for column in resource.columns()}
    delimiter, number = max(
        ((delimiter, number) for delimiter, rows in first_rows.items() for number in range(len(rows))),
        key=lambda place: (len(known & set(_names(first_rows[place[0]][place[1]]))), -place[1]),
        default=(",", 0),
    )
    rows = first_rows[delimiter]
    names = _names(rows[number]) if rows else []
    _refuse_unlike_header(names, known, resource)
    if delimiter != ",":
        notices.append(_("The cells are separated by a %(delimiter)s.") % {"delimiter": _delimiter_in_words(delimiter)})
    if number:
        notices.append(_("%(count)d rows above the header were skipped.") % {"count": number})
    columns = _columns(names, resource)
    return Table(path, encoding, delimiter, rows[number], number + 1, columns, notices)


def _delimiter_in_words(delimiter: str) -> str:
    return {";": _("semicolon"), "\t": _("tab")}[delimiter]


def _names(cells: list[str]) -> list[str]:
    return [cell.strip().lstrip("\ufeff").lower() for cell in cells]


def _encoding(path: Path) -> tuple[str, list[str]]:
    """Detect UTF-8 with or without a BOM, UTF-16 with a BOM, else cp1252 or Latin-1, as opposed to damaged UTF-8."""
    with path.open("rb") as file:
        start = file.read(4)
    for signature, name in SPREADSHEETS.items():
        if start.startswith(signature):
            raise FileProblem(
                _("This is a spreadsheet (%(kind)s), not a CSV file.") % {"kind": name},
                _("Save it as “CSV UTF-8” in the spreadsheet program, then import that file."),
            )
    _refuse_no_text(path)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", [_("The file was read as UTF-16.")]
    if _decodes(path, "utf-8"):
        return "utf-8-sig", []
    read_well, broken, line = _count_above_ascii(path)
    if read_well >= broken:
        raise FileProblem(
            _("The file is UTF-8, but some bytes are damaged, the first of them in line %(line)d.") % {"line": line},
            _("Save it again as UTF-8 in the original program."),
        )
    encoding = "cp1252" if _decodes(path, "cp1252") else "latin-1"
    return encoding, [_("The file is not UTF-8; it was read as %(encoding)s.") % {"encoding": encoding}]


def _refuse_no_text(path: Path) -> None:
    """Refuse binary files, such as images or UTF-16 without BOM: they have many control characters.

    Text may have as many, but it is UTF-8 without NUL: an export of such texts can be imported again.
    """
    with path.open("rb") as file:
        start = file.read(FIRST_BYTES)
    controls = len(start) - len(start.translate(None, CONTROLS))
    if controls <= MOST_CONTROLS or start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    if b"\0" in start or not _decodes(path, "utf-8"):
        raise FileProblem(
            _("This is not a CSV file: it contains bytes that no text has, like a picture or a program."),
            _("Save the table as “CSV UTF-8” in the original program, then import that file."),
        )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _count_above_ascii(path: Path) -> tuple[int, int, int]:
    """Count non-ASCII characters that are valid UTF-8 and invalid bytes; also the line of the first invalid byte."""
    read_well = broken = line = first = 0
    with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        while text := file.read(1 << 20):
            bad = len(_NOT_UTF8.findall(text))
            if bad and not broken:
                before, _found, _rest = text.partition(_NOT_UTF8.findall(text)[0])
                first = line + before.count("\n") + 1
            broken += bad
            read_well += len(_ABOVE_ASCII.findall(text)) - bad
            line += text.count("\n")
    return read_well, broken, first


class _RecordTooLong(csv.Error):
    """A row has more than LONGEST_RECORD characters."""


class _Lines:
    """The lines of a file for `csv.reader`; `length` is to be set to 0 at each new row."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.length = text, 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.text.readline(LONGEST_RECORD + 1)
        self.length += len(line)
        if self.length > LONGEST_RECORD:
            raise _RecordTooLong
        if not line:
            raise StopIteration
        return line


def _too_long(row: int) -> FileProblem:
    return FileProblem(
        _("This row has more than %(count)s characters.")
        % {"count": number_format(LONGEST_RECORD, force_grouping=True)},
        _("A line break or a closing quotation mark is missing, or this is not a table. Save it again as CSV."),
        row,
    )


@contextmanager
def _reader(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[io.BufferedReader, Iterator[list[str]]]]:
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        lines = _Lines(text)
        yield raw, _rows(csv.reader(lines, delimiter=delimiter, strict=True), lines)


def _rows(reader: Iterable[list[str]], lines: _Lines) -> Iterator[list[str]]:
    for row in reader:
        lines.length = 0
        yield row


def _first_rows(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with _reader(path, encoding, delimiter) as (_raw, reader):
        try:
            for row in reader:
                rows.append(row)
                if len(rows) == ROWS_BEFORE_HEADER:
                    break
        except _RecordTooLong:
            if not rows:
                raise _too_long(1) from None
        except (csv.Error, UnicodeError):  # told with its row when the rows are read
            return rows
    return rows


def _refuse_unlike_header(names: list[str], known: set[str], resource: type[FileResource]) -> None:
    is_named = any(set(keys) <= set(names) for keys in resource.keys)
    if len(known & set(names)) < 2 or not is_named:
        ways = _(" or ").join(" + ".join(keys) for keys in resource.keys)
        raise FileProblem(
            _("There is no header row. It needs at least these columns: %(columns)s.") % {"columns": ways},
            _("Name the columns in the first row, for example: %(columns)s.")
            % {"columns": ", ".join(column.name for column in resource.imported())},
        )
    repeated = sorted(name for name, times in Counter(names).items() if name and times > 1)
    if repeated:
        raise FileProblem(
            _("The header has a column twice: %(columns)s.") % {"columns": _listed(repeated)},
            _("Keep only one of them."),
        )
    for name, needed in resource.needs.items():
        if name in names and needed not in names:
            raise FileProblem(
                _("The column %(name)s needs the column %(needed)s.") % {"name": name, "needed": needed},
                _("Add the column %(needed)s.") % {"needed": needed},
            )


def _listed(names: list[str]) -> str:
    """The first of these names, each shortened."""
    listed = ", ".join(name[:LONGEST_LISTED] for name in names[:MOST_LISTED])
    return listed if len(names) <= MOST_LISTED else f"{listed}, …"


def _columns(names: list[str], resource: type[FileResource]) -> list[Column | None]:
    by_name = {column.name: column for column in resource.columns()}
    unknown = [name for name in names if name and name not in by_name and name not in OWN_COLUMNS]
    if unknown:
        raise FileProblem(
            _("The header has unknown columns: %(columns)s.") % {"columns": _listed(unknown)},
            nearest_in_words(unknown[0][:LONGEST_LISTED], list(by_name)) + " " + _("Rename or remove the column."),
        )
    found = (by_name.get(name) for name in names)
    return [column if column and not column.readonly else None for column in found]


@dataclass(slots=True)
class Row:
    """One record of the file: its number, its cells, and the number of bytes read so far."""

    number: int
    cells: list[str]
    bytes_read: int


def rows_of(table: Table) -> Iterator[Row]:
    """Yield the non-blank rows below the header; raise FileProblem where the file becomes unreadable."""
    number = 0
    with _reader(table.path, table.encoding, table.delimiter) as (raw, reader):
        try:
            for number, cells in enumerate(reader, 1):
                if number > table.header_row and any(cells):
                    yield Row(number, cells, raw.tell())
        except _RecordTooLong:
            raise _too_long(number + 1) from None
        except csv.Error as error:
            raise FileProblem(
                _("The file cannot be read after this row: %(error)s.") % {"error": error},
                _("A quotation mark is not closed, or a quotation mark inside a cell is not doubled."),
                number + 1,
            ) from None
        except UnicodeError:
            raise FileProblem(
                _("The file ends in the middle of a character."), _("Save it again as UTF-8."), number + 1
            ) from None


# Excel workbooks


BOUNDS = confined.Bounds(cpu=60, seconds=90)
READER = "foundation.files.importing.workbook_reading"
SIGNATURE = b"PK\x03\x04"


def is_workbook(file: BinaryIO) -> bool:
    """Whether a file is a ZIP archive, as workbooks are; other archives are refused when they are read."""
    file.seek(0)
    start = file.read(len(SIGNATURE))
    file.seek(0)
    return start == SIGNATURE


def as_csv(file: BinaryIO, kind: str) -> bytes:
    """The rows of a workbook as CSV; `kind` names the sheet, such as `measures`, if several have cells.

    Row numbers are those of the spreadsheet. Raise FileProblem if it cannot be read.
    """
    try:
        found = confined.call(READER, "read", file, bounds=BOUNDS, name=kind)
    except confined.Unavailable as error:
        raise FileProblem(
            _("Too many files are being read at the moment."), _("Try again in a minute, or upload the file as CSV.")
        ) from error
    except confined.Failed as error:
        raise FileProblem(
            _("This Excel file cannot be read: it is damaged, or it takes too long to read."),
            _("Save it again in the spreadsheet program, or as “CSV UTF-8”."),
        ) from error
    if "problem" in found:
        raise _problem(found, kind)
    return str(found["text"]).encode("utf-8", "replace")


@contextmanager
def readable(path: Path, kind: str) -> Iterator[Path]:
    """Yield the file itself if it is CSV, or a temporary file with the rows of a workbook."""
    with path.open("rb") as file:
        if not is_workbook(file):
            yield path
            return
        content = as_csv(file, kind)
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"{path.name}.csv"
        copy.write_bytes(content)
        yield copy


def _problem(found: dict[str, Any], kind: str) -> FileProblem:
    """The error message for a workbook that cannot be read."""
    if found["problem"] == "other":
        return FileProblem(
            _("This is neither a CSV file nor an Excel workbook (XLSX)."),
            _("Save it as XLSX or “CSV UTF-8” in the spreadsheet program, then import that file."),
        )
    if found["problem"] == "sheets":
        return FileProblem(
            _("Several sheets contain cells: %(sheets)s.") % {"sheets": ", ".join(found["sheets"][:20])[:500]},
            _("Rename the sheet to import to “%(name)s”, or remove the others.") % {"name": kind},
        )
    most = {
        "unpacked": _("This Excel file is larger than %(count)d MB when unpacked.")
        % {"count": MOST_UNPACKED // 1_000_000},
        "cells": _("This sheet has more than %(count)s cells.")
        % {"count": number_format(MOST_CELLS, force_grouping=True)},
        "text": _("This sheet has more than %(count)s characters.")
        % {"count": number_format(MOST_TEXT, force_grouping=True)},
    }
    return FileProblem(most[found["problem"]], _("Save it as “CSV UTF-8”, or import it in parts."))
