"""What the public may see of a kept copy.

All of it where the source's rights say so; otherwise its facts and its beginning, as short as quotations are.
"""

from measures.archive.choices import Rights
from measures.archive.media_types import EXTENSIONS
from measures.models import Capture, Source

LONGEST_QUOTATION = 400
"""Characters of a text whose rights are not given that are shown at most; less than a tenth of it besides."""


def may_show_copies(source: Source) -> bool:
    """Whether what is kept of a source may be given to anybody."""
    return source.rights == Rights.SHOW


def quotation(text: str) -> str:
    """The beginning of a text as short as quotations are, on one line."""
    longest = min(LONGEST_QUOTATION, max(len(text) // 10, 1))
    return " ".join(beginning(text, longest).split())


def beginning(text: str, longest: int) -> str:
    """The beginning of a text, in whole words."""
    return text if len(text) <= longest else text[:longest].rsplit(maxsplit=1)[0]


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
