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
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from foundation import confined
from foundation.characters import without_invisible
from foundation.files.cells import nearest_in_words
from foundation.files.columns import Column, ColumnKind
from foundation.files.importing.mapping import Mapper, Mapping, names_of, targets_of
from foundation.files.importing.workbook_reading import MOST_CELLS, MOST_TEXT, MOST_UNPACKED, ROWS_BEFORE_HEADER
from foundation.files.resources import FileResource, resources

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
OWN_COLUMNS = ("row", "column", "problem", "remedy")
"""Additional columns of a file of failed rows; ignored on import, so that the corrected file can be imported."""
SPREADSHEETS = {b"PK\x03\x04": "XLSX/ODS", b"\xd0\xcf\x11\xe0": "XLS"}
CONTROLS = bytes(sorted({*range(0x20), 0x7F} - {*b"\t\n\v\f\r\x1a\x1b"}))
FIRST_BYTES, MOST_CONTROLS = 4096, 8
"""Bytes at the beginning of a file that are looked at, and control characters among them that a text may have."""

UTF_16, UTF_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
CODE_PAGES = ("cp1252", "mac_roman", "cp850")
"""How Windows, older Macs and DOS write, in the order of likelihood."""
JUDGED_BYTES = 1 << 20
"""Bytes at the beginning of a file by which its code page is found."""
_EXPECTED = re.compile(
    "[áéíóúüñãõâêôçàäöëïèùîûßÁÉÍÓÚÜÑÃÕÂÊÔÇÀÄÖËÏÈÙÎÛ‘’“”…¿ºª°«»€\u00a0]|(?<![a-z])[£¥¢¡]|[–—](?![a-z])"
)
"""What texts in our languages have above ASCII: letters, and signs where these stand."""
_ABOVE_ASCII, _NOT_UTF8 = re.compile("[^\x00-\x7f]"), re.compile("[\udc80-\udcff]")

FEWEST_COLUMNS = 2
"""Columns that a table has at least."""
MOST_LISTED, LONGEST_LISTED = 20, 100
"""Number of column names that a message lists, and characters shown of each."""
LONGEST_RECORD = 5_000_000
"""Characters of a row; a longer one is refused while it is read, since it would have to be held in memory."""


class FileProblem(Exception):
    """The file as a whole cannot be read; `row` says where, when that is known."""

    def __init__(self, problem: str, remedy: str, row: int | None = None) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy, self.row = problem, remedy, row


class OtherColumns(FileProblem):
    """The columns of the file are not ours."""


@dataclass(slots=True)
class Table:
    """How to read a file: `columns` has None for an ignored column."""

    path: Path
    encoding: str
    delimiter: str
    header: list[str]
    header_row: int
    columns: list[Column | None] = field(default_factory=list)
    told_at: int | None = None
    """The place of the column that says when the record of a row was last changed."""
    notices: list[str] = field(default_factory=list)
    mapper: Mapper | None = None
    """What makes our cells of the rows of a table with other columns; then `columns` are those that it makes."""

    def cells_of(self, row: "Row") -> list[str]:
        """The cells of a row, one for each of `columns`."""
        return self.mapper.mapped(row.cells) if self.mapper else row.cells

    @property
    def present(self) -> list[Column]:
        """The columns that are imported."""
        return [column for column in self.columns if column]


def open_table(path: Path, resource: type[FileResource], mapping: Mapping | None = None) -> Table:
    """Detect encoding, delimiter and header; raise FileProblem if they do not fit the kind of file, or the mapping.

    It is OtherColumns if the header alone does not.
    """
    if mapping:
        return _mapped(foreign_table(path, mapping.sources), resource, mapping)
    known = {column.name for column in resource.columns()}
    table = _opened(path, lambda rows: _place_of_names(rows, known, _names))
    names = _names(table.header)
    _refuse_unlike_header(names, resource)
    table.columns = _columns(names, resource)
    table.told_at = names.index(resource.told_at) if resource.told_at in names else None
    return table


