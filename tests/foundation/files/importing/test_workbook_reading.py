"""Uploaded Excel workbooks: read as displayed, limited in size, and refused with a message."""

import csv
import datetime
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from foundation.confined import Bounds
from foundation.files.exporting import exported_sheet
from foundation.files.importing import reading, workbook_reading
from foundation.files.importing.reading import FileProblem, as_csv
from foundation.files.models import FileImport
from measures.files.resources import MeasureResource
from measures.models import Measure, Source
from tests import factories
from tests.clients import content_of
from tests.csv_files import MEASURE, export

UPLOAD = "/admin/foundation/fileimport/add/"
Rows = Sequence[Sequence[Any]]


def _bytes(**sheets: Rows) -> bytes:
    """A workbook; a pair of value and format makes a formatted cell."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for y, row in enumerate(rows, 1):
            for x, value in enumerate(row, 1):
                cell = sheet.cell(y, x)
                cell.value, number_format = value if isinstance(value, tuple) else (value, None)
                cell.number_format = number_format or cell.number_format
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _read(content: bytes, kind: str = "measures") -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(io.BytesIO(content), kind).decode(), newline="")))


DAY = datetime.datetime(2020, 5, 1)  # noqa: DTZ001  (as a spreadsheet has it)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("2020-05", "2020-05"),
        (" a\nb_x000D_\tc_x005F_x000D_ _xD800_", " a\nb\r\tc_x000D_ _xD800_"),
        (2020, "2020"),
        (7.0, "7"),
        (26.7, "26.7"),
        (True, "true"),
        (DAY.date(), "2020-05-01"),
        ((DAY, "dd/mm/yyyy"), "2020-05-01"),
        ((DAY, "mmm-yy"), "2020-05"),
        ((DAY, '[$-C0A]mmmm" de "yyyy'), "2020-05"),
        ((DAY, "yyyy"), "2020"),
        ((DAY + datetime.timedelta(hours=8), "mmm-yy"), "2020-05"),
        (DAY + datetime.timedelta(hours=8), "2020-05-01T08:00:00"),
        ("#N/A", "#N/A"),
    ],
)
def test_cell_is_read_as_the_spreadsheet_shows_it(cell: Any, text: str) -> None:
    assert _read(_bytes(measures=[["key", "value"], ["a", cell]])) == [["key", "value"], ["a", text]]


def test_rows_keep_their_numbers_and_lose_what_is_empty_around_them() -> None:
    rows: Rows = [[], ["Title"], ["a", "b", None], [], [None, 2, "", ""], [], [(None, "0.00")] * 5]
    assert _read(_bytes(measures=rows)) == [[], ["Title", ""], ["a", "b"], [], ["", "2"]]


def test_sheet_is_the_one_with_cells_or_the_one_of_that_name() -> None:
    assert _read(_bytes(Notes=[], Data=[["a"]])) == [["a"]]
    assert _read(_bytes(Notes=[["b"]], Measures=[["a"]])) == [["a"]]
    with pytest.raises(FileProblem, match=r"Several sheets contain cells: Notes, Data\.") as raised:
        _read(_bytes(Notes=[["b"]], Data=[["a"]]))
    assert raised.value.remedy == "Rename the sheet to import to “measures”, or remove the others."
    assert as_csv(io.BytesIO(_bytes(Notes=[])), "measures") == b""


def test_formula_without_its_result_is_no_empty_cell() -> None:
    with pytest.raises(FileProblem, match=r"Cell B3 has a formula, and the file does not have its result\."):
        _read(_bytes(measures=[["a", "b"], [1, 2], [3, "=A3*2"]]))
    empty_text = '<row><c t="str"><f>IF(1,"")</f><v></v></c><c t="inlineStr"><is><t>b</t></is></c></row>'
    assert _read(_bomb(_bytes(measures=[]), empty_text)) == [["", "b"]]


def test_cells_merged_downwards_have_their_value_in_each_row() -> None:
    book = openpyxl.Workbook()
    for row in (["A table"], ["a", "b", "c"], [1, "shared", 2], [3, None, 4], [], [5, None, 6], [7, None, 8]):
        book.active.append(row)
    for cells in ("A1:C1", "B3:B6"):
        book.active.merge_cells(cells)
    content = io.BytesIO()
    book.save(content)
    assert _read(content.getvalue())[2:] == [
        ["1", "shared", "2"],
        ["3", "shared", "4"],
        [],
        ["5", "shared", "6"],
        ["7", "", "8"],
    ]


def test_number_of_a_spreadsheet_is_never_taken_for_thousands() -> None:
    rows: Rows = [["A table"], ["reference", "Value", "share"], [21.325, 12.345, "12.345"], [1, (0.12345, "0.000%"), 1]]
    assert _read(_bytes(observations=rows), "observations") == [
        ["A table", "", ""],
        ["reference", "Value", "share"],
        ["21.325", "12.3450", "12.345"],
        ["1", "12.3450%", "1"],
    ]


def _archive(name: str, part: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, part)
    return content.getvalue()


def _bomb(content: bytes, rows: str) -> bytes:
    """The workbook with other rows in its sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                start, _rows, end = (
                    part.decode().replace("<sheetData/>", "<sheetData></sheetData>").partition("<sheetData>")
                )
                part = f"{start}<sheetData>{rows}{end}".encode()
            new.writestr(name, part)
    return out.getvalue()


