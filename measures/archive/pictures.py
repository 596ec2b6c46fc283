"""Render a stored web page as a PDF, if a browser is installed.

The browser gets sanitized HTML, without scripts, frames and anything that would be fetched, and has no network access
either: an untrusted page can neither run nor load anything, least of all files of this machine.
"""

import os
import shutil
import signal
import subprocess
import threading
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings

from foundation import confined

SECONDS = 60
CLEANING = confined.Bounds(cpu=10)
MEMORY = 2_000_000_000
"""Total memory of the browser's processes, in bytes; an ordinary page takes a third of it."""
AT_ONCE = 1
"""Concurrent browsers per process: sixteen documents may arrive at once, but there is memory for one browser."""
LONGEST_WAIT = 5 * SECONDS
"""How long to wait for the browser; a page behind more than five that time out gets no picture."""
LARGEST_PICTURE = 50_000_000
LOOKS = 4
"""Memory checks per second."""
LARGEST = 10_000_000
"""Maximum size in bytes of a page to render."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
)
_places = threading.BoundedSemaphore(AT_ONCE)


def draw(file: BinaryIO, charset: str) -> bytes | None:
    """Render a web page as a PDF; None without a browser, if rendering fails, or if the browser stays busy."""
    browser = settings.ARCHIVE_BROWSER or next(filter(None, map(shutil.which, BROWSERS)), "")
    file.seek(0)
    body = file.read(LARGEST + 1)
    if browser in ("", "none") or len(body) > LARGEST:
        return None
    try:
        cleaned = _harmless(body, charset)
    except confined.Failed:
        return None
    if not _places.acquire(timeout=LONGEST_WAIT):
        return None
    try:
        return _drawn(browser, cleaned)
    finally:
        _places.release()


def _drawn(browser: str, cleaned: str) -> bytes | None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.html").write_text(cleaned, "utf-8")
        return (folder / "page.pdf").read_bytes() if _print(browser, folder) else None


def _harmless(body: bytes, charset: str) -> str:
    cleaned = confined.call(
        "measures.archive.extraction", "harmless_page", BytesIO(body), bounds=CLEANING, charset=charset
    )
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return f"<!doctype html>{head}{cleaned}"


def _print(browser: str, folder: Path) -> bool:
    command = [browser, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={folder / 'page.pdf'}"]
    if os.geteuid() == 0:  # Chromium's sandbox does not work as root
        command.append("--no-sandbox")
    process = subprocess.Popen(
        [*command, (folder / "page.html").as_uri()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "HOME": str(folder)},
    )
    try:
        if not _ends(process):
            return False
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # including the browser's child processes
        process.wait()
    picture = folder / "page.pdf"
    return process.returncode == 0 and picture.exists() and picture.stat().st_size <= LARGEST_PICTURE


def _ends(process: "subprocess.Popen[bytes]") -> bool:
    """Whether the browser exits by itself, within the limits of time and memory."""
    for _look in range(SECONDS * LOOKS):
        with suppress(subprocess.TimeoutExpired):
            process.wait(1 / LOOKS)
            return True
        if _filled(process.pid) > MEMORY:
            return False
    return False


def _filled(group: int) -> int:
    """Memory in bytes used by a process group; 0 if the system has no /proc.

    A kernel limit is no alternative: the browser reserves many times the memory it uses.
    """
    pages = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # the process has exited
            fields = path.read_text().rpartition(")")[2].split()
            pages += int(fields[21]) if int(fields[2]) == group else 0
    return pages * os.sysconf("SC_PAGE_SIZE")
