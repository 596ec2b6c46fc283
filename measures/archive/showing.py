"""What the public may see of a capture.

Everything if the source's rights allow it; otherwise its metadata and its beginning, no longer than a quotation.
"""

from measures.archive.choices import Rights
from measures.archive.media_types import EXTENSIONS
from measures.models import Capture, Source

LONGEST_QUOTATION = 400
"""Maximum characters shown of a text without such rights, and always less than a tenth of it."""


def may_show_copies(source: Source) -> bool:
    """Whether captures of a source may be shown to anybody."""
    return source.rights == Rights.SHOW


def quotation(text: str) -> str:
    """The beginning of a text, no longer than a quotation, on one line."""
    longest = min(LONGEST_QUOTATION, max(len(text) // 10, 1))
    return " ".join(beginning(text, longest).split())


def beginning(text: str, longest: int) -> str:
    """The beginning of a text, in whole words."""
    return text if len(text) <= longest else text[:longest].rsplit(maxsplit=1)[0]


def download_name(capture: Capture) -> str:
    """The file name of a download: the source's key, the date and the hash, never the original name."""
    ending = EXTENSIONS.get(capture.media_type, ".bin")
    return f"{capture.source.key}-{capture.captured_at:%Y-%m-%d}-{capture.sha256[:8]}{ending}"


def download_headers(capture: Capture) -> dict[str, str]:
    """Headers that keep browsers from opening a capture as a page of this site.

    Set them on the finished response: FileResponse sets some of them itself, from the file name.
    """
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{download_name(capture)}"',
        "Content-Length": str(capture.size),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
