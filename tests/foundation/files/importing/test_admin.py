"""Import and export in the admin: upload, preview, confirm, download."""

import csv
import io
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from foundation.files.importing import jobs
from foundation.files.importing.pipeline import LOCK
from foundation.files.models import FileImport, ImportState
from foundation.sql import second_connection
from measures.models import Measure, Topic
from tests import factories
from tests.clients import content_of, signed_in
from tests.csv_files import MEASURE, csv_text

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/foundation/fileimport/add/"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A temporary folder for uploads, and the vocabulary that the rows of these tests use."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    factories.country()
    factories.topic()
    return tmp_path


def _as(group: str) -> Client:
    return signed_in(factories.user(group=group))


def _upload(client: Client, rows: list[dict[str, str]] | str, **data: str) -> Any:
    content = rows if isinstance(rows, str) else csv_text(rows)
    file = SimpleUploadedFile("mine.csv", content.encode(), "text/csv")
    return client.post(UPLOAD, {"file_type": "measures", "file": file, **data}, follow=True)


def _text(response: Any) -> str:
    """The visible text, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def _uploads(folder: Path) -> list[str]:
    return [str(path) for path in (folder / "imports").rglob("*") if path.is_file()]


def test_preview_shows_new_changed_and_unchanged_rows_and_writes_nothing(folder: Path) -> None:
    same = factories.draft(topics=(), events=(), sources=())
    other = factories.draft(title_es="Antes", topics=(), events=(), sources=())
    rows = [
        {"public_id": same.public_id, "country": "PER", "kind": same.kind, "title_en": same.title_en, "title_es": ""},
        {
            "public_id": other.public_id,
            "country": "PER",
            "kind": other.kind,
            "title_en": other.title_en,
            "title_es": "Después",
        },
        {"public_id": "", "country": "PER", "kind": "law", "title_en": "A new one", "title_es": ""},
    ]
    page = _text(_upload(_as("analyst"), rows))
    assert "1 New 1 Changed 1 Unchanged 0 Refused" in page
    assert f"3 {other.public_id} · {other.title_en} title_es Antes Después" in page
    assert Measure.objects.count() == 2
    kept = FileImport.objects.get()
    assert "A new one" in _text(_as("analyst").get(f"{kept.get_absolute_url()}?state=new"))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_request_does_not_wait_for_another_import(folder: Path) -> None:
    """It used to hold its thread as long as the other import took, and a few such requests stopped the site."""
    client, earlier = _as("analyst"), set(ProcrastinateJob.objects.values_list("pk", flat=True))
    with second_connection() as other:
        other.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        page = _upload(client, [MEASURE])
        upload = FileImport.objects.get()
        assert upload.state == ImportState.WAITING
        assert "Waiting" in _text(page)
        other.execute("select pg_advisory_unlock_all()")
        jobs.check(upload)  # as a worker does
        other.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [LOCK])
        client.post(upload.get_absolute_url(), {"confirm": "1"})
        upload.refresh_from_db()
        assert (upload.state, upload.applied_at) == (ImportState.WAITING, None)
        other.execute("select pg_advisory_unlock_all()")
        assert jobs.save(upload)
    queued = ProcrastinateJob.objects.exclude(pk__in=earlier).order_by("pk").values_list("task_name", flat=True)
    assert [name.rpartition(".")[2] for name in queued] == ["check_file", "import_file"]
    assert Measure.objects.count() == 1


def test_confirmed_import_is_written_once_and_the_file_forgotten(
    folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = _as("analyst")
    _upload(client, [MEASURE])
    kept = FileImport.objects.get()
    assert len(_uploads(folder)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        page = _text(client.post(kept.get_absolute_url(), {"confirm": "on"}, follow=True))
    assert "Imported: 1 new, 0 changed records." in page
    assert "To the list of measures" in page
    kept.refresh_from_db()
    assert (kept.applied_by, Measure.objects.get().created_by) == (kept.created_by, kept.created_by)
    assert _uploads(folder) == []
    assert "already been imported" in _text(client.post(kept.get_absolute_url(), {"confirm": "on"}, follow=True))
    assert Measure.objects.count() == 1


def test_refused_rows_are_explained_cannot_be_imported_and_can_be_had_as_a_file() -> None:
    client = _as("analyst")
    page = _text(_upload(client, [MEASURE, MEASURE | {"kind": "decre", "topics": "nothing"}]))
    assert "1 row is refused" in page
    assert "“decre” is unknown. Write one of: legislative_decree, emergency_decree, executive_decree." in page
    assert "Import all of this" not in page
    kept = FileImport.objects.get()
    response = client.get(f"{kept.get_absolute_url()}../refused.csv".replace("change/../", ""))
    text = content_of(response).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["row"], row["column"], row["kind"]) for row in rows] == [("3", "kind; topics", "decre")]
    client.post(kept.get_absolute_url(), {"confirm": "on"})
    assert Measure.objects.count() == 0


def test_database_that_changed_after_the_preview_gives_a_new_preview() -> None:
    client = _as("analyst")
    measure = factories.draft()
    _upload(client, [{"public_id": measure.public_id, "title_en": "Mine"}])
    kept = FileImport.objects.get()
    Measure.objects.update(title_en="Mine")
    answer = client.post(kept.get_absolute_url(), {"confirm": "on"}, follow=True)
    assert "The database has changed since this preview" in _text(answer)
    kept.refresh_from_db()
    assert (kept.applied_at, kept.changed, kept.unchanged) == (None, 0, 1)


def test_cell_that_another_person_changed_after_the_preview_is_not_replaced_unseen() -> None:
    client, measure = _as("analyst"), factories.draft()
    _upload(client, [{"public_id": measure.public_id, "title_en": "Mine"}])
    kept = FileImport.objects.get()
    Measure.objects.update(title_en="Theirs")
    answer = client.post(kept.get_absolute_url(), {"confirm": "on"}, follow=True)
    assert "The database has changed since this preview" in _text(answer)
    measure.refresh_from_db()
    assert (measure.title_en, kept.rows.get().details) == ("Theirs", [["title_en", "Theirs", "Mine"]])
    client.post(kept.get_absolute_url(), {"confirm": "on"})
    measure.refresh_from_db()
    assert measure.title_en == "Mine"


def test_file_that_cannot_be_read_is_told_beside_the_box_and_not_kept(folder: Path) -> None:
    page = _text(_upload(_as("analyst"), "Dear all,\nhere are the measures\n"))
    assert "It needs at least these columns: public_id or external_ids or country + kind" in page
    assert FileImport.objects.count() == 0
    assert _uploads(folder) == []


def test_analyst_cannot_publish_nor_import_vocabulary() -> None:
    client = _as("analyst")
    form = client.get(UPLOAD).content.decode()
    assert re.findall(r'<option value="(\w+)"', form) == [
        "measures",
        "seen_numbers",
        "coverage",
        "observations",
        "mobility_roles",
        "sources",
        "indicator_feeds",
        "issuing_bodies",
        "aliases",
        "citations",
        "relations",
        "status_events",
    ]
    assert "Publish the measures" not in form
    published = factories.measure()
    page = _text(_upload(client, [{"public_id": published.public_id, "title_en": "Changed"}], publish="on"))
    assert "This row would change a published record." in page
    assert "Ask an editor to import the file, or remove the row." in page
    _upload(client, "key,label_en,label_es,label_pt\nnew,N,N,N\n", file_type="topics")
    assert not Topic.objects.filter(key="new").exists()


def test_figures_in_percent_are_read_in_a_request() -> None:
    share = factories.indicator(key="share", unit="percent")
    row = {"indicator": share.key, "country": "PER", "counterpart": "", "period": "2020", "value": "12 %"}
    page = _text(_upload(_as("editor"), [row | {"source_name": "A yearbook"}], file_type="observations"))
    assert "1 New 0 Changed 0 Unchanged 0 Refused" in page


@pytest.mark.parametrize("data", [{}, {"publish": "on"}])
def test_file_of_a_header_alone_is_said_to_have_no_rows(data: dict[str, str]) -> None:
    answer = _upload(_as("editor"), csv_text([MEASURE]).splitlines()[0] + "\n\n", **data)
    page = _text(answer)
    assert "The file has a header but no rows" in page
    assert "The database already has all of this" not in page
    assert "confirm_form" not in answer.text


def test_editor_publishes_by_asking_and_an_analyst_cannot_confirm_it() -> None:
    editor = _as("editor")
    _upload(editor, [MEASURE], publish="on")
    kept = FileImport.objects.get()
    assert _as("analyst").post(kept.get_absolute_url(), {"confirm": "on"}).status_code == 403
    editor.post(kept.get_absolute_url(), {"confirm": "on"})
    assert Measure.objects.get().workflow == "published"


@pytest.mark.parametrize("address", [UPLOAD, "/admin/foundation/fileimport/", "/admin/foundation/fileimport/1/change/"])
def test_files_are_for_those_who_may_import(address: str) -> None:
    client = signed_in(factories.user())
    assert client.get(address).status_code == 302
    staff = factories.analyst()
    staff.groups.clear()
    client.force_login(staff)
    assert client.get(address).status_code in (403, 404)


def test_uploads_that_nobody_confirms_are_forgotten(folder: Path) -> None:
    client = _as("analyst")
    _upload(client, [MEASURE])
    FileImport.objects.update(created_at=timezone.now() - timedelta(days=8))
    _upload(client, [MEASURE | {"title_en": "Later"}])
    assert FileImport.objects.count() == 1
    assert len(_uploads(folder)) == 1


def test_pages_of_a_preview_take_the_same_number_of_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client = _as("analyst")
    for count in (1, 30):
        _upload(client, [MEASURE | {"title_en": f"Title {number}"} for number in range(count)])
    for kept in FileImport.objects.all():
        with django_assert_num_queries(8):
            client.get(kept.get_absolute_url())


def test_every_file_can_be_downloaded() -> None:
    factories.draft(title_en="Draft")
    client = _as("editor")
    page = client.get("/admin/foundation/fileimport/export/").content.decode()
    names = re.findall(r'href="(/admin/foundation/fileimport/export/\w+\.\w+)"', page)
    assert Counter(name.rpartition(".")[2] for name in names) == dict.fromkeys(("csv", "xlsx", "ods", "json"), 21)
    for name in names:
        response = client.get(name)
        assert response.status_code == 200
        assert content_of(response)


def test_file_too_large_for_a_sheet_is_refused_with_words() -> None:
    factories.draft(summary_en="x" * 32_768)
    client = _as("editor")
    for address in ("foundation/fileimport/export/measures.xlsx", "measures/measure/export/measures.xlsx"):
        page = client.get(f"/admin/{address}", follow=True)
        assert page.redirect_chain == [("/admin/foundation/fileimport/export/", 302)]
        assert "has 32,768. Use the CSV file." in page.content.decode()
    assert client.get("/admin/foundation/fileimport/export/measures.doc").status_code == 404


def test_list_is_exported_with_its_filters_and_order() -> None:
    old = factories.draft(kind="law", title_en="Old", events=(("enacted", "2019"),))
    new = factories.draft(kind="law", title_en="New", events=(("enacted", "2021"),))
    factories.draft(kind="bill", title_en="Bill")
    client = _as("analyst")
    page = client.get("/admin/measures/measure/?kind=law").content.decode()
    address = re.findall(r'href="(/admin/measures/measure/export/measures.csv[^"]*)"', page)[0]
    for query, expected in (("&o=1", [old, new]), ("&o=-1", [new, old])):
        response = client.get(f"{address}{query}")
        text = content_of(response).decode()
        rows = csv.DictReader(io.StringIO(text, newline=""))
        assert [row["public_id"] for row in rows] == [measure.public_id for measure in expected]
        sheet = client.get(f"{address}{query}".replace(".csv", ".xlsx"))
        content = io.BytesIO(content_of(sheet))
        ids = [row[0] for row in openpyxl.load_workbook(content).active.iter_rows(min_row=2, values_only=True)]
        assert ids == [measure.public_id for measure in expected]
    assert client.get(f"{address}&nonsense=1").status_code == 302


def test_selected_measures_are_exported_in_the_order_of_the_list() -> None:
    first, second = factories.draft(title_en="B"), factories.draft(title_en="A")
    factories.draft(title_en="C")
    data = {"action": "export_selected_as_csv", "_selected_action": [str(first.pk), str(second.pk)]}
    response = _as("analyst").post("/admin/measures/measure/?o=1", data)
    text = content_of(response).decode()
    assert [row["title_en"] for row in csv.DictReader(io.StringIO(text, newline=""))] == ["B", "A"]
    sheet = _as("analyst").post("/admin/measures/measure/?o=1", data | {"action": "export_selected_as_xlsx"})
    content = io.BytesIO(content_of(sheet))
    assert [row[8] for row in openpyxl.load_workbook(content).active.iter_rows(values_only=True)] == [
        "title_en",
        "B",
        "A",
    ]


PERMISSIONS = "IMPORT_EXPORT_{}_PERMISSION_CODE"


def test_import_asks_for_the_permission_that_the_library_is_told_to_ask_for(settings: Settings) -> None:
    client = _as("analyst")
    kinds = re.compile(r'<option value="(\w+)"')
    assert "sources" in kinds.findall(client.get(UPLOAD).content.decode())
    setattr(settings, PERMISSIONS.format("IMPORT"), "import")  # a permission that only measures have
    assert kinds.findall(client.get(UPLOAD).content.decode()) == ["measures"]
    _upload(client, "key,url\na,https://a.example\n", file_type="sources")
    assert not FileImport.objects.exists()
    setattr(settings, PERMISSIONS.format("IMPORT"), "publish")
    assert kinds.findall(client.get(UPLOAD).content.decode()) == []
    assert "measures" in kinds.findall(_as("editor").get(UPLOAD).content.decode())


def test_export_asks_for_the_permission_that_the_library_is_told_to_ask_for(settings: Settings) -> None:
    draft = factories.draft()
    setattr(settings, PERMISSIONS.format("EXPORT"), "publish")
    listed, address = "/admin/measures/measure/", "/admin/{}/export/measures.csv"
    action = {"action": "export_selected_as_csv", "_selected_action": [str(draft.pk)]}
    for group, status in (("analyst", 403), ("editor", 200)):
        client = _as(group)
        for place in ("foundation/fileimport", "measures/measure"):
            assert client.get(address.format(place)).status_code == status
        assert ("export/measures.csv" in client.get(listed).content.decode()) is (status == 200)
        assert ("text/csv" in client.post(listed, action)["Content-Type"]) is (status == 200)
        assert client.get("/admin/foundation/fileimport/export/sources.csv").status_code == 403