def foreign_table(path: Path, sources: Collection[str] = ()) -> Table:
    """A table with any columns, without `columns`; raise FileProblem if there is none.

    The header is the row with the most of the columns `sources`; without these, the first row that has as many cells as
    most rows below it, or more.
    """
    wanted = set(sources)
    table = _opened(path, lambda rows: _place_of_names(rows, wanted, names_of) if wanted else _place_by_shape(rows))
    named = sum(map(bool, table.header))
    if named < FEWEST_COLUMNS or not any(len(row.cells) >= FEWEST_COLUMNS for row in rows_of(table)):
        raise FileProblem(
            _("There is no table in the file: it needs a header row and rows below, with two columns or more."),
            _("Check that it is the right file, and that its first row names the columns."),
        )
    return table


def _mapped(table: Table, resource: type[FileResource], mapping: Mapping) -> Table:
    missing = sorted(mapping.sources - set(names_of(table.header)))
    if missing:
        raise OtherColumns(
            _("The file lacks columns that its mapping names: %(columns)s.") % {"columns": _listed(missing)},
            _("Check that it is the right mapping, or map the columns anew."),
        )
    if gone := mapping.targets - targets_of(resource).keys():
        raise OtherColumns(
            _("The mapping leads to columns that are no longer here: %(columns)s.")
            % {"columns": _listed(sorted(gone))},
            _("Map the columns anew."),
        )
    table.mapper = Mapper(mapping, resource, table.header)
    table.columns = list(table.mapper.columns)
    _refuse_unlike_header([column.name for column in table.present], resource)
    return table


NamesIn = Callable[[list[str]], list[str]]
"""What the columns of a header are called."""
FirstRows = dict[str, list[list[str]]]
"""The first rows of a file by each delimiter."""


def _place_of_names(first_rows: FirstRows, known: set[str], names_in: NamesIn) -> tuple[str, int]:
    """The delimiter and the number of the row with the most of the names."""
    return max(
        ((delimiter, number) for delimiter, rows in first_rows.items() for number in range(len(rows))),
        key=lambda place: (len(known & set(names_in(first_rows[place[0]][place[1]]))), -place[1]),
        default=(",", 0),
    )


def _place_by_shape(first_rows: FirstRows) -> tuple[str, int]:
    """The delimiter by which the most rows have one number of cells, and the first full row with at least so many."""
    found = {delimiter: _commonest_width(rows) for delimiter, rows in first_rows.items()}
    delimiter = max(found, key=lambda each: (found[each][0] >= FEWEST_COLUMNS, found[each][1], found[each][0]))
    width, rows = found[delimiter][0], first_rows[delimiter]
    full = (number for number, row in enumerate(rows) if len(row) >= width and sum(map(bool, row)) > width // 2)
    return delimiter, next(full, 0)


def _commonest_width(rows: list[list[str]]) -> tuple[int, int]:
    """The number of cells that most rows have, and how many have it."""
    return max(Counter(len(row) for row in rows).items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))


def _opened(path: Path, place_in: Callable[[FirstRows], tuple[str, int]]) -> Table:
    """The table without its columns, whose header is at the place that a function finds among the first rows."""
    encoding, notices = _encoding(path)
    first_rows = {delimiter: _first_rows(path, encoding, delimiter) for delimiter in DELIMITERS}
    delimiter, number = place_in(first_rows)
    rows = first_rows[delimiter]
    if delimiter != ",":
        notices.append(_("The cells are separated by a %(delimiter)s.") % {"delimiter": _delimiter_in_words(delimiter)})
    if number:
        notices.append(_("%(count)d rows above the header were skipped.") % {"count": number})
    return Table(path, encoding, delimiter, rows[number] if rows else [], number + 1, notices=notices)


def _delimiter_in_words(delimiter: str) -> str:
    return {";": _("semicolon"), "\t": _("tab"), "|": _("bar")}[delimiter]


def _names(cells: list[str]) -> list[str]:
    return [without_invisible(cell).strip().lower() for cell in cells]


def _encoding(path: Path) -> tuple[str, list[str]]:
    """Detect UTF-8 with or without a BOM, UTF-16 and UTF-32 with one, else a code page; refuse damaged UTF-8."""
    with path.open("rb") as file:
        start = file.read(4)
    for signature, name in SPREADSHEETS.items():
        if start.startswith(signature):
            raise FileProblem(
                _("This is a spreadsheet (%(kind)s), not a CSV file.") % {"kind": name},
                _("Save it as “CSV UTF-8” in the spreadsheet program, then import that file."),
            )
    _refuse_no_text(path)
    if start.startswith(UTF_32):
        return "utf-32", [_("The file is not UTF-8; it was read as %(encoding)s.") % {"encoding": "UTF-32"}]
    if start.startswith(UTF_16):
        return "utf-16", [_("The file was read as UTF-16.")]
    if _decodes(path, "utf-8"):
        return "utf-8-sig", []
    read_well, broken, line = _count_above_ascii(path)
    if read_well >= broken:
        raise FileProblem(
            _("The file is UTF-8, but some bytes are damaged, the first of them in line %(line)d.") % {"line": line},
            _("Save it again as UTF-8 in the original program."),
        )
    encoding = _code_page(path)
    encoding = encoding if _decodes(path, encoding) else "latin-1"
    return encoding, [_("The file is not UTF-8; it was read as %(encoding)s.") % {"encoding": encoding}]


