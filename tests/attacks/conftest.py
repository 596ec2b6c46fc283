"""Fixtures of several files of attacks."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests import factories
from tests.attacks.feeds import CODES
from tests.attacks.teams import ROLES


@pytest.fixture
def folder(db: None, settings: Settings, tmp_path: Path) -> Path:
    """The folder of feed files, with the countries that their rows name."""
    settings.FEEDS_DIR, settings.FEED_FILES_DIR = tmp_path / "feeds", tmp_path
    for iso3 in CODES:
        factories.country(iso3=iso3)
    return tmp_path


@pytest.fixture
def people(db: None, settings: Settings, tmp_path: Path) -> dict[str, User]:
    """An account of each role; their uploads have a folder of their own."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    return {role: make(role) for role, make in ROLES.items()}
