"""The sheet of an Excel workbook as the text of a CSV file. Called through `foundation.confined`; knows no settings.

A cell becomes what the spreadsheet shows, as far as that is known: a date that is shown without its day has none.
Cells that are merged downwards have one value, which each of their rows gets.
"""

import csv
import datetime
import io
import json
import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

from foundation.files.values import text_of_value

ROWS_BEFORE_HEADER = 20
"""Rows among which the header is looked for."""
MOST_UNPACKED = 200_000_000
"""Bytes of the parts of a workbook together, when unpacked; a bomb has thousands of times its size."""
MOST_CELLS = 1_000_000
"""Cells of a sheet that have text; reading them takes up to half a minute."""
MOST_ROWS = 1_048_576
"""Rows of a sheet as Excel has them, whether they hold anything or not."""
MOST_PLACES = 20_000_000
"""Places of a sheet up to the last cell of each row; looking at the empty ones takes some seconds."""
MOST_TEXT = 40_000_000
"""Characters of the JSON result, in which a non-ASCII letter takes six."""

_ESCAPED = re.compile("_x(?![Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")
"""An escaped character by its code, but not half of a surrogate pair."""
_NOT_OF_THE_DATE = re.compile(r'"[^"]*(?:"|\Z)|\\.|\[[^\]]*(?:\]|\Z)')
"""Literal text, language and colour in a format, up to the end if unclosed."""
_ONE_GROUP = re.compile(r"(-?[1-9][0-9]{0,2}\.[0-9]{3})(%?)")
"""A number that a text could mean as thousands, which a number of a spreadsheet does not."""
DIGITS_OF_PERCENT = 12
"""Decimal places of a percentage that are kept; beyond, a number has only what its binary form adds."""


class _TooLarge(Exception):
    """A limit of this module is exceeded; the message is its name."""


def read(file: BinaryIO, name: str, numbers: Collection[str] = ()) -> dict[str, Any]:
    """`{"text": …}`, or the reason: `{"problem": "other" | "unpacked" | "cells" | "text" | "sheets" | "formula"}`.

    The sheet is the one with cells; if several have cells, the one called `name`, otherwise `sheets` lists them. A
    hidden one, as of lists to choose from, counts only if no other has cells. `formula` comes with the `cell` of a
    formula whose result the program that wrote the file did not keep. `numbers` are the names of columns of numbers.
    """
    try:
        with ZipFile(file) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                return {"problem": "other"}
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                return {"problem": "unpacked"}
    except BadZipFile:
        return {"problem": "other"}
    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        filled = [sheet for sheet in book.worksheets if any(_Sheet(sheet).rows())]
        filled = [sheet for sheet in filled if sheet.sheet_state == "visible"] or filled
        chosen = [sheet for sheet in filled if sheet.title.strip().lower() == name] or filled
        if len(chosen) > 1:
            return {"problem": "sheets", "sheets": [sheet.title for sheet in chosen]}
        sheet = _Sheet(chosen[0]) if chosen else None
        rows = sheet.whole(numbers) if sheet else []
        if sheet and sheet.without_result:
            return {"problem": "formula", "cell": sheet.without_result}
        return {"text": _as_csv(rows)}
    except _TooLarge as error:
        return {"problem": str(error)}


class _Parser(WorkSheetParser):
    """Notes the first formula without its result, which would otherwise be read as an empty cell."""

    without_result = ""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and not self.without_result and element.find(FORMULA_TAG) is not None:
            is_empty_text = element.get("t") == "str" and element.find(VALUE_TAG) is not None
            self.without_result = "" if is_empty_text else str(element.get("r") or f"row {cell['row']}")
        return cell


