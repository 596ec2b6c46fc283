"""Files of vocabulary add terms, and change those that are here only where somebody chooses so."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from pytest_django import Settings

from foundation.files.models import FileImport
from measures.models import IssuingBody, Topic
from tests import factories
from tests.clients import signed_in
from tests.csv_files import csv_text

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/foundation/fileimport/add/"


def _topic(key: str, label: str) -> dict[str, str]:
    return {"key": key, "label_en": label, "label_es": f"{label} (es)", "label_pt": f"{label} (pt)"}


def _labels() -> dict[str, str]:
    return dict(Topic.objects.values_list("key", "label_en"))


ROWS = [_topic("work", "Labour"), _topic("status", "Papers"), _topic("rights", "Rights"), _topic("border", "Frontier")]


@pytest.fixture(autouse=True)
def topics(tmp_path: Path, settings: Settings) -> None:
    settings.IMPORTS_DIR = tmp_path / "imports"
    for key in ("work", "status", "border"):
        factories.topic(key=key)


def test_preview_lists_terms_that_would_change_and_changes_those_ticked() -> None:
    client = signed_in(factories.editor())
    file = SimpleUploadedFile("topics.csv", csv_text(ROWS).encode(), "text/csv")
    page = client.post(UPLOAD, {"file_type": "topics", "file": file}, follow=True).content.decode()
    assert re.findall(r"<b>(\d+)</b> ([\w ]+)", page) == [
        ("1", "New"),
        ("0", "Changed"),
        ("3", "Left as it is here"),
        ("0", "Unchanged"),
        ("0", "Refused"),
    ]
    assert ("Work</del>" in page, "<ins>Labour" in " ".join(page.split()).replace("<ins> ", "<ins>")) == (True, True)
    assert re.findall(r'name="overwrite"\s+value="(\d+)"\s+form="choices_form"\s+(checked)?', page) == [
        *[("2", ""), ("3", ""), ("5", "")],
    ]
    upload = FileImport.objects.get()
    ticked = {"choose": "on", "shown": ["2", "3", "5"], "overwrite": ["3", "5", "77"]}
    client.post(upload.get_absolute_url(), ticked)
    upload.refresh_from_db()
    assert (upload.overwrite, upload.changed, upload.older) == ([3, 5], 2, 1)
    client.post(upload.get_absolute_url(), {"choose": "on", "shown": ["3"]})  # on a page without the row 5
    client.post(upload.get_absolute_url(), {"confirm": "on"})
    assert _labels() == {"work": "Work", "status": "Status", "rights": "Rights", "border": "Frontier"}
    assert FileImport.objects.get().overwrite == [5]


def test_command_overwrites_what_it_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "topics.csv"
    path.write_text(csv_text(ROWS), encoding="utf-8")
    call_command("import_file", "topics", path)
    assert "1 new, 0 changed, 0 unchanged, 3 that are here otherwise and left alone" in capsys.readouterr().out
    call_command("import_file", "topics", path, overwrite="work, border")
    assert _labels() == {"work": "Labour", "status": "Status", "rights": "Rights", "border": "Frontier"}
    call_command("import_file", "topics", path, overwrite="all")
    assert _labels()["status"] == "Papers"


@pytest.mark.parametrize(
    ("file", "keys", "words"),
    [
        ("topics", "wrok,work", r"change: wrok\. Did you mean “work”\? Nothing was imported"),
        ("issuing_bodies", "INT:un", r"change: INT:un\. Did you mean “un”\?|change: INT:un\. Write one of: un\."),
        ("measures", "all", "leave the option out"),
    ],
)
def test_command_names_keys_that_the_file_has_not(tmp_path: Path, file: str, keys: str, words: str) -> None:
    factories.issuing_body(country=None, key="un", native_name="Before")
    bodies = [{"country": "", "key": "un", "kind": "ministry", "native_name": "After"}]
    path = tmp_path / f"{file}.csv"
    path.write_text(csv_text(bodies if file == "issuing_bodies" else ROWS), encoding="utf-8")
    with pytest.raises(CommandError, match=words):
        call_command("import_file", file, path, overwrite=keys)
    assert (_labels()["work"], IssuingBody.objects.get().native_name) == ("Work", "Before")


def test_body_is_named_by_its_country_and_key(tmp_path: Path) -> None:
    for country in (factories.country(), None):
        factories.issuing_body(country=country, key="un", native_name="Before")
    rows = [{"country": code, "key": "un", "kind": "ministry", "native_name": "After"} for code in ("PER", "")]
    path = tmp_path / "bodies.csv"
    path.write_text(csv_text(rows), encoding="utf-8")
    call_command("import_file", "issuing_bodies", path, overwrite="PER:un")
    assert dict(IssuingBody.objects.values_list("country", "native_name")) == {"PER": "After", None: "Before"}
