"""Choices of an import: without the refused rows, with the rows older than their records."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from foundation.files.importing.reading import FileProblem
from foundation.files.models import FileImport
from foundation.records.changes import acts_on
from measures.models import Measure, Relation
from tests import factories
from tests.csv_files import MEASURE, counts, csv_text, export, run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    factories.country()
    factories.topic()
    factories.data_set()


def row(number: int, **cells: str) -> dict[str, str]:
    """A row of an act with that number."""
    cells = {"external_ids": f"coronanet/{number}", "relations": ""} | cells
    return MEASURE | {"reference": str(number), "title_en": f"Act {number}"} | cells


def _import(folder: Path, rows: list[dict[str, str]], capsys: Any = None, **options: Any) -> str:
    path = folder / "mine.csv"
    path.write_text(csv_text(rows), encoding="utf-8")
    call_command("import_measures", path, **options)
    return str(capsys.readouterr().out) if capsys else ""


# Without the refused rows


def test_good_rows_go_in_and_the_mended_file_completes_them(tmp_path: Path) -> None:
    rows = [
        row(1),
        row(2, kind="decre", relations="amends:coronanet/1"),
        row(3, relations="extends:coronanet/2"),
        row(4, relations="extends:coronanet/3"),
        row(5, relations="extends:coronanet/1"),
    ]
    errors = tmp_path / "errors.csv"
    _import(tmp_path, rows, skip_refused=True, errors=errors)
    assert sorted(Measure.objects.values_list("reference", flat=True)) == ["1", "5"]
    refused = list(csv.DictReader(io.StringIO(errors.read_text(encoding="utf-8-sig"))))
    assert [(r["row"], r["column"]) for r in refused] == [("3", "kind"), ("4", "relations"), ("5", "relations")]
    assert refused[1]["problem"] == "It names the record of row 3, which is refused."
    mended = tmp_path / "mended.csv"
    mended.write_text(errors.read_text(encoding="utf-8-sig").replace("decre,", "law,").replace('"decre"', "law"))
    call_command("import_measures", mended)
    assert Measure.objects.count() == 5
    named = Relation.objects.values_list("subject__reference", "type", "object__reference")
    assert sorted(named) == [("2", "amends", "1"), ("3", "extends", "2"), ("4", "extends", "3"), ("5", "extends", "1")]
    assert counts(run(tmp_path, [r | {"kind": "law"} if r["kind"] == "decre" else r for r in rows])) == (0, 0, 5, 0)


def test_row_that_names_a_record_that_is_there_is_not_held_back(tmp_path: Path) -> None:
    run(tmp_path, [row(1)])
    report = run(tmp_path, [row(1, kind="decre"), row(2, relations="extends:coronanet/1")], skip_refused=True)
    assert (counts(report), report.is_applied) == ((1, 0, 0, 1), True)


def test_refused_row_refuses_all_without_the_choice(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="1 row was refused, so nothing was imported"):
        _import(tmp_path, [row(1), row(2, kind="decre")])
    assert not Measure.objects.exists()


def test_term_below_a_refused_one_is_held_back(tmp_path: Path) -> None:
    terms = [
        {"key": "water", "parent": "", "label_en": "x" * 10_000, "label_es": "Agua", "label_pt": "Água"},
        {"key": "water.rights", "parent": "water", "label_en": "Rights", "label_es": "a", "label_pt": "b"},
        {"key": "fire", "parent": "", "label_en": "Fire", "label_es": "Fuego", "label_pt": "Fogo"},
    ]
    report = run(tmp_path, terms, "topics", skip_refused=True)
    assert (counts(report), [p.row for p in report.problems]) == ((1, 0, 0, 2), [2, 3])


def test_file_that_ends_in_the_middle_is_not_imported_in_part(tmp_path: Path) -> None:
    content = csv_text([row(1), row(2)]) + '"PER'
    with pytest.raises(FileProblem, match="cannot be read after this row"):
        run(tmp_path, content, skip_refused=True)
    assert not Measure.objects.exists()


# Rows older than their records


def _exported_before_an_edit() -> str:
    """The file of a record that somebody has edited since."""
    measure = factories.draft(title_en="Before")
    content = export()
    Measure.objects.filter(pk=measure.pk).update(title_en="By hand", updated_at=timezone.now() + timedelta(seconds=5))
    return content


def test_older_row_leaves_the_record_alone_unless_chosen(tmp_path: Path) -> None:
    content = _exported_before_an_edit()
    report = run(tmp_path, content)
    assert (counts(report), report.older) == ((0, 0, 0, 0), 1)
    assert Measure.objects.get().title_en == "By hand"
    report = run(tmp_path, content, take_older=True)
    assert (counts(report), report.older) == ((0, 1, 0, 0), 0)
    assert Measure.objects.get().title_en == "Before"


def test_row_that_a_program_has_cut_to_the_second_is_not_older(tmp_path: Path) -> None:
    measure = factories.draft(title_en="Before")
    for told in (f"{measure.updated_at:%Y-%m-%d %H:%M:%S}", f"{measure.updated_at:%Y-%m-%d}", "", "last week"):
        report = run(tmp_path, [{"public_id": measure.public_id, "title_en": f"At {told}", "updated_at": told}])
        assert (report.changed, report.older) == (1, 0)
        Measure.objects.update(updated_at=measure.updated_at)
    early = run(tmp_path, [{"public_id": measure.public_id, "title_en": "x", "updated_at": "2019-01-01 00:00:00"}])
    assert (early.changed, early.older) == (0, 1)


def test_older_row_that_is_equal_is_unchanged(tmp_path: Path) -> None:
    content = _exported_before_an_edit()
    Measure.objects.update(title_en="Before")
    assert counts(run(tmp_path, content)) == (0, 0, 1, 0)


# What the command tells


def test_command_names_each_record_with_its_old_and_new_cells(tmp_path: Path, capsys: Any) -> None:
    run(tmp_path, [row(1)])
    public_id = Measure.objects.get().public_id
    changes = tmp_path / "changes.csv"
    told = _import(tmp_path, [row(1, title_en="Act 1, amended"), row(2)], capsys, dry_run=True, changes=changes)
    assert f"row 2, changed: {public_id} · Act 1\n    title_en: “Act 1” -> “Act 1, amended”\n" in told
    assert "row 3, new: Act 2\n" in told
    assert "    topics: “health.access”\n" in told
    written = list(csv.reader(io.StringIO(changes.read_text(encoding="utf-8-sig"))))
    assert written[1] == ["2", "changed", f"{public_id} · Act 1", "title_en", "Act 1", "Act 1, amended"]
    assert ["3", "new", "Act 2", "reference", "", "2"] in written


def test_command_tells_of_older_rows(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "old.csv"
    path.write_text(_exported_before_an_edit(), encoding="utf-8")
    call_command("import_measures", path)
    told = capsys.readouterr().out
    assert "older: PER-00001 · By hand" in told
    assert "1 older than their records and left alone" in told
    assert not FileImport.objects.exists()
    call_command("import_measures", path, older_too=True)
    assert Measure.objects.get().title_en == "Before"


def test_history_names_the_import(tmp_path: Path) -> None:
    _import(tmp_path, [row(1)])
    assert acts_on(Measure.objects.get())[0].note == "import of mine.csv"
