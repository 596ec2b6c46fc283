"""Rows of text -> an XLSX file (ECMA-376), streamed: one sheet with a frozen header, in which every cell is text.

A library would build the whole sheet in a file of its own before the first byte could leave, and takes five times as
long; what a sheet of texts needs of the format is little. A text is never a formula, and its number format keeps it a
text when somebody edits the cell: `=1+1` stays `=1+1`, and `2020-05` stays `2020-05`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils.formats import number_format
from django.utils.translation import gettext as _

MOST_ROWS = 1_048_576
"""Rows of a sheet, its header among them."""
LONGEST_CELL = 32_767
"""Characters of a cell."""
MANY_ROWS = 100_000
"""From this many rows a sheet may exceed 2 GB and needs ZIP64, which old programs cannot read."""
BLOCK = 1 << 18
"""Number of characters compressed at once."""
QUICKEST = 1
"""Level of compression; the usual one takes 1.7 times as long for a file that is 6 % smaller."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FONTS = "<font><sz val='11'/><name val='Calibri'/></font><font><b/><sz val='11'/><name val='Calibri'/></font>"
_TEXT_FORMAT = 49
"""The format `@`, which keeps what is typed."""
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    "{overrides}"
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{{sheets}}</sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'{{relations}}<Relationship Id="rId9" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="2">{_FONTS}</fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    f'<cellXfs count="3"><xf/><xf numFmtId="{_TEXT_FORMAT}" applyNumberFormat="1"/>'
    f'<xf numFmtId="{_TEXT_FORMAT}" fontId="1" applyNumberFormat="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_BEFORE = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_AFTER = "</sheetData></worksheet>"

ABOUT = "about"
"""The name of the sheet that says what a file is."""
_OVERRIDE = f'<Override PartName="/xl/worksheets/sheet{{}}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
_RELATION = '<Relationship Id="rId{}" Type="' + _OFFICE + '/worksheet" Target="worksheets/sheet{}.xml"/>'
_ABOUT_SHEET = "xl/worksheets/sheet2.xml"

_STYLE_OF_TEXT, _STYLE_OF_HEADER = 1, 2
_NOT_IN_XML = bytes([*range(1, 9), *range(11, 32)])
"""Control characters; line feeds and tabs are allowed."""
_ESCAPED = re.compile("[\x01-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""Characters that the format escapes as `_x000D_`, and an underscore that would look like such an escape."""


class TooLarge(Exception):
    """A sheet cannot hold the data: the message says what is too large, and what to do instead."""


def grouped(number: int) -> str:
    """Format a number with the thousands separators of the reader's language."""
    return number_format(number, force_grouping=True)


def check_rows(records: int) -> None:
    """Raise TooLarge if there are more records than rows below a header."""
    if records >= MOST_ROWS:
        raise TooLarge(
            _(
                "An Excel sheet can have at most %(most)s records; this one would have %(records)s. Use the CSV file, "
                "or filter first."
            )
            % {"most": grouped(MOST_ROWS - 1), "records": grouped(records)}
        )


def check_cell(text: str, *, column: str, record: str) -> None:
    """Raise TooLarge if a text is longer than a cell allows."""
    if (length := len(text.encode("utf-16-le")) // 2) > LONGEST_CELL:
        raise TooLarge(
            _(
                "An Excel cell can have at most %(most)s characters; “%(column)s” of %(record)s has %(length)s. Use "
                "the CSV file."
            )
            % {"most": grouped(LONGEST_CELL), "column": column, "record": record, "length": grouped(length)}
        )


def written(
    rows: Iterable[Sequence[str]], *, name: str, is_large: bool = False, about: Sequence[Sequence[str]] = ()
) -> Iterator[bytes]:
    """The file of a sheet called `name`, whose first row is the header. `is_large`: it may have MANY_ROWS.

    `about` are the rows of a second sheet, ABOUT.

    Raises TooLarge for a cell that nobody has checked before; what has been sent until then is no archive.
    """
    sent = _Sent()
    with ZipFile(sent, "w", ZIP_DEFLATED, compresslevel=QUICKEST) as archive:  # type: ignore[call-overload]  # it need not seek
        for path, xml in _parts(name, about).items():
            with archive.open(path, "w") as part:
                part.write((_DECLARATION + xml).encode())
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=is_large) as sheet:
            for xml in in_blocks(_sheet(rows)):
                sheet.write(xml.encode())
                yield sent.taken()
    yield sent.taken()


def _parts(name: str, about: Sequence[Sequence[str]]) -> dict[str, str]:
    """The XML of every part of the archive but the sheet itself, by its path."""
    names = [name, ABOUT] if about else [name]
    filled = {
        "overrides": "".join(_OVERRIDE.format(number) for number, _name in enumerate(names, 1)),
        "sheets": "".join(
            f'<sheet name="{each}" sheetId="{number}" r:id="rId{number}"/>' for number, each in enumerate(names, 1)
        ),
        "relations": "".join(_RELATION.format(number, number) for number, _name in enumerate(names, 1)),
    }
    parts = dict(_PARTS)
    for mark, xml in filled.items():
        parts = {path: part.replace(f"{{{mark}}}", xml) for path, part in parts.items()}
    if about:
        cells = "".join(_row(row, row, _STYLE_OF_TEXT) for row in about)
        parts[_ABOUT_SHEET] = f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}{_AFTER}'
    return parts


class _Sent:
    """An unseekable file for ZipFile: it buffers bytes until they are taken."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []

    def write(self, content: bytes) -> int:
        self.waiting.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Do nothing: whoever takes the bytes sends them."""

    def taken(self) -> bytes:
        content = b"".join(self.waiting)
        self.waiting = []
        return content


def _sheet(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The pieces of the sheet's XML."""
    yield _DECLARATION + _BEFORE
    header: Sequence[str] = ()
    for row in rows:
        yield _row(row, header or row, _STYLE_OF_TEXT if header else _STYLE_OF_HEADER)
        header = header or row
    yield _AFTER


def _row(cells: Sequence[str], header: Sequence[str], style: int) -> str:
    """The XML of a row. Its texts are escaped together, joined by a character that no text in the database contains."""
    text = "\0".join(cells)
    if len(text) > LONGEST_CELL // 2:
        for column, cell in zip(header, cells, strict=True):
            check_cell(cell, column=column, record=cells[0])
    if "_x" in text or _has_control(text):
        text = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    before, after = f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">', "</t></is></c>"
    xml = f"{before}{text}{after}".replace("\0", after + before)
    return f"<row>{xml.replace(before + after, '<c/>')}</row>"


def _has_control(text: str) -> bool:
    content = text.encode()
    return len(content.translate(None, _NOT_IN_XML)) != len(content) or "\ufffe" in text or "\uffff" in text


def in_blocks(pieces: Iterable[str]) -> Iterator[str]:
    """Group the text into longer pieces."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield "".join(waiting)
            waiting, size = [], 0
    yield "".join(waiting)
