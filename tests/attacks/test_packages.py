"""Archives of packages that are made to fill the memory or the disk of whoever opens them."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from foundation.files.models import FileImport
from tests import factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

PAGE = "/admin/foundation/fileimport/package/"
TOPICS = "key,label_en,label_es,label_pt\na,A,A,A\n"


@pytest.fixture
def editor() -> Client:
    return signed_in(factories.editor())


def _archive(way: int = zipfile.ZIP_DEFLATED, text: str = TOPICS) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", way) as zipped:
        zipped.writestr("topics.csv", text)
    return made.getvalue()


def _sent(client: Client, content: bytes) -> str:
    """The page that answers an upload."""
    file = SimpleUploadedFile("mine.zip", content, "application/zip")
    return client.post(PAGE, {"file": file}, follow=True).text


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_file_of_which_little_unpacks_to_much_at_once_is_refused_unread(editor: Client, way: int) -> None:
    """Regression: a megabyte of the archive was unpacked at once, to gigabytes in memory."""
    page = _sent(editor, _archive(way))
    assert FileImport.objects.get().state == "failed"
    assert "topics.csv is refused, so nothing of the package was imported." in page
    assert "is packed in a way that cannot be read" in page


@pytest.mark.parametrize("way", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_usual_ways_of_packing_are_read(editor: Client, way: int) -> None:
    _sent(editor, _archive(way))
    assert FileImport.objects.get().state == "ready"


def test_list_of_countless_files_is_refused_unread(editor: Client) -> None:
    """Regression: each file of the list was kept in memory, of ten millions in half a gigabyte."""
    whole = _archive()
    begin, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    names, tail = whole[begin:end] * 30_000, bytearray(whole[end:])
    tail[12:16] = len(names).to_bytes(4, "little")
    assert "This is no ZIP archive, or a damaged one." in _sent(editor, whole[:begin] + names + bytes(tail))
    assert not FileImport.objects.exists()
