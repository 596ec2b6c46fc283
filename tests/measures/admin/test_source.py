"""The archive in the admin: link checks in the background, uploads, broken links."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from measures.models import Capture, Link, Source
from tests import factories
from tests.archive_sources import page
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

ADD = "/admin/measures/source/add/"


@pytest.fixture
def client() -> Client:
    return signed_in(factories.analyst())


def _form(**fields: Any) -> dict[str, Any]:
    return {"url": "", "title": "Gaceta", "kind": "official_gazette", "rights": "unknown", **fields}


def test_saved_source_is_queued_and_nobody_waits_for_its_server(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    """The URL is unreachable; the record is saved nevertheless."""
    with django_capture_on_commit_callbacks(execute=True):
        client.post(ADD, _form(url="http://nowhere.invalid/decree"))
    link = Link.objects.get()
    assert (link.url, link.state, link.due_at <= timezone.now()) == ("http://nowhere.invalid/decree", "unknown", True)
    with django_capture_on_commit_callbacks(execute=True):  # another save does not queue a second job
        client.post(ADD, _form(url="http://nowhere.invalid/other"))
    assert _waiting_jobs() == {"measures.tasks.tend_archive": 1, "measures.tasks.visit_sources": 1}


def _waiting_jobs() -> dict[str, int]:
    jobs = ProcrastinateJob.objects.filter(status="todo").values_list("task_name", flat=True)
    return {name: list(jobs).count(name) for name in jobs}


def test_document_is_uploaded_whatever_its_name(client: Client, archive_dir: Path) -> None:
    upload = SimpleUploadedFile("../../etc/passwd.exe", page(), "application/x-msdownload")
    client.post(ADD, _form(upload=upload))
    capture = Capture.objects.get()
    assert (capture.method, capture.media_type, capture.source) == ("upload", "text/html", Source.objects.get())
    assert [path.name for path in archive_dir.rglob("*") if path.is_file()] == [capture.sha256]
    shown = client.get(f"/admin/measures/source/{capture.source_id}/change/").content.decode()
    assert capture.sha256 in shown
    assert "Not read yet" in shown


def test_program_is_refused_and_what_was_typed_stays(client: Client) -> None:
    upload = SimpleUploadedFile("decree.pdf", b"MZ\x90\0\x03", "application/pdf")
    answer = client.post(ADD, _form(upload=upload)).content.decode()
    assert "This kind of document cannot be archived" in answer
    assert 'value="Gaceta"' in answer
    assert not Source.objects.exists()


def test_team_downloads_a_copy_and_nobody_else(client: Client) -> None:
    capture = factories.capture(body=page())
    url = f"/admin/measures/source/copies/{capture.pk}/"
    answer = client.get(url)
    assert b"".join(answer.streaming_content) == page()  # type: ignore[attr-defined]  # a file
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert Client().get(url).status_code == 302
    plain = Client()
    account = factories.user()
    account.is_staff = True
    account.save()
    plain.force_login(account)
    assert plain.get(url).status_code == 403


def test_what_is_wrong_with_links_waits_and_changes_are_marked_as_seen(client: Client) -> None:
    for state, moved_to in (("alive", ""), ("gone", ""), ("moved", "https://new.example/"), ("changed", "")):
        factories.link(source=factories.source(title=f"It is {state}"), state=state, moved_to=moved_to)
    index = client.get("/admin/").content.decode()
    assert all(words in index for words in ("Broken links", "Links that have moved", "Sources that have changed"))
    listed = client.get("/admin/measures/source/?queue=changed").content.decode()
    assert ("It is changed" in listed, "It is alive" in listed) == (True, False)
    chosen = [str(pk) for pk in Source.objects.values_list("pk", flat=True)]
    client.post("/admin/measures/source/", {"action": "looked_at", "_selected_action": chosen})
    assert sorted(Link.objects.values_list("state", flat=True)) == ["alive", "alive", "gone", "moved"]


def test_list_of_sources_takes_the_same_number_of_queries(client: Client, django_assert_num_queries: Any) -> None:
    for count in (1, 30):
        for _source in range(count):
            factories.link(source=factories.source())
        with django_assert_num_queries(8):
            client.get("/admin/measures/source/")
