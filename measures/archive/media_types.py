"""Detect the type of a file by its content: names and server headers are often wrong.

Called through `foundation.confined`: the file list of an archive alone could fill the memory.
"""

import re
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

PDF, HTML, TEXT, XML = "application/pdf", "text/html", "text/plain", "application/xml"
UNKNOWN = "application/octet-stream"

_LOOKED_AT = 4096
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword"),
    (b"{\\rtf", "application/rtf"),
)
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_DOCUMENT = re.compile(rb"application/vnd\.oasis\.opendocument\.[a-z]+")
_IS_HTML = re.compile(  # linear time: possessive quantifiers (`*+`, `(?>`) never backtrack
    rb"\s*+(?><!--.*?-->\s*+)*+<(!doctype\s+html|html|head|body|title|meta|p|div|h1|table)[\s>/]", re.I | re.S
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

EXTENSIONS = {
    PDF: ".pdf",
    HTML: ".html",
    TEXT: ".txt",
    XML: ".xml",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "application/msword": ".doc",
    "application/rtf": ".rtf",
    **dict(zip(_OFFICE.values(), (".docx", ".xlsx", ".pptx"), strict=True)),
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
"""The file extension of each type for downloads; all others are `.bin`."""


def media_type_of(file: BinaryIO) -> str:
    """The media type of a file's content, `application/octet-stream` if unknown."""
    file.seek(0)
    head = file.read(_LOOKED_AT)
    file.seek(0)
    if b"%PDF-" in head[:1024]:
        return PDF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"PK\x03\x04"):
        return _packed(file, head)
    known = next((media_type for signature, media_type in _SIGNATURES if head.startswith(signature)), "")
    return known or _written(head)


def _packed(file: BinaryIO, head: bytes) -> str:
    """Detect office documents, which are ZIP archives, by the file names in them."""
    if found := _OPEN_DOCUMENT.search(head[:120]):
        return found[0].decode()
    try:
        with ZipFile(file) as archive:
            names = set(archive.namelist()[:1000])
    except (BadZipFile, ValueError, OSError, NotImplementedError):
        return UNKNOWN
    finally:
        file.seek(0)
    return next((media_type for name, media_type in _OFFICE.items() if name in names), UNKNOWN)


def _written(head: bytes) -> str:
    body = head
    for mark in _MARKS:
        body = body.removeprefix(mark)
    if head.startswith(_MARKS[1:]):
        body = body.replace(b"\0", b"")
    if not body.strip() or _CONTROL.search(body):
        return UNKNOWN
    if _IS_HTML.match(body) or b"<html" in body.lower():
        return HTML
    return XML if body.lstrip().startswith(b"<?xml") else TEXT
