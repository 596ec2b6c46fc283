"""The data package in the admin: download, check, import, for those who may."""

import io
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from countries.models import Country
from foundation.files.models import FileImport
from measures.models import Measure, Source, Topic
from tests import factories
from tests.clients import content_of, signed_in
from tests.random_records import clear

pytestmark = pytest.mark.django_db

PAGE, DOWNLOAD = "/admin/foundation/fileimport/package/", "/admin/foundation/fileimport/package.zip"


def _as(group: str) -> Client:
    return signed_in(factories.user(group=group))


def _package(client: Client) -> bytes:
    response = client.get(DOWNLOAD)
    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    return content_of(response)


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


def test_record_that_another_person_changed_after_the_preview_is_not_replaced_unseen() -> None:
    client, measure = _as("editor"), factories.measure(title_en="In the package")
    content = _package(client)
    Measure.objects.update(title_en="Shown")
    upload = _send(client, content)
    page = client.get(upload.get_absolute_url()).text
    assert all(text in page for text in (str(measure.public_id), "<del>Shown</del>", "<ins>In the package</ins>"))
    Measure.objects.update(title_en="Theirs")
    page = client.post(upload.get_absolute_url(), {"confirm": "x"}, follow=True).text
    assert "The database has changed since this preview" in page
    assert "<del>Theirs</del>" in page
    assert Measure.objects.get().title_en == "Theirs"
    client.post(upload.get_absolute_url(), {"confirm": "x"})
    upload.refresh_from_db()
    assert (Measure.objects.get().title_en, upload.state, upload.rows.count()) == ("In the package", "done", 0)


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


CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def _archive(text: str, name: str = "topics.csv") -> bytes:
    """One file in an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr(name, text)
    return made.getvalue()


def _set(archive: bytes, header: bytes, place: int, value: int) -> bytes:
    """The archive with another byte in the header of its file."""
    at = archive.index(header) + place
    return archive[:at] + bytes([value]) + archive[at + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "another checksum": lambda a: _set(a, CENTRAL, 16, 0),
    "no local header": lambda a: _set(a, LOCAL, 0, 0),
    "another name in the local header": lambda a: _set(a, LOCAL, 30, ord("x")),
    "a password": lambda a: _set(_set(a, CENTRAL, 8, 1), LOCAL, 6, 1),
    "strong encryption": lambda a: _set(_set(a, CENTRAL, 8, 65), LOCAL, 6, 65),
    "unknown way of packing": lambda a: _set(_set(a, CENTRAL, 10, 99), LOCAL, 8, 99),
    "lzma that is none": lambda a: _set(_set(a, CENTRAL, 10, 14), LOCAL, 8, 14),
    "bzip2 that is none": lambda a: _set(_set(a, CENTRAL, 10, 12), LOCAL, 8, 12),
    "garbage": lambda a: _set(a, LOCAL, 40, 255),
    "a file that ends early": lambda a: _set(_set(a, CENTRAL, 20, 5), CENTRAL, 21, 0),
    "a place beyond the end": lambda a: _set(a, CENTRAL, 44, 200),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_file_of_an_archive_is_named(damage: Callable[[bytes], bytes]) -> None:
    client = _as("editor")
    upload = _send(client, damage(_archive("key,label_en\n" + "".join(f"a{n},{n * 7919}\n" for n in range(40)))))
    page = client.get(upload.get_absolute_url()).text
    assert upload.state == "failed"
    assert "topics.csv is refused, so nothing of the package was imported." in page
    assert "This file of the archive is damaged" in page
    assert "without a password" in page


@pytest.mark.parametrize(
    "damage",
    [
        lambda a: a[:-30],
        lambda a: _set(a, CENTRAL, 6, 99),  # a version that is not known
        lambda a: _set(_set(a, CENTRAL, 9, 8), CENTRAL, 46, 255),  # a name that is no UTF-8
        lambda a: _set(a, CENTRAL, 0, 0),
    ],
)
def test_damaged_list_of_an_archive_is_told_by_the_form(damage: Callable[[bytes], bytes]) -> None:
    file = SimpleUploadedFile("mine.zip", damage(_archive("key,label_en\na,A\n")), "application/zip")
    assert "This is no ZIP archive, or a damaged one." in _as("editor").post(PAGE, {"file": file}).text
    assert not FileImport.objects.exists()


@pytest.mark.parametrize(
    ("name", "words"), [("acts.csv", "not part of a package"), (f"{'a' * 300}.csv", "not part of a package")]
)
def test_archive_with_another_file_is_refused(name: str, words: str) -> None:
    client = _as("editor")
    upload = _send(client, _archive("key,label_en\na,A\n", name))
    assert words in client.get(upload.get_absolute_url()).text


def test_other_columns_in_a_package_are_refused_since_nobody_can_map_them() -> None:
    client = _as("editor")
    upload = _send(client, _archive("Código,Nombre\na,A\n"))
    for action in ("map_again", "again", "choose", "confirm"):
        page = client.post(upload.get_absolute_url(), {action: "x"}, follow=True).text
        upload.refresh_from_db()
        assert upload.state == "failed"
        assert "topics.csv is refused, so nothing of the package was imported." in page
        assert "Name the columns in the first row" in page
    clear()
    upload = _send(client, _archive("key,label_en,label_es,label_pt\n"))
    assert upload.state == "ready"
    assert client.post(upload.get_absolute_url(), {"map_again": "x"}, follow=True).status_code == 200
    upload.refresh_from_db()
    assert upload.state == "ready"


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