class _Sheet:
    """The cells of a sheet as texts."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self.without_result = ""
        """The cell of the first formula without its result, once the rows have been read."""
        self._merged: list[tuple[int, int, int]] = []
        self._like_thousands: list[tuple[int, int]] = []

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows up to the last one with text, with blank ones in between, without trailing empty cells."""
        blank = cells = places = last = 0
        for number, texts in self._texts():
            cells += _filled(texts)
            places += len(texts) + number - last
            if cells > MOST_CELLS or places > MOST_PLACES or number > MOST_ROWS:
                raise _TooLarge("cells")
            blank += number - last - 1
            last = number
            while texts and not texts[-1]:
                texts.pop()
            if not texts:
                blank += 1
                continue
            for _number in range(blank):
                yield []
            blank = 0
            yield texts

    def whole(self, numbers: Collection[str]) -> list[list[str]]:
        """All rows, with the values of merged cells, and numbers with three decimals in a way that is no thousands."""
        rows = list(self.rows())
        for first, last, place in self._merged:
            value = rows[first][place] if first < len(rows) and place < len(rows[first]) else ""
            for row in rows[first + 1 : last + 1] if value else []:
                if row:
                    row += [""] * (place + 1 - len(row))
                    row[place] = row[place] or value
        named = {place for row in rows[:ROWS_BEFORE_HEADER] for place, text in enumerate(row) if _name(text) in numbers}
        for number, place in self._like_thousands:
            if place in named:
                rows[number][place] = _ONE_GROUP.sub(r"\g<1>0\2", rows[number][place])
        return rows

    def _texts(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of each row of the file with its texts; the size that a file claims may be wrong."""
        book, last = self.sheet.parent, 0
        with self.sheet._get_source() as source:
            parser = _Parser(
                source,
                self.sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for number, cells in parser.parse():
                if number <= last:
                    continue
                last = number
                width = max((cell["column"] for cell in cells), default=0)
                if width > MOST_PLACES:
                    raise _TooLarge("cells")
                texts = [""] * width
                for cell in cells:
                    if cell["value"] is not None:
                        texts[cell["column"] - 1] = self._text(cell)
                yield number, texts
            self.without_result = parser.without_result
            merged = parser.merged_cells.mergeCell if parser.merged_cells else []
            self._merged = [(each.min_row - 1, each.max_row - 1, each.min_col - 1) for each in merged]

    def _text(self, cell: dict[str, Any]) -> str:
        text = _text(ReadOnlyCell(self.sheet, **cell))
        if isinstance(cell["value"], float) and _ONE_GROUP.fullmatch(text):
            self._like_thousands.append((cell["row"] - 1, cell["column"] - 1))
        return text


def _name(text: str) -> str:
    return text.strip().lower()


def _text(cell: Any) -> str:
    value = cell.value
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    if isinstance(value, datetime.datetime):
        return _shown(value, cell.number_format)
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_percent(cell.number_format):
        return f"{text_of_value(round(Decimal(str(value)) * 100, DIGITS_OF_PERCENT))}%"
    return text_of_value(value)


def _is_percent(number_format: str) -> bool:
    return "%" in number_format and "%" in _NOT_OF_THE_DATE.sub("", number_format)


def _shown(value: datetime.datetime, number_format: str) -> str:
    """The part of a date that its format displays: Excel turns a typed `2020-05` into the first of May."""
    parts = _NOT_OF_THE_DATE.sub("", number_format).lower()
    if "d" in parts or "h" in parts or "y" not in parts:
        return text_of_value(value)
    return value.strftime("%Y-%m" if "m" in parts else "%Y")


def _as_csv(rows: list[list[str]]) -> str:
    """All rows as long as the longest, as a spreadsheet program writes them, unless that is far away from all others.

    Of that one, what stands to the right of the table is left out: no column there has a name.
    """
    width, text = _width(rows), io.StringIO()
    writer, size = csv.writer(text), 0
    for row in rows:
        whole = [*row[:width], *[""] * (width - len(row))] if row else []
        size += len(json.dumps(whole))
        if size > MOST_TEXT:
            raise _TooLarge("text")
        writer.writerow(whole)
    return text.getvalue()


def _width(rows: list[list[str]]) -> int:
    """The length of the longest row that makes no sheet of more than MOST_CELLS; at least that of the header.

    The header is the fullest of the first rows, or shorter than that one.
    """
    number = sum(map(bool, rows))
    fitting = max((len(row) for row in rows if len(row) * number <= MOST_CELLS), default=0)
    return max(fitting, len(max(rows[:ROWS_BEFORE_HEADER], key=_filled, default=[])))


def _filled(texts: list[str]) -> int:
    return len(texts) - texts.count("")
