"""Columns and words of somebody else's table become ours: guessed, chosen, kept by name, and read."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from foundation.accounts import system_account
from foundation.files.column_list import columns_in_words, template
from foundation.files.importing.guessing import guess, survey, values_of
from foundation.files.importing.mapping import Mapper, Mapping, Use, first_sentence, in_order, names_of, targets_of
from foundation.files.importing.pipeline import compared
from foundation.files.importing.reading import FileProblem, foreign_table
from foundation.files.importing.report import failed_rows, refusals
from foundation.files.models import FileImport, FileMapping, ImportState
from foundation.files.resources import importable, resources
from foundation.files.targets import Offer, Target
from measures.files.resources import MeasureResource
from measures.models import DataSet, Measure
from tests import factories
from tests.clients import content_of, signed_in
from tests.csv_files import MEASURE, csv_text, run
from tests.foreign_files import foreign_csv, row

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/foundation/fileimport/add/"
WORDS = {
    "Frontier shut": "border.closure",
    "Doctors for all": "health.access",
    "Everybody": "-",
    "Tourists": "visitors",
    "Unclear": "",
}


@pytest.fixture(autouse=True)
def vocabulary(tmp_path: Path, settings: Settings) -> Path:
    settings.IMPORTS_DIR = tmp_path / "imports"
    factories.country()
    factories.topic()
    factories.topic(key="border.closure", label_en="Border closure")
    factories.target_group(key="visitors", label_en="Visitors and tourists")
    DataSet.objects.create(key="elsewhere", name="Elsewhere")
    return tmp_path


@pytest.mark.parametrize(
    ("cell", "order", "read"),
    [
        ("03/16/2020", "mdy", "2020-03-16"),
        ("5.11.2020 00:00:00", "dmy", "2020-11-05"),
        ("03/16/2020", "dmy", "03/16/2020"),  # no date by that order: left to the column, which says why
        ("2020-03-16", "mdy", "2020-03-16"),
        ("03/16/2020", "", "03/16/2020"),
    ],
)
def test_dates_are_read_in_the_order_of_their_table(cell: str, order: str, read: str) -> None:
    assert in_order(cell, order) == read


@pytest.mark.parametrize(
    ("text", "longest", "sentence"),
    [
        ("The border is closed. Lorries may pass.", 600, "The border is closed"),
        ("No. 44 closes the border\nto all.", 600, "No. 44 closes the border to all"),
        ("Will the border be closed? It will.", 600, "Will the border be closed?"),
        ("A border that is closed for everybody", 20, "A border that is…"),
    ],
)
def test_first_sentence_is_one_line_that_fits(text: str, longest: int, sentence: str) -> None:
    assert first_sentence(text, longest) == sentence


def test_names_of_columns_are_each_there_once() -> None:
    assert names_of(["Date", "", "date ", "DATE", "Date (2)"]) == [
        *("date", "column 2", "date (2)", "date (3)", "date (2) (2)"),
    ]


def _guess(folder: Path, text: str) -> Mapping:
    path = folder / "foreign.csv"
    path.write_text(text, encoding="utf-8")
    return guess(survey(foreign_table(path)), MeasureResource, targets_of(MeasureResource))


def test_columns_are_guessed_from_names_and_cells_in_three_languages(vocabulary: Path) -> None:
    spanish = (
        "Código,País,Tipo de política,Resumen,Fecha de inicio,Fecha de fin,Población objetivo,Enlace\n"
        'A,Perú,Cierre,"Se cierra la frontera.",31/12/2020,13/01/2021,Visitors and tourists,https://a.example\n'
    )
    found = _guess(vocabulary, spanish)
    assert [(use.source, use.target) for use in found.uses] == [
        ("código", "external_ids"),
        ("país", "country"),
        ("tipo de política", "topics"),
        ("resumen", "summary_es"),
        ("fecha de inicio", "valid_from"),
        ("fecha de fin", "valid_until"),
        ("población objetivo", "target_groups"),
        ("enlace", "sources"),
        ("resumen", "title_es"),
    ]
    assert {use.dates for use in found.uses if use.target.startswith("valid")} == {"dmy"}
    assert [use.values for use in found.uses if use.values] == [{"Perú": "PER"}, {"Visitors and tourists": "visitors"}]
    assert found.constants == {"kind": "unspecified"}
    unnamed = "a,b,c,d\nx,https://a.example/1,Peru,2020-03-16\ny,https://a.example/2,Peru,2020-03-17\n"
    assert {(use.source, use.target) for use in _guess(vocabulary, unnamed).uses} == {
        ("b", "sources"),
        ("c", "country"),
        ("d", "valid_from"),
    }


def test_invisible_characters_and_short_rows_change_nothing_that_is_guessed(vocabulary: Path) -> None:
    spanish = (
        "Código,País,Fecha de inicio,Resumen,Nota\n"
        "A,\u200fPe\u00adrú,\u200f03/04/2020,\u200fNA\n"
        "B,\u200fPerú,\u200f３１/１２/2020,Se cierra\n"
    )
    found = _guess(vocabulary, spanish)
    assert [(use.source, use.target, use.dates) for use in found.uses[:3]] == [
        ("código", "external_ids", ""),
        ("país", "country", ""),
        ("fecha de inicio", "valid_from", "dmy"),
    ]
    mapper = Mapper(found, MeasureResource, ["Código", "País", "Fecha de inicio", "Resumen"])
    cells = mapper.mapped(["A", "\u200fPe\u00adrú", "\u200f03/04/2020", "\u200fNA"])
    assert (
        dict(zip((column.name for column in mapper.columns), cells, strict=True)).items()
        >= {
            "country": "PER",
            "valid_from": "2020-04-03",
            "summary_es": "",
        }.items()
    )


def test_words_for_a_level_are_taken_for_it_whatever_place_they_name(vocabulary: Path) -> None:
    found = _guess(vocabulary, "country,level,what\nPeru,National,a\nPeru,Municipal / Lima / Ate,b\nPeru,Estadual,c\n")
    assert [use.values for use in found.uses if use.target == "level"] == [
        {"National": "national", "Municipal / Lima / Ate": "subnational", "Estadual": "subnational"}
    ]


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("residents", "residents"),
        ("Residents, all of them", "residents"),
        ("Citizen residents", ""),  # who are nationals
        ("All (travelers + residents)", ""),
        ("Asylum/refugee seekers", "asylum_seekers"),
        ("Refugee", "refugees"),
    ],
)
def test_one_word_of_several_is_no_likeness_unless_it_is_the_first(word: str, key: str) -> None:
    offers = (("residents", "Residents"), ("asylum_seekers", "Asylum seekers"), ("refugees", "Refugees"))
    target = Target("target_groups", "Groups", offers=tuple(Offer(*offer) for offer in offers))
    assert values_of([word], target).get(word, "") == key


MAPPING = Mapping(
    (
        Use("record no", "external_ids:elsewhere"),
        Use("nation", "country"),
        Use("policy type", "topics", values={"Frontier shut": "border.closure", "Doctors for all": "health.access"}),
        Use("what was decided", "summary_en"),
        Use("what was decided", "title_en", first_sentence=True),
        Use("declared", "status_history:announced", dates="mdy"),
        Use("begins", "status_history:in_operation", dates="mdy"),
        Use("begins", "valid_from", dates="mdy"),
        Use("finishes", "valid_until", dates="mdy"),
        Use("affected people", "target_groups", split=",", values={"Tourists": "visitors"}, drops_others=True),
        Use("web link", "sources", split=";"),
    ),
    {"kind": "unspecified"},
)


def test_mapped_rows_are_imported_and_found_again(vocabulary: Path) -> None:
    report = run(vocabulary, foreign_csv(), mapping=MAPPING)
    assert (report.new, report.refused, report.problems) == (3, 0, [])
    assert "1 row repeats another one, cell by cell, and was left out: row 7." in report.notices
    first = Measure.objects.get(external_ids__key="X-1")
    assert (first.title_en, first.summary_en) == (
        "The land border is closed",
        "The land border is closed. Lorries may pass.",
    )
    assert (str(first.valid_from), str(first.valid_until)) == ("2020-03-16", "2020-03-30")
    assert (first.country_id, first.kind, first.workflow) == ("PER", "unspecified", "draft")
    assert [(e.status, str(e.date)) for e in first.status_events.order_by("position")] == [
        ("announced", "2020-03-15"),
        ("in_operation", "2020-03-16"),
    ]
    assert [group.key for group in first.target_groups.all()] == ["visitors"]
    third = Measure.objects.get(external_ids__key="X-3")
    assert [topic.key for topic in third.topics.all()] == ["health.access"]
    assert sorted(third.citations.values_list("source__url", flat=True)) == [
        "https://gazette.example/3",
        "https://news.example/3",
    ]
    again = run(vocabulary, foreign_csv(), mapping=MAPPING)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)


def test_problems_name_the_columns_and_cells_of_the_file(vocabulary: Path) -> None:
    bad = [
        row(Record_No="X-4", Begins="16/16/2020", Policy_type="Frontier ajar"),
        row(Record_No="X-5", Finishes="03/01/2020"),
        ["X-6", "Peru"],
    ]
    report = run(vocabulary, foreign_csv(*bad), mapping=MAPPING)
    found = {(problem.row, problem.column): problem.value for problem in report.problems}
    assert found == {
        (8, "Begins → valid_from"): "16/16/2020",
        (8, "Declared + Begins → status_history"): "03/15/2020 · 16/16/2020",
        (8, "Policy type → topics"): "Frontier ajar",
        (9, "Begins → valid_from"): "03/16/2020",
        (10, ""): "X-6 | Peru",
    }
    good = run(vocabulary, foreign_csv(*bad), mapping=MAPPING, skip_refused=True)
    assert (good.new, good.refused) == (3, 3)


def test_refused_rows_keep_columns_that_the_mapping_needs_whatever_their_names(vocabulary: Path) -> None:
    text = "country,kind,title_en,problem,Remedy,row\nPER,law,A title,Many people came,Nobody,7\n"
    uses = {"country": "country", "kind": "kind", "title_en": "title_en", "problem": "summary_en", "row": "reference"}
    mapping = Mapping(tuple(Use(source, target) for source, target in uses.items()))
    path = vocabulary / "theirs.csv"
    for times in ("first", "again"):
        path.write_text(text.replace("law", "nothing"), encoding="utf-8")
        with compared(path, MeasureResource, by=system_account(), mapping=mapping) as found:
            header, (*cells, line, column, _problem, _remedy) = failed_rows(found.table, refusals())
        assert header == ["country", "kind", "title_en", "problem", "row", "row", "column", "problem", "remedy"], times
        assert (cells, line, column) == (["PER", "nothing", "A title", "Many people came", "7"], "2", "kind → kind")
        text = f"{','.join(header)}\n{','.join([*cells, line, column, 'told', 'do'])}\n"


def test_pieces_of_several_columns_become_one_cell(vocabulary: Path) -> None:
    table = "land;status;since;head;tail;more\nPeru;in_operation;16/03/2020;One;two;Three\nPeru;in_operation;;;four;\n"
    uses = [
        ("land", "country"),
        ("status", "status_history:status"),
        ("since", "status_history:date"),
        ("head", "title_en"),
        ("tail", "title_en"),
        ("head", "summary_en"),
        ("more", "summary_en"),
    ]
    mapping = Mapping(
        tuple(Use(source, target, dates="dmy") for source, target in uses),
        {"kind": "unspecified", "summary_en": "Nothing is known.", "topics": "health.access|border.closure"},
    )
    assert run(vocabulary, table, mapping=mapping).problems == []
    found = Measure.objects.order_by("public_id")
    assert [(m.title_en, m.summary_en) for m in found] == [("One: two", "One\n\nThree"), ("four", "Nothing is known.")]
    assert [str(event.date) for m in found for event in m.status_events.all()] == ["2020-03-16", "None"]
    assert {term.key for term in found[0].topics.all()} == {"health.access", "border.closure"}


# The page


def _upload(client: Client, text: str, **data: str) -> Any:
    file = SimpleUploadedFile("theirs.csv", text.encode(), "text/csv")
    return client.post(UPLOAD, {"file_type": "measures", "file": file, **data}, follow=True)


def _sent(page: Any) -> dict[str, str]:
    """What a browser would send from the mapping page as it is."""
    text = page.content.decode()
    form = text[text.index('id="mapping_form"') :]
    data = dict(re.findall(r'<input type="hidden" name="(had-[^"]+)" value="([^"]*)"', form))
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"\s+selected', options)
        data[name] = chosen[1] if chosen else ""
    return data | dict.fromkeys(re.findall(r'<input type="checkbox"\s+name="([^"]+)"\s+checked', form), "on")


def _with_words(page: Any, data: dict[str, str]) -> dict[str, str]:
    """The same with the meanings of WORDS."""
    labels = re.findall(r'<label for="(value-[^"]+)">(.*?) <small>', page.content.decode())
    return data | {name: WORDS[word] for name, word in labels if word in WORDS}


def test_page_takes_a_foreign_file_from_upload_to_records_and_keeps_its_mapping(vocabulary: Path) -> None:
    client = signed_in(factories.user(group="analyst"))
    page = _upload(client, foreign_csv())
    upload = FileImport.objects.get()
    assert upload.state == ImportState.UNMAPPED
    data = _sent(page) | {"to-0-0": "external_ids:elsewhere", "to-5-0": "status_history:announced", "to-3-0": "topics"}
    data |= {"to-6-1": "status_history:in_operation", "map": "on", "name": " Their collection "}
    asked = client.post(upload.get_absolute_url(), data)
    assert "Say what these words mean" in asked.content.decode()
    data = _with_words(asked, _sent(asked)) | {"map": "on", "name": " Their collection "}
    worded = [name for name, key in data.items() if name.startswith("had") and key in ("target_groups", "topics")]
    data |= dict.fromkeys((name.replace("had", "drop") for name in worded), "on")
    preview = client.post(upload.get_absolute_url(), data, follow=True).content.decode()
    assert re.findall(r"<b>(\d+)</b> (\w+)", preview)[:4] == [
        *[("3", "New"), ("0", "Changed"), ("0", "Unchanged"), ("0", "Refused")],
    ]
    assert "Mapping: Their collection." in preview
    client.post(upload.get_absolute_url(), data)  # sent once more from the page of before
    assert not Measure.objects.exists()
    client.post(upload.get_absolute_url(), {"confirm": "on"})
    first = Measure.objects.get(external_ids__key="X-1")
    assert (first.title_en, [g.key for g in first.target_groups.all()]) == ("The land border is closed", ["visitors"])
    kept = FileMapping.objects.get()
    assert (kept.name, kept.file_type, FileImport.objects.get().mapping_name) == (
        *["Their collection", "measures"],
        kept.name,
    )
    again = _upload(client, foreign_csv())
    assert "Filled in by the mapping “Their collection”." in again.content.decode()
    found = client.post(again.request["PATH_INFO"], _sent(again) | {"map": "on"}, follow=True).content.decode()
    assert "<b>3</b> Unchanged" in found
    assert kept.mapping == FileImport.objects.order_by("-pk")[0].mapping


@pytest.mark.parametrize(("group", "may_add"), [("editor", True), ("analyst", False)])
def test_page_leads_to_the_form_of_a_missing_data_set(vocabulary: Path, group: str, may_add: bool) -> None:
    page = _upload(signed_in(factories.user(group=group)), "id,nation,what\nR_1,Peru,A decree\n").content.decode()
    assert "For keys of one data set, choose it; add it if it is missing." in page
    assert ('<a href="/admin/measures/dataset/add/" target="_blank">' in page) == may_add


def test_mapping_can_be_changed_after_the_preview_and_deleted(vocabulary: Path) -> None:
    client = signed_in(factories.user(group="analyst"))
    _upload(client, csv_text([MEASURE | {"topics": "Border closure"}]))
    upload = FileImport.objects.get()
    assert (upload.state, upload.refused) == (ImportState.READY, 1)
    page = client.post(upload.get_absolute_url(), {"map_again": "on"}, follow=True)
    client.post(upload.get_absolute_url(), _sent(page) | {"map": "on", "name": "Ours in words"})
    upload.refresh_from_db()
    assert (upload.state, upload.new, upload.refused) == (ImportState.READY, 1, 0)
    client.post(upload.get_absolute_url(), {"map_again": "on"})
    kept = FileMapping.objects.get().pk
    for saved, name in ((str(kept), "Ours in words"), ("", "")):  # what is filled in by a guess overwrites no mapping
        filled = client.post(upload.get_absolute_url(), {"load": "on", "saved": saved, "name": "Ours in words"})
        assert f'name="name" id="mapping_name" maxlength="100" value="{name}"' in filled.content.decode()
    gone = client.post(upload.get_absolute_url(), {"forget": "on", "saved": str(FileMapping.objects.get().pk)})
    assert "The mapping “Ours in words” is deleted." in gone.content.decode()
    assert not FileMapping.objects.exists()
    client.post(upload.get_absolute_url(), {"cancel": "on"})
    upload.refresh_from_db()
    assert upload.state == ImportState.CANCELLED


def test_mapping_without_needed_columns_is_told_on_its_page(vocabulary: Path) -> None:
    client = signed_in(factories.user(group="analyst"))
    _upload(client, foreign_csv())
    upload = FileImport.objects.get()
    sent = {"map": "on", "to-4-0": "title_en"}
    page = client.post(upload.get_absolute_url(), sent).content.decode()
    assert "It needs at least these columns: public_id or external_ids or country + kind." in page
    upload.refresh_from_db()
    assert upload.state == ImportState.UNMAPPED


def test_command_reads_by_a_kept_mapping(vocabulary: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = vocabulary / "theirs.csv"
    path.write_text(foreign_csv(), encoding="utf-8")
    with pytest.raises(CommandError, match=r"There is no mapping “Theirs” for measures\. There are: none\."):
        call_command("import_file", "measures", str(path), mapping="Theirs")
    FileMapping.objects.create(
        file_type="measures", name="Theirs", mapping=MAPPING.to_json(), saved_by=factories.user(group="analyst")
    )
    call_command("import_file", "measures", str(path), mapping="Theirs")
    assert "3 new, 0 changed, 0 unchanged" in capsys.readouterr().out
    assert FileImport.objects.get().mapping_name == "Theirs"
    path.write_text("other,table\n1,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="lacks columns that its mapping names: affected people, begins"):
        call_command("import_file", "measures", str(path), mapping="Theirs")


@pytest.mark.parametrize("text", ["Dear all,\nhere they are\n", "one\n2\n", "a,b\n", ""])
def test_text_without_a_table_is_not_mapped(vocabulary: Path, text: str) -> None:
    path = vocabulary / "text.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileProblem, match="There is no table"):
        foreign_table(path)


# Columns and templates


def test_import_page_lists_the_columns_of_each_file(
    vocabulary: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    editor = factories.editor()
    client = signed_in(editor)
    client.get(UPLOAD)
    with django_assert_max_num_queries(24):
        page = client.get(UPLOAD).content.decode()
    assert re.findall(r"<summary>[^<(]*\((\w+)\.csv\)", page) == [name for name, _label in importable(editor)]
    found = {column.name: column for column in columns_in_words(MeasureResource)}
    assert found["kind"].is_required
    assert found["kind"].form.startswith("one of: constitutional_reform, law,")
    assert (found["public_id"].is_key, found["public_id"].is_required) == (True, False)
    assert {name for name, column in found.items() if column.is_read_only} == {
        *("status", "workflow", "url", "updated_at", "state", "in_force_from", "in_force_until"),
        *("date_first", "date_last", "date_precision", "introduced", "enacted"),
    }
    for resource in resources().values():
        assert [each.name for each in columns_in_words(resource) if not each.meaning] == []


def test_templates_can_be_imported_as_they_are(vocabulary: Path) -> None:
    factories.draft()
    editor = signed_in(factories.editor())
    text = editor.get("/admin/foundation/fileimport/template/measures.csv")
    rows = list(csv.reader(io.StringIO(content_of(text).decode("utf-8-sig"))))
    assert rows == template(MeasureResource)
    for name in ("sources", "measures", "topics", "target_groups", "issuing_bodies"):
        lines = template(resources()[name])
        report = run(vocabulary, csv_text([dict(zip(*lines, strict=True))]), name)
        assert (name, report.problems, report.new + report.changed) == (name, [], 1)
    sheet = editor.get("/admin/foundation/fileimport/template/topics.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(content_of(sheet)))
    found = [[cell or "" for cell in line] for line in book.active.iter_rows(values_only=True)]
    assert found == template(resources()["topics"])
    assert editor.get("/admin/foundation/fileimport/template/nothing.csv").status_code == 404
    assert (
        signed_in(factories.user(group="analyst")).get("/admin/foundation/fileimport/template/topics.csv").status_code
        == 403
    )
