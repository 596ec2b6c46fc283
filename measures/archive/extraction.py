"""The text of a document, in a process of its own: `-m measures.archive.extraction TYPE FILE CHARSET` writes JSON.

What comes from strangers may crash its parser, hang it or fill the memory. So this program limits itself first, knows
neither the database nor the settings.
"""

import json
import os
import re
import resource
import sys
import warnings

import html_text
import lxml.html
import pypdf

from measures.archive.charsets import decoded

SECONDS = 40
MEMORY = 1_500_000_000
LONGEST = 5_000_000
"""Characters of a text that are kept; a gazette of a thousand pages has some four million."""
_BLANKS = re.compile(r"[ \t\xa0]+")
_LINES = re.compile(r"\n{3,}")


def main(media_type: str, path: str, charset: str) -> None:
    """Write `{"pages": [text, …], "count": number or null}`."""
    limit()
    warnings.simplefilter("ignore")
    pages, count = READERS[media_type](path, charset)
    json.dump({"pages": pages, "count": count}, sys.stdout)


def limit() -> None:
    """Bound what this process may use: time, memory, and no file of its own."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)


def of_pdf(path: str, charset: str) -> tuple[list[str], int]:
    """Page by page; a page that cannot be read is empty."""
    reader = pypdf.PdfReader(path, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ValueError("The document asks for a password.")
    pages: list[str] = []
    left = LONGEST
    for page in reader.pages:
        text = tidy(_text_of(page))[:left]
        left -= len(text)
        pages.append(text)
    return pages, len(pages)


def _text_of(page: pypdf.PageObject) -> str:
    try:
        return page.extract_text()
    except Exception:  # a parser of strangers' files fails in every way; the other pages go on
        return ""


def of_html(path: str, charset: str) -> tuple[list[str], None]:
    """All that a reader sees, menus too: a quote may stand anywhere."""
    data = _read(path)
    text = decoded(data, charset)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text)
    tree = lxml.html.document_fromstring(text) if text.strip() else None
    return [tidy(html_text.extract_text(tree) if tree is not None else "")[:LONGEST]], None


def of_text(path: str, charset: str) -> tuple[list[str], None]:
    return [tidy(decoded(_read(path), charset))[:LONGEST]], None


def tidy(text: str) -> str:
    """Without what PostgreSQL cannot keep and without rows of blanks."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _LINES.sub("\n\n", "\n".join(lines)).strip()


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


READERS = {
    "application/pdf": of_pdf,
    "text/html": of_html,
    "application/xml": of_html,
    "text/plain": of_text,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
