"""A web page as a PDF, drawn by a browser from what is kept, where one is installed.

The browser gets cleaned HTML without scripts, frames and anything that would be fetched, and is cut off from the
network besides: a page from a stranger can neither run nor load anything, files of this machine least of all.
"""

import os
import resource
import shutil
import signal
import subprocess
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings

from countries import confined

SECONDS = 60
CLEANING = confined.Bounds(cpu=10)
MEMORY = 2_000_000_000
"""Bytes that each process of the browser may fill; an ordinary page takes a tenth of them."""
LARGEST_PICTURE = 50_000_000
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


def draw(file: BinaryIO, charset: str) -> bytes | None:
    """A PDF of a web page; None without a browser, and for a page that it cannot draw."""
    browser = settings.ARCHIVE_BROWSER or next(filter(None, map(shutil.which, BROWSERS)), "")
    file.seek(0)
    body = file.read(LARGEST + 1)
    if browser in ("", "none") or len(body) > LARGEST:
        return None
    try:
        cleaned = _harmless(body, charset)
    except confined.Failed:
        return None
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


def _bound(process: "subprocess.Popen[bytes]") -> None:
    """Bound the browser, and what it starts from here on, where the system can (Linux).

    Not its addresses: it reserves many times what it fills.
    """
    if hasattr(resource, "prlimit"):
        with suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (MEMORY, MEMORY))
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (LARGEST_PICTURE, LARGEST_PICTURE))


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
        _bound(process)
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        return False
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the browser's helpers too
        process.wait()
    return process.returncode == 0 and (folder / "page.pdf").exists()
