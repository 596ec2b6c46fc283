"""The constraints of the archive's tables, each violated once."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from foundation.publication import public_version
from measures.archive.listing.search import found_sources
from measures.models import Capture, DocumentText, Host, Link, QuoteCheck
from tests import factories

pytestmark = pytest.mark.django_db


def _refused(make: Any) -> str:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        make()
    return str(refused.value)


@pytest.mark.owner
def test_capture_is_never_edited() -> None:
    capture = factories.capture()
    assert "is never edited" in _refused(lambda: Capture.objects.update(sha256="0" * 64))
    assert "is never edited" in _refused(capture.save)


@pytest.mark.owner
def test_capture_is_kept_for_good_unless_it_is_removed_on_purpose() -> None:
    capture = factories.capture()
    assert "is kept for good" in _refused(capture.delete)
    with connection.cursor() as cursor:
        cursor.execute("set local observatory.removes_captures = 'yes'")
    capture.delete()
    assert not Capture.objects.exists()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"sha256": "A" * 64}, "measures_capture_sha256_form"),
        ({"sha256": "a" * 63}, "measures_capture_sha256_form"),
        ({"method": "guess"}, "measures_capture_method_facts"),
        ({"url": ""}, "measures_capture_method_facts"),
        ({"warc": ""}, "measures_capture_method_facts"),
        ({"http_status": None}, "measures_capture_method_facts"),
        ({"method": "upload"}, "measures_capture_method_facts"),
    ],
)
def test_capture_has_the_facts_of_its_method(fields: dict[str, Any], rule: str) -> None:
    assert rule in _refused(lambda: factories.capture(**fields))


def test_same_content_is_one_capture_of_a_source() -> None:
    source = factories.source()
    factories.capture(source=source, body=b"one")
    assert "measures_capture_content_once" in _refused(lambda: factories.capture(source=source, body=b"one"))
    factories.capture(body=b"one")


def test_text_goes_with_its_state() -> None:
    capture = factories.capture()
    for fields in ({"state": "read", "text": ""}, {"state": "empty", "text": "x"}, {"state": "other", "text": ""}):
        made = DocumentText(capture=capture, read_at=timezone.now(), **fields)
        assert "measures_documenttext_state" in _refused(made.save)


def test_failing_link_has_a_problem_and_a_day() -> None:
    source, now = factories.source(), timezone.now()
    host = Host.objects.create(name="gazette.example", free_at=now)
    facts: dict[str, Any] = {"source": source, "host": host, "url": source.url, "due_at": now}
    assert "measures_link_failures" in _refused(lambda: Link.objects.create(**facts, failures=1, failing_since=now))
    assert "measures_link_failures" in _refused(lambda: Link.objects.create(**facts, problem="broken"))
    assert "measures_link_moved_to" in _refused(lambda: Link.objects.create(**facts, state="moved"))
    assert "measures_link_moved_to" in _refused(lambda: Link.objects.create(**facts, state="lost"))


def test_state_of_a_quote_is_known() -> None:
    citation = factories.measure().citations.get()
    made = QuoteCheck(citation=citation, quote="x", state="perhaps", checked_at=timezone.now())
    assert "measures_quotecheck_state_known" in _refused(made.save)


def _found(words: str) -> list[int]:
    found: list[int] = found_sources(words).tolist()
    return found


def test_words_are_found_as_the_language_stems_them_with_and_without_accents() -> None:
    text = factories.document_text(text="Suspéndanse los permisos, las resoluciones, la educación", language="es")
    source = text.capture.source_id
    assert _found("permiso") == _found("educacion") == _found("resolución") == [source]
    text.text, text.language = "Nothing of that", ""
    text.save()
    assert (_found("permiso"), _found("nothing")) == ([], [source])


def test_text_too_long_for_a_vector_is_found_by_its_beginning() -> None:
    text = factories.document_text(text="beginning " + " ".join(f"word{n}" for n in range(120_000)) + " end")
    assert _found("beginning") == [text.capture.source_id]
    assert _found("end") == []


def test_current_capture_is_what_the_address_gave_last_else_the_newest() -> None:
    source = factories.source()
    captures = [factories.capture(source=source, body=body, captured_at=at) for body, at in [(b"1", 1), (b"2", 2)]]
    other = factories.capture()
    assert set(Capture.objects.current()) == {captures[1], other}
    factories.link(source=source, capture=captures[0])
    assert set(Capture.objects.current()) == {captures[0], other}


def test_public_version_moves_with_the_archive_of_published_entries_only() -> None:
    versions = [public_version()]
    for measure in (factories.draft(), factories.measure()):
        citation = measure.citations.get()
        versions = [public_version()]
        capture = factories.capture(source=citation.source)
        versions.append(public_version())
        factories.document_text(capture=capture)
        versions.append(public_version())
        factories.link(source=citation.source)
        versions.append(public_version())
        QuoteCheck.objects.create(citation=citation, quote="x", state="not_found", checked_at=timezone.now())
        versions.append(public_version())
        assert len(set(versions)) == (1 if measure.workflow == "draft" else 5)


def test_analysts_and_editors_upload_and_see_captures() -> None:
    for name in ("analyst", "editor"):
        codenames = Group.objects.get(name=name).permissions.filter(content_type__model="capture")
        assert set(codenames.values_list("codename", flat=True)) == {"add_capture", "view_capture"}
