"""The data package in the admin: download, check, import, for those who may."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from countries.models import Country
from foundation.files.models import FileImport
from measures.models import Measure, Source, Topic
from tests import factories
from tests.clients import signed_in
from tests.random_records import clear

pytestmark = pytest.mark.django_db

PAGE, DOWNLOAD = "/admin/foundation/fileimport/package/", "/admin/foundation/fileimport/package.zip"


def _as(group: str) -> Client:
    return signed_in(factories.user(group=group))


def _package(client: Client) -> bytes:
    response = client.get(DOWNLOAD)
    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def _send(client: Client, content: bytes) -> FileImport:
    """Upload a package, which leads to the page of its import."""
    file = SimpleUploadedFile("mine.zip", content, "application/zip")
    answer = client.post(PAGE, {"file": file})
    upload = FileImport.objects.latest("pk")
    assert answer["Location"] == upload.get_absolute_url()
    return upload


def _files(upload: FileImport) -> dict[str, int]:
    """The number of new records in each file that has some."""
    return {file["file"]: file["new"] for file in upload.files if file["new"]}


def test_package_is_shown_imported_as_one_import_and_undone_as_one() -> None:
    client = _as("editor")
    measure = factories.measure(title_en="Before")
    content = _package(client)
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        assert b"Before" in zipped.read("measures.csv")
    clear()
    upload = _send(client, content)
    page = client.get(upload.get_absolute_url()).text
    assert "Nothing was written. This is what an import would do:" in page
    assert not Measure.objects.exists()
    client.post(upload.get_absolute_url(), {"confirm": "x"})
    made = Measure.objects.get()
    assert (made.public_id, made.title_en, made.workflow) == (measure.public_id, "Before", "published")
    upload.refresh_from_db()
    assert (upload.state, upload.file_type, _files(upload)["measures"]) == ("done", "package", 1)
    page = client.get(upload.get_absolute_url() + "?file=measures").text
    assert str(made) in page
    assert "Undo this import…" in page
    again = _send(client, content)
    assert "Import the package" not in client.get(again.get_absolute_url()).text
    client.post(upload.get_absolute_url(), {"undo": "x"})
    upload.refresh_from_db()
    assert upload.undone_at is not None
    assert not any(model.objects.exists() for model in (Measure, Source, Topic, Country))
    assert client.get(upload.get_absolute_url()).status_code == 200


def test_refused_rows_are_named() -> None:
    client = _as("editor")
    factories.measure()
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_package(client))) as zipped, zipfile.ZipFile(changed, "w") as other:
        for name in zipped.namelist():
            other.writestr(name, zipped.read(name).replace(b",in_force,", b",inforce,"))
    upload = _send(client, changed.getvalue())
    page = " ".join(client.get(upload.get_absolute_url()).text.split())
    assert "status_events.csv is refused, so nothing of the package was imported." in page
    assert "Row 2: <code>status</code> “inforce” “inforce” is unknown." in page


def test_what_is_no_archive_is_refused_in_the_form() -> None:
    file = SimpleUploadedFile("mine.zip", b"PK", "application/zip")
    assert "This is no ZIP archive, or a damaged one." in _as("editor").post(PAGE, {"file": file}).text


def test_only_those_who_may_do_all_of_it_see_the_buttons() -> None:
    upload = _send(_as("editor"), _package(_as("editor")))
    for group, status in (("editor", 200), ("analyst", 403)):
        client = _as(group)
        assert client.get(PAGE).status_code == status
        assert client.get(upload.get_absolute_url()).status_code == status
        assert (PAGE in client.get("/admin/foundation/fileimport/").text) is (status == 200)
    assert DOWNLOAD in _as("analyst").get("/admin/foundation/fileimport/export/").text
    assert Client().get(DOWNLOAD).status_code == 302


def test_package_changed_since_its_preview_is_shown_anew() -> None:
    client = _as("editor")
    factories.measure()
    content = _package(client)
    clear()
    upload = _send(client, content)
    factories.country()
    client.post(upload.get_absolute_url(), {"confirm": "x"})
    upload.refresh_from_db()
    assert (upload.state, "countries" in _files(upload)) == ("ready", False)
    assert not Measure.objects.exists()
