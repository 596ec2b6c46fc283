"""Extract the text of a document, and sanitize web pages. Called through `foundation.confined`."""

import re
import time
from itertools import islice
from typing import BinaryIO

import html_text
import lxml.html
import nh3
import pypdf

from measures.archive.charsets import decoded

LONGEST = 5_000_000
"""Characters of a text that are kept; a gazette of a thousand pages has some four million."""
MOST_PAGES = 10_000
SECONDS = 15
"""CPU seconds after which no further page is begun; what was read by then is returned."""
_BLANKS = re.compile(r"[ \t\xa0]+")
_LINES = re.compile(r"\n{3,}")
_DECLARATION = re.compile(r"\s*+<\?xml[^>]*+>")


def text_of(file: BinaryIO, media_type: str, charset: str) -> tuple[list[str], int | None]:
    """The texts of the pages and their number; for a document without pages, one text and None."""
    return READERS[media_type](file, charset)


def harmless_page(file: BinaryIO, charset: str) -> str:
    """A web page without scripts, frames and anything that would be fetched."""
    return nh3.clean(decoded(file.read(), charset), url_schemes={"data"})


def of_pdf(file: BinaryIO, charset: str) -> tuple[list[str], int]:
    """Extract the text page by page; a page that cannot be read, or that there is no time for, is empty."""
    reader = pypdf.PdfReader(file, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ValueError("The document asks for a password.")
    pages: list[str] = []
    left = LONGEST
    for page in islice(reader.pages, MOST_PAGES):
        text = tidy(_text_of(page))[:left] if left and time.process_time() < SECONDS else ""
        left -= len(text)
        pages.append(text)
    return pages, len(pages)


def _text_of(page: pypdf.PageObject) -> str:
    try:
        return page.extract_text()
    except Exception:  # parsers of untrusted files can fail in any way; go on with the other pages
        return ""


def of_html(file: BinaryIO, charset: str) -> tuple[list[str], None]:
    """All visible text, including menus: a quote may be anywhere."""
    text = decoded(file.read(), charset)
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    tree = lxml.html.document_fromstring(text) if text.strip() else None
    return [tidy(html_text.extract_text(tree) if tree is not None else "")[:LONGEST]], None


def of_text(file: BinaryIO, charset: str) -> tuple[list[str], None]:
    return [tidy(decoded(file.read(), charset))[:LONGEST]], None


def tidy(text: str) -> str:
    """Remove characters that PostgreSQL cannot store, and collapse spaces."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


READERS = {
    "application/pdf": of_pdf,
    "text/html": of_html,
    "application/xml": of_html,
    "text/plain": of_text,
}
