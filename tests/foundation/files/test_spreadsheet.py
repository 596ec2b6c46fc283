"""A sheet has the same content as the rows, in text cells."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from foundation.files.spreadsheet import LONGEST_CELL, MOST_ROWS, TooLarge, check_cell, check_rows, written

TEXT = st.text(
    st.one_of(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
        st.sampled_from(list("<>&\"'=+-@ \n\r\t_x0DA")),
    ),
    max_size=40,
)


def _file(rows: Sequence[Sequence[str]]) -> io.BytesIO:
    return io.BytesIO(b"".join(written(iter(rows), name="measures")))


def _texts(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """The cells as read by a program that decodes the format's escapes."""
    sheet = openpyxl.load_workbook(_file(rows)).active
    return [[unescape(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5))
def test_cells_come_back_as_they_went(rows: list[tuple[str, ...]]) -> None:
    header = ("one", "two", "three")
    assert _texts([header, *rows]) == [list(header), *map(list, rows)]


def test_every_cell_is_text_and_stays_text_when_edited() -> None:
    sheet = openpyxl.load_workbook(_file([["title", "date"], ["=1+1", "2020-05"]])).active
    assert [(cell.value, cell.data_type, cell.number_format) for cell in sheet[2]] == [
        ("=1+1", "s", "@"),
        ("2020-05", "s", "@"),
    ]


def test_header_is_bold_and_stays_in_view() -> None:
    sheet = openpyxl.load_workbook(_file([["title"], ["Law"]])).active
    assert (sheet.title, sheet.freeze_panes) == ("measures", "A2")
    assert (sheet["A1"].font.bold, sheet["A2"].font.bold) == (True, False)


@pytest.mark.parametrize("is_large", [False, True])
def test_archive_is_whole_and_each_part_is_xml(is_large: bool) -> None:
    content = io.BytesIO(b"".join(written([["title"], ["a\vb"]], name="measures", is_large=is_large)))
    with zipfile.ZipFile(content) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))  # noqa: S314  (our own file)


def test_rows_leave_while_others_are_still_to_come() -> None:
    asked = []

    def rows() -> Iterator[list[str]]:
        for number in range(2_000):
            asked.append(number)
            yield ["x" * 1_000]

    next(written(rows(), name="measures"))
    assert len(asked) < 500


def test_more_records_than_rows_are_refused() -> None:
    check_rows(MOST_ROWS - 1)
    with pytest.raises(TooLarge, match="at most 1,048,575 records; this one would have 1,048,576"):
        check_rows(MOST_ROWS)


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    with translation.override("pt"), pytest.raises(TooLarge, match=r"1\.048\.575"):
        check_rows(MOST_ROWS)


def test_longer_text_than_a_cell_is_refused_by_name() -> None:
    check_cell("é" * LONGEST_CELL, column="summary_en", record="PER-00001")
    with pytest.raises(TooLarge, match="“summary_en” of PER-00001 has 32,768"):
        check_cell("x" * (LONGEST_CELL - 1) + "😀", column="summary_en", record="PER-00001")


def test_long_cell_breaks_the_file_off() -> None:
    with pytest.raises(TooLarge, match="“sources” of PER-00001"):
        list(written([["public_id", "sources"], ["PER-00001", "x" * (LONGEST_CELL + 1)]], name="measures"))
