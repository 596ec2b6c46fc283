"""A web page as a PDF, drawn by a browser from what is kept, where one is installed.

The browser gets cleaned HTML without scripts, frames and anything that would be fetched, and is cut off from the
network besides: a page from a stranger can neither run nor load anything, files of this machine least of all.
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
"""Bytes that the processes of the browser may fill together; an ordinary page takes a third of them."""
AT_ONCE = 1
"""Browsers of one process at the same time: sixteen documents may come at once, and memory is for one."""
LONGEST_WAIT = 5 * SECONDS
"""For the browser; a page behind more than five that never end goes without a picture."""
LARGEST_PICTURE = 50_000_000
LOOKS = 4
"""In a second, at how much they have filled."""
LARGEST = 10_000_000
"""Bytes of a page that is drawn."""
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
    """A PDF of a web page; None without a browser, for a page that it cannot draw, and where it is busy for long."""
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
    if os.geteuid() == 0:  # Chromium refuses its sandbox to root
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
            os.killpg(process.pid, signal.SIGKILL)  # the browser's helpers too
        process.wait()
    picture = folder / "page.pdf"
    return process.returncode == 0 and picture.exists() and picture.stat().st_size <= LARGEST_PICTURE


def _ends(process: "subprocess.Popen[bytes]") -> bool:
    """Whether the browser ends by itself, in time and before it fills the memory."""
    for _look in range(SECONDS * LOOKS):
        with suppress(subprocess.TimeoutExpired):
            process.wait(1 / LOOKS)
            return True
        if _filled(process.pid) > MEMORY:
            return False
    return False


def _filled(group: int) -> int:
    """Bytes of memory of a group of processes, none where the system does not say (it has no /proc).

    No limit of the kernel does it: the browser reserves many times what it fills.
    """
    pages = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            fields = path.read_text().rpartition(")")[2].split()
            pages += int(fields[21]) if int(fields[2]) == group else 0
    return pages * os.sysconf("SC_PAGE_SIZE")