FAR_ROW = '<row r="1"/><row r="99999999"><c t="inlineStr"><is><t>a</t></is></c></row>'
FAR_COLUMN = '<row><c r="XFD1"><v>1</v></c></row>'
UNLIKE: dict[str, tuple[Callable[[], bytes], str]] = {
    "no archive": (lambda: b"PK\x03\x04" + bytes(200), "neither a CSV file nor an Excel workbook"),
    "other archive": (lambda: _archive("content.xml", "<a/>"), "neither a CSV file nor an Excel workbook"),
    "half an archive": (lambda: _bytes(measures=[["a"]])[:-400], "neither a CSV file nor an Excel workbook"),
    "broken": (lambda: _archive("xl/workbook.xml", "<a>"), "cannot be read: it is damaged"),
    "bomb": (lambda: _archive("xl/workbook.xml", "x" * 201_000_000), "larger than 200 MB when unpacked"),
    "many rows": (lambda: _bomb(_bytes(measures=[]), "<row/>" * 2_000_000), "more than 1,000,000 cells"),
    "far row": (lambda: _bomb(_bytes(measures=[]), FAR_ROW), "more than 1,000,000 cells"),
    "far columns": (lambda: _bomb(_bytes(measures=[]), FAR_COLUMN * 2000), "more than 1,000,000 cells"),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_what_is_no_workbook_or_too_large_is_refused_in_words(name: str) -> None:
    make, words = UNLIKE[name]
    with pytest.raises(FileProblem) as raised:
        _read(make())
    assert words in raised.value.problem
    assert raised.value.remedy
    assert _read(_bytes(measures=[["a"]])) == [["a"]]


def test_stray_cell_far_away_does_not_make_a_sheet_large() -> None:
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    rows = "".join(
        f'<row r="{y}">{"".join(f"""<c t="inlineStr"><is><t>{x}{y}</t></is></c>""" for x in "ab")}</row>'
        for y in range(1, 201)
    )
    read = _read(_bomb(_bytes(measures=[]), rows + far))
    assert [row for row in read if any(row)] == [[f"a{y}", f"b{y}"] for y in range(1, 201)]


def test_stray_cell_beside_a_table_leaves_its_columns_whole() -> None:
    rows: Rows = [["a", "b", None, "d"], *[[1, 2, 3]] * 200, [1, 2, 3, 4, *[None] * 9000, "x"]]
    read = _read(_bytes(measures=rows))
    assert (read[0], read[-1]) == (["a", "b", "", "d"], ["1", "2", "3", "4"])


def test_much_text_is_refused_in_words() -> None:
    text = f'<row><c t="inlineStr"><is><t>{"é" * 30_000}</t></is></c></row>'
    with pytest.raises(FileProblem, match="more than 40,000,000 characters"):
        _read(_bomb(_bytes(measures=[]), text * 300))


def test_entities_are_not_expanded_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BOUNDS", Bounds(cpu=5, seconds=10, memory=500_000_000))
    entities = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = _bomb(_bytes(measures=[["a"]]), '<row><c t="inlineStr"><is><t>&a11;</t></is></c></row>')
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bomb)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, f"<!DOCTYPE x [{entities}]>".encode() + part if name.endswith("sheet1.xml") else part)
    with pytest.raises(FileProblem, match="cannot be read"):
        _read(out.getvalue())


