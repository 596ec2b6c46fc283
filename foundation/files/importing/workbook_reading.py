"""The sheet of an Excel workbook as the text of a CSV file. Called through `foundation.confined`; knows no settings.

A cell becomes what the spreadsheet shows, as far as that is known: a date that is shown without its day has none.
"""

import csv
import datetime
import io
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

import openpyxl

from foundation.files.values import text_of_value

MOST_UNPACKED = 200_000_000
"""Bytes of the parts of a workbook together, when unpacked; a bomb has thousands of times its size."""
MOST_CELLS = 1_000_000
"""Cells of a sheet, empty ones among others included; reading them takes up to half a minute."""
MOST_TEXT = 40_000_000
"""Characters of the JSON result, in which a non-ASCII letter takes six."""

_ESCAPED = re.compile("_x(?![Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")
"""An escaped character by its code, but not half of a surrogate pair."""
_NOT_OF_THE_DATE = re.compile(r'"[^"]*(?:"|\Z)|\\.|\[[^\]]*(?:\]|\Z)')
"""Literal text, language and colour in a date format, up to the end if unclosed."""


class _TooLarge(Exception):
    """A limit of this module is exceeded; the message is its name."""


def read(file: BinaryIO, name: str) -> dict[str, Any]:
    """`{"text": …}`, or the reason: `{"problem": "other" | "unpacked" | "cells" | "text" | "sheets"}`.

    The sheet is the one with cells; if several have cells, the one called `name`, otherwise `sheets` lists them.
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
        chosen = [sheet for sheet in filled if sheet.title.strip().lower() == name] or filled
        if len(chosen) > 1:
            return {"problem": "sheets", "sheets": [sheet.title for sheet in chosen]}
        return {"text": _as_csv(list(_rows(chosen[0])) if chosen else [])}
    except _TooLarge as error:
        return {"problem": str(error)}


def _rows(sheet: Any) -> Iterator[list[str]]:
    """Yield the rows up to the last one with text, including blank ones in between, without trailing empty cells."""
    sheet.reset_dimensions()  # the size that a file claims may be wrong
    blank = cells = 0
    for row in sheet.iter_rows():
        texts = [_text(cell) for cell in row]
        while texts and not texts[-1]:
            texts.pop()
        cells += len(texts) or 1
        if cells > MOST_CELLS and (texts or cells > 2 * MOST_CELLS):
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
    return text_of_value(value)


def _shown(value: datetime.datetime, number_format: str) -> str:
    """The part of a date that its format displays: Excel turns a typed `2020-05` into the first of May."""
    parts = _NOT_OF_THE_DATE.sub("", number_format).lower()
    if "d" in parts or "h" in parts or "y" not in parts:
        return text_of_value(value)
    return value.strftime("%Y-%m" if "m" in parts else "%Y")


def _as_csv(rows: list[list[str]]) -> str:
    """All rows as long as the longest, as a spreadsheet program writes them."""
    width = max(map(len, rows), default=0)
    if width * len(rows) > MOST_CELLS:
        raise _TooLarge("cells")
    text = io.StringIO()
    writer, size = csv.writer(text), 0
    for row in rows:
        size += len(json.dumps(row))
        if size > MOST_TEXT:
            raise _TooLarge("text")
        writer.writerow([*row, *[""] * (width - len(row))])
    return text.getvalue()
