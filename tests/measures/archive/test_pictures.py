"""Pictures of captured pages, rendered by a real browser that can neither run nor load anything."""

import io
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pypdf
import pytest
from pytest_django import Settings

from measures.archive import pictures
from tests.archive_sources import page
from tests.chromium import CHROMIUM
from tests.hostile_server import HostileServer, serving


@pytest.fixture(autouse=True)
def browser_of_tests(settings: Settings) -> None:
    assert CHROMIUM, "Chromium is missing. On Debian and Ubuntu: apt-get install chromium"
    settings.ARCHIVE_BROWSER = CHROMIUM


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with serving() as server:
        yield server


def _text(drawn: bytes | None) -> str:
    assert drawn
    return "\n".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(drawn)).pages)


def test_page_is_drawn_as_pdf() -> None:
    assert "Estado de Emergencia Nacional" in _text(pictures.draw(io.BytesIO(page()), "utf-8"))


def test_hostile_page_loads_nothing_and_shows_no_file(server: HostileServer, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("the secret of this machine")
    hostile = f"""<h1>Decreto</h1><script>document.write('it ran'); fetch('{server.url}/script')</script>
        <img src="{server.url}/image"><img src=x onerror="document.write('it ran')">
        <iframe src="{secret.as_uri()}"></iframe><object data="{secret.as_uri()}"></object>
        <link rel=stylesheet href="{server.url}/style">
        <style>@import "{server.url}/import"; body {{ color: red }}</style>
        <meta http-equiv=refresh content="0;url={secret.as_uri()}"><base href="{server.url}/">
        <a href="javascript:alert(1)">click</a><embed src="{secret.as_uri()}">
        <svg><image href="{server.url}/svg"/></svg>"""
    text = _text(pictures.draw(io.BytesIO(hostile.encode()), ""))
    assert "Decreto" in text
    assert "secret" not in text
    assert "it ran" not in text
    assert server.visits == []


def test_no_picture_without_a_browser(settings: Settings) -> None:
    for browser in ("none", "/bin/false"):
        settings.ARCHIVE_BROWSER = browser
        assert pictures.draw(io.BytesIO(page()), "") is None


def test_browser_that_fills_the_memory_is_ended(settings: Settings, tmp_path: Path) -> None:
    """With a program that allocates memory in place of a browser."""
    browser = tmp_path / "browser"
    browser.write_text(f"#!{sys.executable}\nheld = []\nwhile True:\n    held.append(b'x' * 10_000_000)\n")
    browser.chmod(0o755)
    settings.ARCHIVE_BROWSER = str(browser)
    assert pictures.draw(io.BytesIO(page()), "") is None


def test_one_browser_runs_at_a_time(settings: Settings, tmp_path: Path) -> None:
    """With a program that detects concurrent runs in place of a browser."""
    browser, busy, beside = (tmp_path / name for name in ("browser", "busy", "beside"))
    browser.write_text(f"#!/bin/sh\nmkdir {busy} || touch {beside}\nsleep 0.3\nrmdir {busy}\n")
    browser.chmod(0o755)
    settings.ARCHIVE_BROWSER = str(browser)
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _number: pictures.draw(io.BytesIO(page()), "utf-8"), range(4)))
    assert drawn == [None] * 4
    assert not beside.exists()
