"""Fixtures of several files of attacks."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests import factories
from tests.attacks.feeds import CODES


@pytest.fixture
def folder(db: None, settings: Settings, tmp_path: Path) -> Path:
    """The folder of feed files, with the countries that their rows name."""
    settings.FEEDS_DIR, settings.FEED_FILES_DIR = tmp_path / "feeds", tmp_path
    for iso3 in CODES:
        factories.country(iso3=iso3)
    return tmp_path
