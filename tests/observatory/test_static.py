"""The static files as production serves them: collected, named by content, compressed."""

from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings


@pytest.mark.filterwarnings("error")
def test_every_file_that_a_stylesheet_names_is_collected(tmp_path: Path) -> None:
    """The manifest storage raises where one is missing."""
    storage = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storage):
        call_command("collectstatic", interactive=False, verbosity=0)
        assert (tmp_path / "staticfiles.json").exists()
        name = staticfiles_storage.url("admin/css/base.css")
    assert name != "/static/admin/css/base.css"
    assert (tmp_path / name.removeprefix("/static/")).with_suffix(".css.gz").exists()
