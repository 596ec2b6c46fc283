"""The folder that feeds read files from, and a function that writes to it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from tests import factories

Put = Callable[[str | bytes], None]


@pytest.fixture(autouse=True)
def folders(settings: Settings, tmp_path: Path) -> Path:
    """Folders for held bodies and local files; requests to loopback are allowed."""
    settings.FEEDS_DIR = tmp_path / "feeds"
    settings.FEED_FILES_DIR = tmp_path / "files"
    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    settings.FEED_FILES_DIR.mkdir()
    return tmp_path


@pytest.fixture
def put(folders: Path) -> Put:
    """Write `daily.csv` into the folder of files."""

    def write(text: str | bytes) -> None:
        (folders / "files" / "daily.csv").write_bytes(text.encode() if isinstance(text, str) else text)

    return write


@pytest.fixture
def countries(db: None) -> None:
    for iso3 in factories.COUNTRIES:
        factories.country(iso3=iso3)