# On the way to records


@pytest.fixture
def vocabulary(db: None, tmp_path: Path, settings: Settings) -> None:
    """The vocabulary that the rows use, and a temporary folder for uploads."""
    settings.IMPORTS_DIR = tmp_path / "imports"
    factories.country()
    factories.topic()


def _upload(content: bytes, **data: str) -> Any:
    client = Client()
    client.force_login(factories.user(group="editor"))
    file = SimpleUploadedFile("mine.xlsx", content)
    return client, client.post(UPLOAD, {"file_type": "measures", "file": file, **data}, follow=True)


def test_uploaded_workbook_is_previewed_and_imported_as_a_csv_file_is(vocabulary: None) -> None:
    good, bad = list(MEASURE.values()), [*list(MEASURE.values())[:-2], ("#REF!"), None]
    rows: Rows = [["Measures of Peru"], [], [*MEASURE], good, bad]
    client, response = _upload(_bytes(Data=rows))
    page = response.content.decode()
    assert "Import of mine.xlsx" in page
    assert "2 rows above the header were skipped." in page
    kept = FileImport.objects.get()
    (row,) = kept.rows.filter(state="refused")
    assert (row.line, [detail[0] for detail in row.details]) == (5, ["status_history"])
    refused = content_of(client.get(f"/admin/foundation/fileimport/{kept.pk}/refused.csv"))
    assert b"#REF!" in refused
    client, response = _upload(_bytes(Data=rows[:-1]))
    last = FileImport.objects.order_by("pk").last()
    assert last
    client.post(last.get_absolute_url(), {"confirm": "on"})
    assert Measure.objects.get().title_en == "A decree"
    assert (last.name, str(last.file.name).endswith(".xlsx.csv")) == ("mine.xlsx", True)


def test_workbook_that_cannot_be_read_is_told_beside_the_box_and_not_kept(vocabulary: None, tmp_path: Path) -> None:
    for content, words in (
        (b"PK\x03\x04" + bytes(200), "neither a CSV file nor an Excel workbook"),
        (_bytes(A=[["a"]], B=[["a"]]), "Several sheets contain cells: A, B."),
        (
            _bytes(A=[["a", "b"]]),
            "which has at least: public_id or external_ids",
        ),
    ):
        _client, response = _upload(content)
        assert words in response.content.decode()
    assert not FileImport.objects.exists()
    assert not [path for path in (tmp_path / "imports").rglob("*") if path.is_file()]


def test_our_own_sheet_comes_back_unchanged(vocabulary: None, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    factories.measure(title_en="=1+1", summary_en="a\r\nb\v_x000D_ \t", valid_from="2020-05", reference="0012")
    factories.draft(title_es="Año")
    path = tmp_path / "all.xlsx"
    path.write_bytes(b"".join(exported_sheet(MeasureResource)))
    before = export()
    call_command("import_measures", str(path))
    assert "0 new, 0 changed, 2 unchanged" in capsys.readouterr().out
    assert export() == before


def test_command_names_the_row_of_the_sheet(vocabulary: None, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "sources.xlsx"
    header, row = ["key", "url", "kind", "title"], ["a", "https://a.example", "gazete", "A"]
    path.write_bytes(_bytes(sources=[[], header, row]))
    with pytest.raises(CommandError, match="1 row was refused"):
        call_command("import_file", "sources", str(path))
    assert "row 3, kind “gazete”" in capsys.readouterr().err
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match="neither a CSV file nor an Excel workbook"):
        call_command("import_file", "sources", str(path))
    assert not Source.objects.exists()
    assert workbook_reading.MOST_CELLS == 1_000_000
