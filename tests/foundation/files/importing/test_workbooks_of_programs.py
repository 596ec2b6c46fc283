"""Workbooks as Excel and LibreOffice write them: shared strings, serial numbers with styles, 1904, hidden sheets.

They are written here part by part, by the conventions of each program; no library decides what is in them.
"""

import csv
import io
import zipfile
from pathlib import Path

import pytest

from foundation.files.importing.reading import as_csv
from measures.models import Measure
from tests import factories
from tests.csv_files import run

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
EXCEL_STYLES = (  # General, 14 (a date of the system), custom month, percent with decimals, text, time of day
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="mmm\\-yy"/></numFmts>',
    ("0", "14", "164", "10", "49", "22"),
)
LIBRE_STYLES = (  # the same in the words of LibreOffice
    '<numFmts count="5"><numFmt numFmtId="164" formatCode="General"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="166" formatCode="mmm\\ yyyy"/>'
    '<numFmt numFmtId="167" formatCode="0.0%"/><numFmt numFmtId="168" formatCode="@"/></numFmts>',
    ("164", "165", "166", "167", "168", "22"),
)
DATE, MONTH, PERCENT, TEXT, TIME = range(1, 6)


def _workbook(styles: tuple[str, tuple[str, ...]], sheet: str, *, strings: str = "", is_1904: bool = False) -> bytes:
    """A workbook of a visible sheet and a hidden one, which holds a list to choose from."""
    formats, numbers = styles
    xfs = "".join(f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"/>' for number in numbers)
    hidden = '<row r="1"><c r="A1" t="inlineStr"><is><t>law</t></is></c></row>'
    sheets = [sheet, hidden]
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{TYPE}.worksheet+xml"/>'
            for number in (1, 2)
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr date1904="{int(is_1904)}"/>'
        "<sheets>"
        '<sheet name="Tabelle1" sheetId="1" r:id="rId1"/><sheet name="Lists" sheetId="2" state="hidden" r:id="rId2"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
        f'<Relationship Id="rId3" Type="{OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId4" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{formats}<fonts count="1"><font/></fonts><fills count="1">'
        '<fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
        f'<cellXfs count="{len(numbers)}">{xfs}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
    }
    for number, rows in enumerate(sheets, 1):
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><dimension ref="A1"/><sheetData>{rows}</sheetData></worksheet>'
        )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{part}')
    return content.getvalue()


def _excel(serial: int, *, is_1904: bool) -> bytes:
    strings = (
        "<si><t>day</t></si><si><t>month</t></si><si><t>share</t></si><si><r><t>te</t></r><r><rPr><b/></rPr><t>xt</t></r>"
        '</si><si><t>at</t></si><si><t xml:space="preserve"> =1+1 </t></si>'
    )
    header = "".join(f'<c r="{"ABCDE"[place]}1" t="s"><v>{place}</v></c>' for place in range(5))
    rows = (
        f'<row r="1" spans="1:5">{header}</row><row r="2"><c r="A2" s="{DATE}"><v>{serial}</v></c>'
        f'<c r="B2" s="{MONTH}"><v>{serial}</v></c><c r="C2" s="{PERCENT}"><v>0.28999999999999998</v></c>'
        f'<c r="D2" s="{TEXT}" t="s"><v>5</v></c><c r="E2" s="{TIME}"><v>{serial}.375</v></c></row>'
        f'<row r="3"><c r="A3" t="str"><f>"a"&amp;"b"</f><v>ab</v></c><c r="B3" t="e"><v>#N/A</v></c>'
        '<c r="C3"><v>1.5E-2</v></c><c r="D3" t="b"><v>1</v></c></row>'
        f'<row r="4" spans="1:5" s="1" customFormat="1"><c r="A4" s="{DATE}"/></row><row r="1048576" ht="15"/>'
    )
    return _workbook(EXCEL_STYLES, rows, strings=strings, is_1904=is_1904)


def _libre_office() -> bytes:
    names = ("day", "month", "share", "text", "at")
    header = "".join(f'<c r="{"ABCDE"[place]}1" s="0" t="s"><v>{place}</v></c>' for place in range(5))
    strings = "".join(f'<si><t xml:space="preserve">{name}</t></si>' for name in (*names, " =1+1 ", "ab", "#N/A"))
    empty = "".join(f'<row r="{number}" customFormat="false" ht="12.8" hidden="false"/>' for number in range(4, 60))
    rows = (
        f'<row r="1" customFormat="false" ht="12.8">{header}</row><row r="2" customFormat="false" ht="12.8">'
        f'<c r="A2" s="{DATE}" t="n"><v>43906</v></c><c r="B2" s="{MONTH}" t="n"><v>43906</v></c>'
        f'<c r="C2" s="{PERCENT}" t="n"><v>0.29</v></c><c r="D2" s="{TEXT}" t="s"><v>5</v></c>'
        f'<c r="E2" s="{TIME}" t="n"><v>43906.375</v></c></row>'
        '<row r="3"><c r="A3" s="0" t="str"><f aca="false">"a"&amp;"b"</f><v>ab</v></c>'
        '<c r="B3" s="0" t="e"><f aca="false">NA()</f><v>#N/A</v></c><c r="C3" s="0" t="n"><v>0.015</v></c>'
        f'<c r="D3" s="0" t="b"><f aca="false">TRUE()</f><v>1</v></c></row>{empty}'
    )
    return _workbook(LIBRE_STYLES, rows, strings=strings)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(_excel(43906, is_1904=False), id="Excel"),
        pytest.param(_excel(42444, is_1904=True), id="Excel, days since 1904"),
        pytest.param(_libre_office(), id="LibreOffice"),
    ],
)
def test_workbook_is_read_as_its_program_shows_it(content: bytes) -> None:
    text = as_csv(io.BytesIO(content), "measures").decode()
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["day", "month", "share", "text", "at"],
        ["2020-03-16", "2020-03", "29%", " =1+1 ", "2020-03-16T09:00:00"],
        ["ab", "#N/A", "0.015", "true", ""],
    ]


@pytest.mark.django_db
def test_workbook_that_libreoffice_wrote_is_imported(tmp_path: Path) -> None:
    """`soffice --headless --convert-to xlsx`, version 7.4, from a table with dates, a number, accents, a line break."""
    factories.country()
    factories.topic()
    with (Path(__file__).parent / "written_by_libreoffice.xlsx").open("rb") as file:
        text = as_csv(file, "measures").decode()
    assert run(tmp_path, text).new == 2
    first, second = Measure.objects.order_by("public_id")
    assert (first.title_es, str(first.valid_from), first.reference, first.summary_es) == (
        "Decreto que declara el estado de emergencia: niños, ñandú y ação",
        "2020-03-16",
        "044-2020-PCM",
        "Línea uno\nlínea dos; «comillas»",
    )
    assert (second.country_id, second.kind, str(second.valid_from), second.reference, second.summary_es) == (
        *("PER", "law", "2020-03-16", "1350", "12.5"),
    )
