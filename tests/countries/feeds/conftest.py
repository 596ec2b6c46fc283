"""A folder for the files of feeds, and a way to put one there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from tests import factories

Put = Callable[[str | bytes], None]


@pytest.fixture(autouse=True)
def folders(settings: Settings, tmp_path: Path) -> Path:
    """Where bodies are kept and files are read from; loopback may be asked."""
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
