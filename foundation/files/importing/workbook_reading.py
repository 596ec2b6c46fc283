"""The sheet of an Excel workbook as the text of a CSV file. Called through `foundation.confined`; knows no settings.

A cell becomes what the spreadsheet shows, as far as that is known: a date that is shown without its day has none.
"""

import csv
import datetime
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

import openpyxl

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
DIGITS_OF_PERCENT = 12
"""Decimal places of a percentage that are kept; beyond, a number has only what its binary form adds."""


class _TooLarge(Exception):
    """A limit of this module is exceeded; the message is its name."""


def read(file: BinaryIO, name: str) -> dict[str, Any]:
    """`{"text": …}`, or the reason: `{"problem": "other" | "unpacked" | "cells" | "text" | "sheets"}`.

    The sheet is the one with cells; if several have cells, the one called `name`, otherwise `sheets` lists them. A
    hidden one, as of lists to choose from, counts only if no other has cells.
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
        filled = [sheet for sheet in book.worksheets if any(_rows(sheet))]
        filled = [sheet for sheet in filled if sheet.sheet_state == "visible"] or filled
        chosen = [sheet for sheet in filled if sheet.title.strip().lower() == name] or filled
        if len(chosen) > 1:
            return {"problem": "sheets", "sheets": [sheet.title for sheet in chosen]}
        return {"text": _as_csv(list(_rows(chosen[0])) if chosen else [])}
    except _TooLarge as error:
        return {"problem": str(error)}


def _rows(sheet: Any) -> Iterator[list[str]]:
    """Yield the rows up to the last one with text, including blank ones in between, without trailing empty cells."""
    sheet.reset_dimensions()  # the size that a file claims may be wrong
    blank = cells = places = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        texts = ["" if cell.value is None else _text(cell) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        cells += _filled(texts)
        places += len(row) or 1
        if cells > MOST_CELLS or places > MOST_PLACES or number > MOST_ROWS:
            raise _TooLarge("cells")
        if not texts:
            blank += 1
            continue
        for _number in range(blank):
            yield []
        blank = 0
        yield texts


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
