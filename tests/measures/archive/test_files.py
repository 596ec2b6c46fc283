"""The archive's files: stored once, complete, verified and exported, whatever crashes in between."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import bagit
import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pypdf import PdfWriter
from pytest_django import Settings
from warcio.archiveiterator import ArchiveIterator

from measures.archive import keeping, links, reading, showing, store
from measures.archive.verifying import clear_orphans, verify
from measures.models import Capture, DocumentText, Link
from observatory.database.owner import as_owner
from tests import factories
from tests.archive_sources import look, page, source_at
from tests.hostile_server import HostileServer, answer, redirect, serving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def here(settings: Settings) -> None:
    settings.FETCH_NETWORKS = ["127.0.0.0/8"]
    settings.ARCHIVE_BROWSER = "none"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with serving() as server:
        yield server


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _age(*paths: Path) -> None:
    """Make files older than any that may still be in use."""
    for path in paths:
        os.utime(path, (time.time() - 7200, time.time() - 7200))


# WARC


def test_warc_holds_every_hop_as_it_was_and_passes_its_check(server: HostileServer, archive_dir: Path) -> None:
    source = source_at(server)
    packed = gzip.compress(page())
    server.answers["/decree"] = redirect("/there", body=b"over there")
    chunked = f"{len(packed):x}\r\n".encode() + packed + b"\r\n0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nX-Odd:   spaced \r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.answers["/there"] = lambda visit: visit.send(head + chunked)
    look(source)
    warc = archive_dir / str(Capture.objects.get().warc)
    with warc.open("rb") as file:
        kinds = [(r.rec_type, r.rec_headers.get_header("WARC-Target-URI")) for r in ArchiveIterator(file)]
    there = f"{server.url}/there"
    assert kinds == [
        ("warcinfo", None),
        *(("response", source.url), ("request", source.url)),
        *(("response", there), ("request", there)),
    ]
    assert head + chunked in gzip.decompress(warc.read_bytes())
    assert server.visits[-1].head.encode() in gzip.decompress(warc.read_bytes())
    with warc.open("rb") as file:
        answers = [r.content_stream().read() for r in ArchiveIterator(file) if r.rec_type == "response"]
    assert answers == [b"over there", page()]
    command = [str(Path(sys.executable).with_name("warcio")), "check", "-v", str(warc)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout.count("digest pass")) == (0, 5), checked.stdout


# Verification and export


def test_archive_that_is_sound_says_so(server: HostileServer, capsys: pytest.CaptureFixture[str]) -> None:
    look(source_at(server))
    call_command("verify_archive")
    assert capsys.readouterr().out == "2 sound, 0 missing, 0 altered, 0 orphaned\n"


def test_missing_altered_and_orphaned_files_are_told(
    server: HostileServer, archive_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    look(source_at(server))
    capture = Capture.objects.get()
    payload, warc = archive_dir / str(capture.file), archive_dir / str(capture.warc)
    payload.write_bytes(payload.read_bytes().replace(b"044", b"045"))
    warc.unlink()
    orphan, young = archive_dir / "left", archive_dir / "00" / "young.part"
    orphan.write_bytes(b"half")
    young.parent.mkdir(exist_ok=True)
    young.write_bytes(b"half")
    _age(orphan)
    with pytest.raises(CommandError, match="0 sound, 1 missing, 1 altered, 1 orphaned"):
        call_command("verify_archive")
    assert set(capsys.readouterr().out.splitlines()) == {
        f"missing  {capture.warc}",
        f"altered  {capture.file}",
        "orphaned  left",
    }
    with pytest.raises(CommandError, match="0 sound, 1 missing, 1 altered, 0 orphaned"):
        call_command("verify_archive", "--clear-orphans")
    assert (orphan.exists(), young.exists()) == (False, True)


def test_export_is_a_valid_bag(server: HostileServer, tmp_path: Path) -> None:
    look(source_at(server))
    look(source_at(server, "/other", title="Título, con coma"))
    call_command("export_archive", str(tmp_path / "bag"))
    bag = bagit.Bag(str(tmp_path / "bag"))
    bag.validate()
    rows = (tmp_path / "bag" / "data" / "captures.csv").read_text().splitlines()
    assert len(rows) == 3
    assert any('"Título, con coma"' in row for row in rows)
    with pytest.raises(CommandError, match="is not empty"):
        call_command("export_archive", str(tmp_path / "bag"))


def test_export_hands_out_nothing_altered(server: HostileServer, archive_dir: Path, tmp_path: Path) -> None:
    look(source_at(server))
    (archive_dir / str(Capture.objects.get().file)).write_bytes(b"forged")
    with pytest.raises(CommandError, match="missing or altered"):
        call_command("export_archive", str(tmp_path / "bag"))


# Uploads and 200 mixed files


def _pdf(pages: int = 1) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    for _page in range(pages):
        writer.add_blank_page(200, 200)
    writer.write(out)
    return out.getvalue()


TEXT_PDF = b"""%PDF-1.4
1 0 obj
<</Type/Catalog/Pages 2 0 R>>
endobj
2 0 obj
<</Type/Pages/Kids[3 0 R]/Count 1>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>/MediaBox[0 0 300 300]>>
endobj
4 0 obj
<</Length 58>>stream
BT /F 12 Tf 20 200 Td (Decreto Supremo 044-2020-PCM) Tj ET
endstream
endobj
5 0 obj
<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>
endobj
trailer
<</Root 1 0 R>>
startxref
0
%%EOF
"""


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (_pdf(), "application/pdf"),
        (b"junk before %PDF-1.7 ...", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n rest", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "image/webp"),
        (page(), "text/html"),
        (b"\xef\xbb\xbf  <!-- x --><HTML>", "text/html"),
        ("<p>año</p>".encode("utf-16"), "text/html"),
        (b"<?xml version='1.0'?><norma/>", "application/xml"),
        ("Artículo 1".encode("latin-1"), "text/plain"),
        (
            _zip(**{"word__document.xml": b"<w/>"}),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (_zip(a=b"x"), "application/octet-stream"),
        (b"PK\x03\x04 no archive at all", "application/octet-stream"),
        (b"MZ\x90\0\x03\0\0\0", "application/octet-stream"),
        (b"\x7fELF\x02\x01\x01\0", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_type_is_told_by_content(data: bytes, media_type: str) -> None:
    assert reading.media_type_of(io.BytesIO(data)) == media_type


def test_capture_that_cannot_be_read_keeps_no_other_from_being_read(
    archive_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source, by = factories.source(), factories.analyst()
    broken, good = (
        keeping.keep_upload(source, io.BytesIO(data), by=by, at=timezone.now()) for data in (b"broken", TEXT_PDF)
    )
    (archive_dir / str(broken.file)).unlink()
    (archive_dir / str(broken.file)).mkdir()
    keeping.read_waiting()
    assert [text.capture for text in DocumentText.objects.all()] == [good]
    assert f"The capture {broken.sha256} of {source.key} was not read." in caplog.text


def test_upload_is_kept_as_it_is_and_read_later(archive_dir: Path) -> None:
    source, by = factories.source(), factories.analyst()
    capture = keeping.keep_upload(source, io.BytesIO(TEXT_PDF), by=by, at=timezone.now())
    assert (capture.method, capture.captured_by, capture.media_type) == ("upload", by, "application/pdf")
    assert (archive_dir / str(capture.file)).read_bytes() == TEXT_PDF
    assert keeping.read_waiting() == 1
    text = DocumentText.objects.get()
    assert (text.text, text.pages, text.page_starts) == ("Decreto Supremo 044-2020-PCM", 1, [0])
    assert keeping.read_waiting() == 0
    with pytest.raises(ValidationError, match="already has this document for this source"):
        keeping.keep_upload(source, io.BytesIO(TEXT_PDF), by=by, at=timezone.now())


@pytest.mark.parametrize("data", [b"", b"MZ\x90\0\x03", _zip(a=b"x")])
def test_upload_of_no_document_is_refused(data: bytes, archive_dir: Path) -> None:
    with pytest.raises(ValidationError):
        keeping.keep_upload(factories.source(), io.BytesIO(data), by=factories.analyst(), at=timezone.now())
    assert _files(archive_dir) == []


def _mixed() -> Iterator[bytes]:
    """Two hundred files of every kind, valid and damaged."""
    kinds = [
        *(_pdf(), TEXT_PDF, _pdf()[:200], b"%PDF-1.7\n" + b"\xff\0" * 3000),
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 1 0 R/Kids[1 0 R]/Count 9999999>>endobj trailer<</Root 1 0 R>>",
        *(page(), b"<html>" + b"<div>" * 5000, b"<html><p>" + b"\xff\xfe\0" * 999, b"<html>&" + b"#" * 4000),
        *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff" + bytes(range(256)), b"GIF89a", b"II*\0" + b"\0" * 99),
        *(_zip(**{"word__document.xml": b"<w/>"}), b"{\\rtf1 hola}", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        *("Artículo 1".encode(), "Artículo 1".encode("latin-1"), "año".encode("utf-16"), b"<?xml version='1.0'?><a/>"),
    ]
    for number in range(200):
        yield kinds[number % len(kinds)] + f"\n{number // len(kinds) if number % 3 else 0}".encode()


def test_two_hundred_mixed_files_all_survive(archive_dir: Path) -> None:
    """Each is stored once, unchanged; unreadable ones are marked. Every kind is read once."""
    source, by = factories.source(), factories.analyst()
    refused = []
    for data in (files := list(_mixed())):
        try:
            keeping.keep_upload(source, io.BytesIO(data), by=by, at=timezone.now())
        except ValidationError as error:
            refused.append(str(error.messages[0]))
    kept = set(Capture.objects.values_list("sha256", flat=True))
    different = {store.digest_of(io.BytesIO(data))[1] for data in files}
    assert kept <= different
    assert len(kept) == len(_files(archive_dir)) == len(files) - len(refused)
    assert verify(at=timezone.now()).sound == len(kept)
    states = {
        reading.read(io.BytesIO(data), reading.media_type_of(io.BytesIO(data))).state.value for data in files[:20]
    }
    assert states == {"read", "empty", "unreadable"}


def test_stream_that_unpacks_to_gigabytes_is_ended_by_its_limits() -> None:
    import_ = zipfile.zlib.compress(b" " * 200_000_000, 9)  # type: ignore[attr-defined]  # the same zlib
    bomb = TEXT_PDF.replace(
        b"<</Length 58>>stream\n", b"<</Filter[/FlateDecode]/Length %d>>stream\n" % len(import_) + import_
    )
    assert reading.read(io.BytesIO(bomb), "application/pdf").state in ("empty", "unreadable")


# What the public may see


def test_copy_is_shown_only_where_the_rights_say_so_and_never_as_a_page() -> None:
    for rights, is_shown in (("show", True), ("link_only", False), ("unknown", False)):
        capture = factories.capture(source=factories.source(key=f"acta-{rights.replace('_', '-')}", rights=rights))
        assert showing.may_show_copies(capture.source) == is_shown
    headers = showing.download_headers(capture)
    assert headers["Content-Disposition"] == f'attachment; filename="acta-unknown-2021-01-01-{capture.sha256[:8]}.html"'
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]


def test_quotation_is_short_and_of_whole_words() -> None:
    quoted = showing.quotation("\n".join(f"word{number}" for number in range(2000)))
    assert quoted.startswith("word0 word1 ")
    assert set(quoted.split()) <= {f"word{number}" for number in range(2000)}
    assert len(quoted) <= showing.LONGEST_QUOTATION
    assert len(showing.quotation("Twenty letters here.")) <= 2
    assert showing.quotation("") == ""


# A crash between any two steps

WATCHED = {"_answered", "_compare", "keep_fetched", "put", "_save", "_sync", "_note_reading", "_works", "_note"}
"""The functions that store a document; a worker is killed before each of their lines."""


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_worker_killed_between_any_two_steps_leaves_no_half_capture(server: HostileServer, archive_dir: Path) -> None:
    """The worker is killed at each step in turn, with what the last one left behind; the archive must stay intact."""
    source = source_at(server)
    server.answers["/decree"] = answer(b"\x89PNG\r\n\x1a\n a scan", media_type="image/png")
    wanted = look(source).capture
    assert wanted
    outcomes = []
    for step in count(1):
        _begin_anew()
        is_killed = _visit_until(step, source.pk)
        outcomes.append(Capture.objects.count())
        _age(*_files(archive_dir))
        verdict = verify(at=timezone.now())
        assert (verdict.missing, verdict.altered) == ([], [])
        assert DocumentText.objects.count() == outcomes[-1]
        if not is_killed:
            break
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {0, 1}
    assert len(outcomes) > 40
    assert Capture.objects.get().sha256 == wanted.sha256
    assert clear_orphans(verdict) > 0
    assert verify(at=timezone.now()).is_sound
    assert len(_files(archive_dir)) == 2


def _begin_anew() -> None:
    """Reset the database as before the first visit, but leave the files on disk."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("set observatory.removes_captures = 'yes'")
        cursor.execute("update measures_link set capture_id = null, etag = '', last_modified = '', state = 'unknown'")
        cursor.execute("delete from measures_documenttext")
        cursor.execute("delete from measures_capture")


def _visit_until(last: int, source: int) -> bool:
    """Visit in a process that is killed before the step `last`; whether it came that far."""
    connection.close()  # the child opens its own
    child = os.fork()
    if child == 0:
        _visit_and_die(last, source)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _visit_and_die(last: int, source: int) -> NoReturn:
    steps = count(1)

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_name not in WATCHED or "/measures/" not in frame.f_code.co_filename:
            return None
        if event == "line" and next(steps) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    try:
        link = Link.objects.select_related("source", "host").get(pk=source)
        sys.settrace(trace)
        links.visit(link)
    except BaseException:
        os._exit(1)
    os._exit(0)


def test_file_that_was_cut_short_is_written_again(archive_dir: Path) -> None:
    """As a power failure may leave it, whatever the file system guarantees."""
    kept = store.put(io.BytesIO(b"whole"))
    (archive_dir / kept.name).write_bytes(b"wh")
    assert store.put(io.BytesIO(b"whole")) == kept
    assert (archive_dir / kept.name).read_bytes() == b"whole"


def test_reading_is_json_of_plain_text() -> None:
    found = reading.read(io.BytesIO(page()), "text/html")
    assert json.loads(json.dumps(found.text)) == found.text
    assert found.language == "es"
