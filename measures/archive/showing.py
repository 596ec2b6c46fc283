"""What the public may see of a kept copy.

All of it where the source's rights say so; otherwise its facts and an excerpt as short as quotations are: what stands
around a place that was searched for or quoted, else the beginning.
"""

import re
from dataclasses import dataclass

from measures.archive.media_types import EXTENSIONS
from measures.choices import Rights
from measures.models import Capture, DocumentText, Source

LONGEST_EXCERPT = 400
"""Characters of a text whose rights are not given that are shown at most; less than a tenth of it besides."""
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a text, and whether more stands before and after it."""

    text: str
    is_cut_before: bool
    is_cut_after: bool


def may_show_copies(source: Source) -> bool:
    """Whether what is kept of a source may be given to anybody."""
    return source.rights == Rights.SHOW


def excerpt(text: DocumentText, at: int = 0) -> Excerpt:
    """What may be shown of a text around the character `at`, in whole words."""
    longest = min(LONGEST_EXCERPT, max(len(text.text) // 10, 1))
    begin = max(0, min(at - longest // 3, len(text.text) - longest))
    end = begin + longest
    if begin and (blank := _BLANKS.search(text.text, begin, end)):
        begin = blank.end()
    part = text.text[begin:end]
    if end < len(text.text) and len(words := part.rsplit(maxsplit=1)) > 1:
        part = words[0]
    return Excerpt(_BLANKS.sub(" ", part).strip(), begin > 0, end < len(text.text))


def download_name(capture: Capture) -> str:
    """How a copy is called on the reader's disk: by the source's key, the day and its content, never as it came."""
    ending = EXTENSIONS.get(capture.media_type, ".bin")
    return f"{capture.source.key}-{capture.captured_at:%Y-%m-%d}-{capture.sha256[:8]}{ending}"


def download_headers(capture: Capture) -> dict[str, str]:
    """Headers with which no browser opens a copy as a page of this site.

    To be set on a finished response: FileResponse writes some of them itself, from the name of the file.
    """
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{download_name(capture)}"',
        "Content-Length": str(capture.size),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
