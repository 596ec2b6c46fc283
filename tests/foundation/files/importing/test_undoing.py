"""An import is undone as one action, as long as nobody has changed its records since."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.accounts import system_account
from foundation.files.importing import undoing
from foundation.files.models import FileImport
from foundation.files.package.writing import write_folder
from foundation.records.audit import AuditEntry
from foundation.records.changes import acts_on
from measures.models import Citation, ExternalId, Measure, Relation, Source, StatusEvent, Topic
from tests import factories
from tests.background_work import while_saving
from tests.csv_files import MEASURE, csv_text, export, run

pytestmark = pytest.mark.django_db
in_transactions_of_their_own = pytest.mark.django_db(transaction=True, serialized_rollback=True)
"""Within one transaction, time stands still, and everything belongs to the import."""


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    factories.country()
    factories.topic()
    factories.data_set()


def _imported(folder: Path, rows: list[dict[str, str]], file: str = "measures", **options: Any) -> FileImport:
    path = folder / f"{file}.csv"
    path.write_text(csv_text(rows), encoding="utf-8")
    call_command("import_file", file, path, **options)
    return FileImport.objects.latest("pk")


def _undo(made: FileImport, by: Any = None) -> None:
    undoing.undo(made, by=by or system_account())


WHOLE = MEASURE | {
    "reference": "1",
    "external_ids": "coronanet/R_1",
    "relations": "",
    "target_groups": "",
    "origin_countries": "PER",
}


def test_undo_deletes_what_is_new_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = export(with_local=False)
    rows = [WHOLE, WHOLE | {"reference": "2", "external_ids": "coronanet/R_2", "relations": "extends:coronanet/R_1"}]
    made = _imported(tmp_path, rows)
    assert Relation.objects.count() == 1
    _undo(made)
    assert export(with_local=False) == before
    for model in (Measure, StatusEvent, Relation, Citation, ExternalId, Source):
        assert not model.objects.exists(), model
    made.refresh_from_db()
    assert made.undone_by == system_account()
    entry = AuditEntry.objects.get(act="deleted")
    assert (entry.about, entry.note) == ("measures.csv", f"FileImport {made.pk}: measures.Measure 2")
    assert factories.measure().public_id == "PER-00003"


def test_undo_gives_back_what_was_changed_with_its_parts(tmp_path: Path) -> None:
    run(tmp_path, [WHOLE, WHOLE | {"reference": "2", "external_ids": "", "relations": ""}])
    first, second = Measure.objects.order_by("public_id")
    StatusEvent.objects.filter(measure=first).update(note="by article 9")
    before, version = export(with_local=False), first.record_version
    changed = {
        "public_id": first.public_id,
        "kind": first.kind,
        "title_en": "Another",
        "topics": "",
        "status_history": "in_force@2020-05|expired@2020-06",
        "sources": "https://gazette.example/2",
        "external_ids": "",
        "relations": f"extends:{second.public_id}",
        "origin_countries": "",
    }
    made = _imported(tmp_path, [changed])
    assert export(with_local=False) != before
    _undo(made)
    assert export(with_local=False) == before
    first.refresh_from_db()
    assert (first.status, first.primary_topic, first.updated_by) == ("enacted", Topic.objects.get(key="health.access"),
        system_account())  # fmt: skip
    assert first.record_version == version + 2
    assert StatusEvent.objects.get(measure=first).note == "by article 9"
    assert acts_on(first)[0].note == "import of measures.csv undone"


def test_undo_takes_back_a_publication(tmp_path: Path) -> None:
    run(tmp_path, [WHOLE])
    made = _imported(tmp_path, [WHOLE | {"title_en": "A decree, amended"}], publish=True)
    assert Measure.objects.get().workflow == "published"
    _undo(made)
    assert (Measure.objects.get().workflow, Measure.objects.get().title_en) == ("draft", "A decree")


@in_transactions_of_their_own
def test_records_that_were_changed_since_are_listed_and_nothing_is_undone(tmp_path: Path) -> None:
    made = _imported(tmp_path, [WHOLE, WHOLE | {"reference": "2", "external_ids": "", "title_en": "Second"}])
    first = Measure.objects.get(reference="1")
    first.title_en = "By hand"
    first.save()
    assert [(later.pk, later.label) for later in undoing.deed_of(made).changed_since()] == [(str(first.pk), str(first))]
    with pytest.raises(undoing.CannotUndo, match=r"changed since: PER-0000[0-9] By hand"):
        _undo(made)
    assert Measure.objects.count() == 2


@in_transactions_of_their_own
def test_record_that_somebody_saves_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    made = _imported(tmp_path, [WHOLE])
    error = while_saving(lambda: Measure.objects.update(title_en="By hand"), lambda: _undo(made))
    assert isinstance(error, undoing.CannotUndo)
    assert "By hand" in str(error)
    assert Measure.objects.get().title_en == "By hand"


@in_transactions_of_their_own
@pytest.mark.parametrize("part", ["citation", "naming"])
def test_parts_and_relations_that_were_added_since_stand_against_it(tmp_path: Path, part: str) -> None:
    made = _imported(tmp_path, [WHOLE])
    measure = Measure.objects.get()
    if part == "citation":
        Citation.objects.create(measure=measure, source=factories.source(url="https://a.example/later"))
    else:
        factories.relation(subject=factories.draft(title_en="Later"), object=measure)
    assert [later.pk for later in undoing.deed_of(made).changed_since()] == [str(measure.pk)]


@in_transactions_of_their_own
def test_source_that_another_entry_has_come_to_cite_stays(tmp_path: Path) -> None:
    made = _imported(tmp_path, [WHOLE])
    source = Source.objects.get()
    other = factories.draft(title_en="Another", sources=(source,))
    _undo(made)
    assert list(Measure.objects.all()) == [other]
    assert list(Source.objects.all()) == [source]


@in_transactions_of_their_own
def test_source_that_somebody_has_changed_since_stays(tmp_path: Path) -> None:
    made = _imported(tmp_path, [WHOLE])
    Source.objects.update(title="Of the gazette")
    _undo(made)
    assert [source.title for source in Source.objects.all()] == ["Of the gazette"]


def test_import_is_undone_once_and_the_next_one_counts(tmp_path: Path) -> None:
    first = _imported(tmp_path, [WHOLE])
    second = _imported(tmp_path, [WHOLE | {"title_en": "A decree, amended"}])
    with pytest.raises(undoing.CannotUndo, match="changed since"):
        _undo(first)
    _undo(second)
    with pytest.raises(undoing.CannotUndo, match="already been undone"):
        _undo(second)


def test_vocabulary_can_be_undone(tmp_path: Path) -> None:
    before = Topic.objects.count()
    terms = [
        {"key": "water", "parent": "", "label_en": "Water", "label_es": "Agua", "label_pt": "Água"},
        {
            "key": "water.rights",
            "parent": "water",
            "label_en": "Rights",
            "label_es": "Derechos",
            "label_pt": "Direitos",
        },
    ]
    made = _imported(tmp_path, terms, "topics")
    assert [str(record) for record in undoing.deed_of(made).records(Topic)] == ["Water", "Rights"]
    _undo(made)
    assert Topic.objects.count() == before


def test_analyst_undoes_only_drafts_of_imports_of_their_own(tmp_path: Path) -> None:
    analyst = factories.analyst()
    own = _imported(tmp_path, [WHOLE], by=analyst.username)
    other = _imported(tmp_path, [WHOLE | {"reference": "2", "external_ids": "", "title_en": "Second"}])
    with pytest.raises(PermissionDenied):
        _undo(other, analyst)
    _undo(own, analyst)
    public = _imported(tmp_path, [WHOLE], publish=True)
    with pytest.raises(PermissionDenied):
        _undo(public, analyst)
    _undo(public, factories.editor())


def test_command_undoes_by_number(tmp_path: Path, capsys: Any) -> None:
    made = _imported(tmp_path, [WHOLE])
    assert f"To undo it: manage.py undo_import {made.pk}" in capsys.readouterr().out
    call_command("undo_import", str(made.pk))
    assert f"Import {made.pk} of measures.csv was undone." in capsys.readouterr().out
    for number in (made.pk, 0):
        with pytest.raises(CommandError):
            call_command("undo_import", str(number))


@in_transactions_of_their_own
def test_package_is_undone_with_what_it_changed_unless_that_was_changed_since(tmp_path: Path) -> None:
    run(tmp_path, [WHOLE])
    write_folder(tmp_path / "first")
    topic = Topic.objects.get(key="health.access")
    Topic.objects.filter(pk=topic.pk).update(label_en="Another label")
    Measure.objects.update(title_en="By hand")
    Citation.objects.all().delete()
    write_folder(tmp_path / "before")
    call_command("import_package", tmp_path / "first")
    made = FileImport.objects.latest("pk")
    changed = {file["file"] for file in made.files if file["new"] or file["changed"]}
    assert changed == {"topics", "measures"}
    with CaptureQueriesContext(connection) as queries:
        _undo(made)
    noted = [query for query in queries if "into was_public" in query["sql"]]
    assert len(noted) == 3  # names of countries, entries and sources, however many of its files may withdraw some
    write_folder(tmp_path / "after")
    times = re.compile(rb"2[0-9]{3}-[0-9-]+T[0-9:.Z]+")
    for path in (tmp_path / "before").iterdir():
        assert times.sub(b"", (tmp_path / "after" / path.name).read_bytes()) == times.sub(b"", path.read_bytes())
    call_command("import_package", tmp_path / "first")
    Topic.objects.filter(pk=topic.pk).update(label_es="Otra etiqueta")
    with pytest.raises(undoing.CannotUndo, match="changed since: Access"):
        _undo(FileImport.objects.latest("pk"))