def _code_page(path: Path) -> str:
    """The code page in which the file has the most of what texts in our languages have."""
    with path.open("rb") as file:
        start = file.read(JUDGED_BYTES)
    return max(CODE_PAGES, key=lambda page: len(_EXPECTED.findall(start.decode(page, "replace"))))


def _refuse_no_text(path: Path) -> None:
    """Refuse binary files, such as images or UTF-16 without BOM: they have many control characters.

    Text may have as many, but it is UTF-8 without NUL: an export of such texts can be imported again.
    """
    with path.open("rb") as file:
        start = file.read(FIRST_BYTES)
    controls = len(start) - len(start.translate(None, CONTROLS))
    if controls <= MOST_CONTROLS or start.startswith((*UTF_32, *UTF_16)):
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


def _refuse_unlike_header(names: list[str], resource: type[FileResource]) -> None:
    known = {column.name for column in resource.columns()}
    is_named = any(set(keys) <= set(names) for keys in resource.keys)
    if len(known & set(names)) < 2 or not is_named:
        ways = _(" or ").join(" + ".join(keys) for keys in resource.keys)
        is_header = sum(map(bool, names)) >= FEWEST_COLUMNS
        problem = (
            _("The columns are not those of this kind of file, which has at least: %(columns)s.")
            if is_header
            else _("There is no header row. It needs at least these columns: %(columns)s.")
        )
        raise OtherColumns(
            problem % {"columns": ways},
            _("Name the columns in the first row, for example: %(columns)s.")
            % {"columns": ", ".join(column.name for column in resource.imported())},
        )
    repeated = sorted(name for name, times in Counter(names).items() if name and times > 1)
    if repeated:
        raise OtherColumns(
            _("The header has a column twice: %(columns)s.") % {"columns": _listed(repeated)},
            _("Keep only one of them."),
        )
    for name, needed in resource.needs.items():
        if name in names and needed not in names:
            raise OtherColumns(
                _("The column %(name)s needs the column %(needed)s.") % {"name": name, "needed": needed},
                _("Add the column %(needed)s.") % {"needed": needed},
            )


def _listed(names: list[str]) -> str:
    """The first of these names, each shortened."""
    listed = ", ".join(name[:LONGEST_LISTED] for name in names[:MOST_LISTED])
    return listed if len(names) <= MOST_LISTED else f"{listed}, …"


def _columns(names: list[str], resource: type[FileResource]) -> list[Column | None]:
    by_name: dict[str, Column | None] = {column.name: column for column in resource.columns()}
    by_name |= {label.name: None for column in resource.columns() if (label := column.labelled("en"))}
    unknown = [name for name in names if name and name not in by_name and name not in OWN_COLUMNS]
    if unknown:
        nearest = nearest_in_words(unknown[0][:LONGEST_LISTED], list(by_name), otherwise="")
        raise OtherColumns(
            _("The header has unknown columns: %(columns)s.") % {"columns": _listed(unknown)},
            f"{nearest} {_('Rename or remove the column.')}".lstrip(),
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
        found = confined.call(READER, "read", file, bounds=BOUNDS, name=kind, numbers=_numbers(kind))
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


def _numbers(kind: str) -> list[str]:
    """The names of the columns of numbers of a kind of file."""
    resource = resources().get(kind)
    return [column.name for column in resource.columns() if column.kind is ColumnKind.NUMBER] if resource else []


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
    if found["problem"] == "formula":
        return FileProblem(
            _("Cell %(cell)s has a formula, and the file does not have its result.") % {"cell": found["cell"][:20]},
            _("Open the file in a spreadsheet program and save it there, or replace formulas by their values."),
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
