"""Files from the wild: each is read correctly, or refused with row, column, value and remedy."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from foundation.files.importing import reading
from foundation.files.importing.reading import FileProblem
from measures.models import Measure
from tests import factories
from tests.csv_files import MEASURE, counts, csv_text, failures, problems, run

pytestmark = pytest.mark.django_db

ROW = MEASURE | {"title_es": "Resolución sobre niñez — 1.ª parte", "title_en": ""}


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    """The vocabulary that the row uses."""
    factories.country()
    factories.topic()


def _is_read(folder: Path, content: str | bytes) -> list[str]:
    """Import one row and check that it came out whole; return the notices."""
    report = run(folder, content)
    assert counts(report) == (1, 0, 0, 0), report.problems
    assert Measure.objects.get().title_es == ROW["title_es"]
    return report.notices


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, end: str) -> None:
    notices = _is_read(tmp_path, csv_text([ROW], delimiter=delimiter, end=end))
    assert len(notices) == (0 if delimiter == "," else 1)


@pytest.mark.parametrize(
    ("encoding", "notices"),
    [("utf-8", 0), ("utf-8-sig", 0), ("cp1252", 1), ("mac_roman", 1), ("utf-16", 1), ("utf-32", 1)],
)
def test_encodings(tmp_path: Path, encoding: str, notices: int) -> None:
    assert len(_is_read(tmp_path, csv_text([ROW]).encode(encoding))) == notices


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp850", "Migración en el Perú, ¿cuántos días más?"),
        ("mac_roman", "Resolución"),
        ("cp1252", "A fee of £5 – the act’s words"),
        ("cp1252", "Länder, où, Ação"),
    ],
)
def test_code_page_is_the_one_in_which_letters_are_letters(tmp_path: Path, encoding: str, text: str) -> None:
    report = run(tmp_path, csv_text([MEASURE | {"title_en": text}]).encode(encoding))
    assert report.notices == [f"The file is not UTF-8; it was read as {encoding}."]
    assert Measure.objects.get().title_en == text


def test_latin_1_with_bytes_that_cp1252_lacks(tmp_path: Path) -> None:
    content = csv_text([MEASURE | {"title_en": "Ni\u00f1ez\u0081"}]).encode("latin-1")
    assert run(tmp_path, content).notices == ["The file is not UTF-8; it was read as latin-1."]
    assert Measure.objects.get().title_en == "Ni\u00f1ez\u0081"


def test_damaged_utf_8_is_refused_and_not_read_as_another_encoding(tmp_path: Path) -> None:
    content = csv_text([ROW, ROW]).encode()
    broken = content[:-30] + b"\xff" + content[-30:]
    with pytest.raises(FileProblem, match="UTF-8, but some bytes are damaged, the first of them in line 3"):
        run(tmp_path, broken)


def test_title_rows_above_the_header_are_skipped_with_a_notice(tmp_path: Path) -> None:
    content = "Observatory of mobility,,\n\nexported on,25/12/2020\n" + csv_text([ROW])
    assert _is_read(tmp_path, content) == ["3 rows above the header were skipped."]


def test_row_numbers_count_title_rows_blank_rows_and_cells_of_several_lines(tmp_path: Path) -> None:
    text = csv_text([ROW | {"title_en": "two\nlines"}, ROW | {"kind": "decre"}])
    header, rest = text.split("\n", 1)
    report = run(tmp_path, f"A title\n{header}\n\n{rest}")
    assert problems(report) == [(5, "kind", "decre")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "There is no header row"),
        (b"\n\n\n", "There is no header row"),
        (
            b"some,words\nof,a letter\n",
            "at least: public_id or external_ids",
        ),
        (
            b"title_en,title_es\na,b\n",
            "at least: public_id or external_ids",
        ),
        (b"country,kind,country\nPER,law,PER\n", "The header has a column twice: country"),
        (b"country,kind,titel_en\nPER,law,A\n", "The header has unknown columns: titel_en"),
        (b"public_id,title_en,issuing_body\nPER-00001,A,pcm\n", "needs the column country"),
        (b"PK\x03\x04rest of a workbook", "This is a spreadsheet"),
        (b"\xd0\xcf\x11\xe0rest of an old workbook", "This is a spreadsheet"),
    ],
)
def test_file_that_is_no_table_of_measures_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FileProblem, match=message) as caught:
        run(tmp_path, content)
    assert caught.value.remedy


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cf00000301010018dd8db00000000049454e44ae426082"
)
"""A one-pixel image."""


@pytest.mark.parametrize(
    "content",
    [PNG, b"\x7fELF" + bytes(60), b"\x1f\x8b\x08" + bytes(range(256)), csv_text([ROW]).encode("utf-16-le")],
    ids=["picture", "program", "packed", "utf-16 without a mark"],
)
def test_what_is_no_text_is_told_from_a_table_without_a_header(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileProblem, match="This is not a CSV file: it contains bytes that no text has"):
        run(tmp_path, content)


def test_texts_with_many_control_characters_are_read(tmp_path: Path) -> None:
    report = run(tmp_path, csv_text([ROW | {"title_en": "Act" + "\x01\x02\x1f" * 10}]))
    assert (report.new, report.problems) == (1, [])


def test_unknown_column_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as caught:
        run(tmp_path, "country,kind,titel_en\nPER,law,A\n")
    assert caught.value.remedy == "Did you mean “title_en”? Rename or remove the column."
    with pytest.raises(FileProblem) as caught:
        run(tmp_path, "country,kind,title_en,zzz\nPER,law,A,\n")
    assert caught.value.remedy == "Rename or remove the column."


def test_cells_without_the_name_of_a_column_are_told(tmp_path: Path) -> None:
    report = run(tmp_path, "country,kind,,title_en,\nPER,law,,A,\nPER,law, ,B,lost\n")
    assert counts(report) == (2, 0, 0, 0)
    assert report.notices == ["Cells in a column without a name were left out, the first of them in row 3: “lost”."]


def test_ragged_rows_are_refused_by_row(tmp_path: Path) -> None:
    text = csv_text([ROW])
    report = run(tmp_path, text + "PER,law\n" + text.splitlines()[1] + ",more\n")
    assert [(problem.row, problem.problem) for problem in report.problems] == [
        (3, "The row has 2 cells and the header 7."),
        (4, "The row has 8 cells and the header 7."),
    ]
    assert Measure.objects.count() == 0


def test_empty_cells_beyond_the_header_are_no_fault(tmp_path: Path) -> None:
    lines = csv_text([ROW]).splitlines()
    _is_read(tmp_path, f"{lines[0]},,\n{lines[1]},,\n")
    lines = csv_text([ROW | {"title_es": "Otro"}]).splitlines()
    assert counts(run(tmp_path, f"{lines[0]}\n{lines[1]},,\n")) == (1, 0, 0, 0)


def test_nul_is_refused_by_row(tmp_path: Path) -> None:
    report = run(tmp_path, csv_text([ROW, ROW | {"title_en": "dam\0aged"}]))
    assert problems(report) == [(3, "", "dam␀aged")]
    failed = failures(tmp_path, csv_text([ROW, ROW | {"title_en": "dam\0aged"}]))
    assert [row["row"] for row in failed] == ["3"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+51 1 2345678", "-2 °C", "@user", '=HYPERLINK("https://x.example")', " = 1 "]
)
def test_text_that_looks_like_a_formula_is_kept_exactly(tmp_path: Path, text: str) -> None:
    run(tmp_path, csv_text([MEASURE | {"title_en": text}]))
    assert Measure.objects.get().title_en == text


def test_formula_in_a_controlled_column_is_refused(tmp_path: Path) -> None:
    report = run(tmp_path, csv_text([MEASURE | {"kind": '=IF(A1,"law","")', "title_en": "A"}]))
    assert problems(report) == [(2, "kind", '=IF(A1,"law","")')]


def test_long_cells_are_read_and_endless_ones_refused(tmp_path: Path) -> None:
    _is_read(tmp_path, csv_text([ROW | {"summary_es": "palabra " * 3_125}]))
    assert len(Measure.objects.get().summary_es) == 25_000
    report = run(tmp_path, csv_text([MEASURE | {"title_en": "x" * 601, "summary_en": "x" * 100_001}]))
    assert {(problem.row, problem.column, problem.remedy) for problem in report.problems} == {
        (2, "title_en", "Shorten it to 600 characters."),
        (2, "summary_en", "Shorten it to 100000 characters."),
    }


def test_quotation_mark_that_is_never_closed_is_told_with_its_row(tmp_path: Path) -> None:
    rows = csv_text([ROW, ROW]).splitlines()
    report = run(tmp_path, "\n".join([*rows[:2], f'"{rows[2]}', *rows[1:]]))
    assert report.problems[-1].row == 3
    assert "quotation mark" in report.problems[-1].remedy
    assert Measure.objects.count() == 0


def test_placeholder_in_prose_is_kept_with_a_notice(tmp_path: Path) -> None:
    report = run(tmp_path, csv_text([MEASURE | {"title_es": "NA"}]))
    assert report.notices == ["Text such as NA was left unchanged in column title_es, first in row 2."]
    assert Measure.objects.get().title_es == "NA"


def test_read_only_columns_are_ignored(tmp_path: Path) -> None:
    row = ROW | {"status": "repealed", "workflow": "published", "url": "x", "updated_at": "yesterday"}
    _is_read(tmp_path, csv_text([row]))
    assert (Measure.objects.get().status, Measure.objects.get().workflow) == ("enacted", "draft")


def test_cell_of_a_key_is_trimmed_and_of_a_text_is_not(tmp_path: Path) -> None:
    row = MEASURE | {"kind": " law ", "topics": " health.access ", "title_en": " A title\u00a0"}
    run(tmp_path, csv_text([row]))
    assert (Measure.objects.get().kind, Measure.objects.get().title_en) == ("law", " A title\u00a0")


# On the command line


def test_command_names_row_and_remedy_and_writes_the_failed_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, errors = tmp_path / "measures.csv", tmp_path / "errors.csv"
    path.write_text(csv_text([ROW, ROW | {"kind": "decre"}]))
    with pytest.raises(CommandError, match="1 row was refused, so nothing was imported"):
        call_command("import_measures", path, errors=errors)
    assert "row 3, kind “decre”: “decre” is unknown." in capsys.readouterr().err
    assert errors.read_text(encoding="utf-8-sig").splitlines()[1].startswith("PER,decre,")
    assert Measure.objects.count() == 0


def test_command_of_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "measures.csv"
    path.write_text(csv_text([ROW]))
    call_command("import_measures", path, dry_run=True)
    assert "measures: 1 new, 0 changed, 0 unchanged" in capsys.readouterr().out
    assert Measure.objects.count() == 0
    call_command("import_measures", path, publish=True)
    said = capsys.readouterr().out.splitlines()
    assert (said[0], said[-2]) == ("row 2, new: Resolución sobre niñez — 1.ª parte", "measures: 1 new, 0 changed, "
        "0 unchanged, 1 published")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("missing.csv", {}, "No such file"),
        ("folder", {}, "Is a directory"),
        ("letter.csv", {}, "There is no header row"),
        ("good.csv", {"by": "nobody"}, "There is no account nobody"),
        ("bad.csv", {"errors": "/nowhere/errors.csv"}, "/nowhere/errors.csv: No such file"),
    ],
)
def test_command_ends_with_words_where_it_cannot_go_on(
    tmp_path: Path, name: str, options: dict[str, str], message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "letter.csv").write_text("Dear all,\n")
    (tmp_path / "good.csv").write_text(csv_text([ROW]))
    (tmp_path / "bad.csv").write_text(csv_text([ROW | {"kind": "x"}]))
    with pytest.raises(CommandError, match=message):
        call_command("import_measures", str(tmp_path / name), *(f"--{key}={value}" for key, value in options.items()))
    assert Measure.objects.count() == 0


def test_row_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST_RECORD", 2_000)
    lines = csv_text([MEASURE, MEASURE]) + '"PER","' + "\n".join(["word " * 100] * 10)
    report = run(tmp_path, lines)
    assert problems(report) == [(4, "", "")]
    assert "This row has more than 2,000 characters." in report.problems[0].problem
    with pytest.raises(FileProblem, match="more than 2,000 characters"):
        run(tmp_path, "word " * 1000)
