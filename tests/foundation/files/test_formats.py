"""Every format has the same content as the CSV file."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from foundation.files import open_document
from foundation.files.formats import FORMATS
from foundation.files.spreadsheet import TooLarge
from measures.files.resources import MeasureResource
from measures.models import Measure
from tests import factories
from tests.csv_files import export

pytestmark = pytest.mark.django_db
NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}


def _written(ending: str, *args: object, **options: object) -> bytes:
    return b"".join(FORMATS[ending].blocks(MeasureResource, *args, **options))


def _of_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def _of_sheet(content: bytes) -> list[list[str]]:
    """The cells of an OpenDocument sheet as its reader shows them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        tree = ElementTree.fromstring(archive.read("content.xml"))  # noqa: S314  (our own file)
    return [[_shown(cell) for cell in row] for row in tree.iterfind(".//table:table-row", NAMES)]


def _shown(cell: ElementTree.Element) -> str:
    return "\n".join("".join(_pieces(paragraph)) for paragraph in cell.iterfind("text:p", NAMES))


def _pieces(paragraph: ElementTree.Element) -> Iterator[str]:
    """Readers collapse adjacent spaces and strip leading and trailing ones, unless they are elements."""
    text = paragraph.text or ""
    assert "  " not in text
    assert text == text.lstrip(" ")
    yield text
    for element in paragraph:
        blanks = int(element.get(f"{{{NAMES['text']}}}c", 1))
        yield {"s": " " * blanks, "tab": "\t"}[element.tag.partition("}")[2]]
        yield element.tail or ""


def _fill() -> None:
    old = factories.measure(kind="law", title_en="=1+1", summary_en=" a  b\nc\td<&>\n\n e ", valid_from="2020-05")
    new = factories.draft(kind="law", title_es="Año “x”", topics=("work.permit", "health.access"))
    factories.relation(subject=new, type="amends", object=old)


def test_open_document_says_what_the_file_says() -> None:
    _fill()
    content = _written("ods")
    assert _of_sheet(content) == _of_csv(export())
    assert _of_sheet(_written("ods", Measure.objects.none())) == _of_csv(export())[:1]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {"META-INF/manifest.xml", "content.xml"} < set(archive.namelist())


def test_open_document_is_known_by_its_first_bytes() -> None:
    """As the format requires: the type comes first, uncompressed, preceded by its length."""
    content = _written("ods")
    media_type = b"application/vnd.oasis.opendocument.spreadsheet"
    assert content[30 : 38 + len(media_type)] == b"mimetype" + media_type
    assert (content[6:8], content[8:10], content[18:22]) == (b"\0\0", b"\0\0", len(media_type).to_bytes(4, "little"))


def test_open_document_ends_lines_alike_and_replaces_what_xml_cannot_hold() -> None:
    factories.measure(summary_en="a\r\nb\rc\vd")
    header, row = _of_sheet(_written("ods"))
    assert row[header.index("summary_en")] == "a\nb\nc\ufffdd"


def test_more_records_than_an_open_document_is_written_with_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_document, "MOST_RECORDS", 1)
    _fill()
    with pytest.raises(TooLarge, match="at most 1 records; this one would have 2"):
        _written("ods")
    assert len(_of_sheet(_written("ods", Measure.objects.published()))) == 2


@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_json_is_a_list_of_the_rows_of_the_file(wanted: int) -> None:
    _fill()
    records = Measure.objects.order_by("pk")[:wanted]
    header, *rows = _of_csv(export(records=records))
    content = _written("json", records)
    assert json.loads(content) == [dict(zip(header, row, strict=True)) for row in rows]
    assert json.loads(content) == json.loads(MeasureResource().export(records).json)
    assert len(content.splitlines()) == (wanted + 2 if wanted else 1)


@pytest.mark.parametrize("ending", ["ods", "json"])
def test_formats_leave_out_what_is_not_public(ending: str) -> None:
    _fill()
    hidden = Measure.objects.get(workflow="draft")
    content = _written(ending, public=True, with_local=False)
    text = content.decode() if ending == "json" else str(_of_sheet(content))
    assert hidden.public_id not in text
    assert "workflow" not in text
