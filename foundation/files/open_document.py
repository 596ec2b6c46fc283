"""Write rows of text as a LibreOffice sheet (ODS). A text stays a text, with its line breaks and spaces.

The length of the archive's first part is written before its content, so the file must be complete before its first byte
is sent: it is written to disk, and the number of rows is limited.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.files.spreadsheet import ABOUT, BLOCK, QUICKEST, TooLarge, grouped, in_blocks

MOST_RECORDS = 100_000
"""With more, readers would wait too long for the first byte, and LibreOffice would take minutes."""
MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"

_XMLNS = "urn:oasis:names:tc:opendocument:xmlns:"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MANIFEST = (
    f'<manifest:manifest xmlns:manifest="{_XMLNS}manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{MEDIA_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)
_BEFORE = (
    f'<office:document-content xmlns:office="{_XMLNS}office:1.0" xmlns:style="{_XMLNS}style:1.0"'
    f' xmlns:table="{_XMLNS}table:1.0" xmlns:text="{_XMLNS}text:1.0" xmlns:number="{_XMLNS}datastyle:1.0"'
    f' xmlns:fo="{_XMLNS}xsl-fo-compatible:1.0" office:version="1.3"><office:automatic-styles>'
    '<number:text-style style:name="as-typed"><number:text-content/></number:text-style>'
    '<style:style style:name="text" style:family="table-cell" style:data-style-name="as-typed"/>'
    '<style:style style:name="header" style:family="table-cell" style:data-style-name="as-typed">'
    '<style:text-properties fo:font-weight="bold"/></style:style></office:automatic-styles>'
    '<office:body><office:spreadsheet><table:table table:name="{name}"><table:table-column'
    ' table:number-columns-repeated="{width}" table:default-cell-style-name="text"/>'
)
_ABOUT = f'</table:table><table:table table:name="{ABOUT}">'
_AFTER = "</table:table></office:spreadsheet></office:body></office:document-content>"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot represent."""
_LINE_END = re.compile("\r\n|\r|\n")
_BLANKS = re.compile("^ +| {2,}| +$")
"""Spaces that a reader of the format would collapse or strip."""


def check_records(records: int) -> None:
    """Raise TooLarge if there are more records than the format is offered for."""
    if records > MOST_RECORDS:
        raise TooLarge(
            _(
                "An OpenDocument file can have at most %(most)s records; this one would have %(records)s. Use the CSV "
                "file, or filter first."
            )
            % {"most": grouped(MOST_RECORDS), "records": grouped(records)}
        )


def written(rows: Iterable[Sequence[str]], *, name: str, about: Sequence[Sequence[str]] = ()) -> Iterator[bytes]:
    """The file of a sheet called `name`, whose first row is the header; it is written before this returns.

    `about` are the rows of a second sheet.
    """
    settings.TEMPORARY_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = TemporaryFile(dir=settings.TEMPORARY_DIR)  # noqa: SIM115  _Sent closes it
    try:
        _write(rows, name, about, file)
    except BaseException:
        with suppress(OSError):  # on a full disk, flushing the buffer fails as well
            file.close()
        raise
    return _Sent(file)


def _write(rows: Iterable[Sequence[str]], name: str, about: Sequence[Sequence[str]], file: IO[bytes]) -> None:
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=QUICKEST) as archive:
        archive.writestr("mimetype", MEDIA_TYPE, ZIP_STORED)  # first and uncompressed, as file type detection needs
        archive.writestr("META-INF/manifest.xml", _DECLARATION + _MANIFEST)
        with archive.open("content.xml", "w", force_zip64=True) as content:
            for xml in in_blocks(_sheets(rows, name, about)):
                content.write(xml.encode())


class _Sent(Iterator[bytes]):
    """The blocks of a file, which is closed at its end, or with the response if nobody read it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)

    def __next__(self) -> bytes:
        block = self._file.read(BLOCK)
        if not block:
            self.close()
            raise StopIteration
        return block

    def close(self) -> None:
        self._file.close()


def _sheets(rows: Iterable[Sequence[str]], name: str, about: Sequence[Sequence[str]]) -> Iterator[str]:
    """The pieces of the sheets' XML."""
    style = "header"
    for row in rows:
        if style == "header":
            yield _DECLARATION + _BEFORE.replace("{name}", name).replace("{width}", str(len(row)))
        yield _row(row, style)
        style = "text"
    if about:
        yield _ABOUT + "".join(_row(row, "text") for row in about)
    yield _AFTER


def _row(cells: Sequence[str], style: str) -> str:
    return f"<table:table-row>{''.join(_cell(text, style) for text in cells)}</table:table-row>"


def _cell(text: str, style: str) -> str:
    if not text:
        return "<table:table-cell/>"
    text = _NOT_IN_XML.sub("\ufffd", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    paragraphs = "".join(f"<text:p>{_kept(line)}</text:p>" for line in _LINE_END.split(text))
    return f'<table:table-cell table:style-name="{style}" office:value-type="string">{paragraphs}</table:table-cell>'


def _kept(line: str) -> str:
    blanks = _BLANKS.sub(lambda found: f'<text:s text:c="{len(found[0])}"/>', line)
    return blanks.replace("\t", "<text:tab/>")
