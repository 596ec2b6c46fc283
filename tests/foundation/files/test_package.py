"""All files as one data package: what it says of them, the same bytes every time, and there and back."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import frictionless
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from foundation.accounts import system_account
from foundation.files.importing.package import PackageProblem, import_package
from foundation.files.package.describing import DESCRIPTION
from foundation.files.package.writing import archive, write_folder
from foundation.files.resources import resources
from measures.choices import Workflow
from measures.models import Citation, Measure, Relation, StatusEvent
from tests import factories
from tests.csv_files import csv_text
from tests.package_round_trip import through_formats
from tests.random_records import Records, clear

pytestmark = pytest.mark.django_db


def _bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _take(folder: Path) -> list[tuple[int, int, int]]:
    """New, changed and unchanged rows of each file of a package that is imported."""
    report = import_package(folder, by=system_account(), is_operator=True)
    return [(file.new, file.changed, file.unchanged) for file in report.files]


@pytest.mark.parametrize("seed", range(2))
def test_random_records_come_back_byte_for_byte(tmp_path: Path, seed: int) -> None:
    Records(seed, 100).make()
    write_folder(tmp_path / "first")
    first = _bytes_in(tmp_path / "first")
    assert set(first) == {DESCRIPTION, *(f"{name}.csv" for name in resources())}
    assert all(content.count(b"\n") > 1 for content in first.values())
    clear()
    assert not Measure.objects.exists()
    _take(tmp_path / "first")
    write_folder(tmp_path / "second")
    assert _bytes_in(tmp_path / "second") == first


def test_other_formats_have_the_same_cells_and_change_nothing(tmp_path: Path) -> None:
    Records(12, 30).make()
    assert through_formats(tmp_path) == []


def test_own_package_changes_nothing(tmp_path: Path) -> None:
    Records(11, 60).make()
    write_folder(tmp_path)
    models = (Measure, StatusEvent, Relation, Citation)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    assert {counts[:2] for counts in _take(tmp_path)} == {(0, 0)}
    assert [list(model.objects.order_by("pk").values()) for model in models] == before


def test_archive_has_the_files_of_the_folder_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    factories.measure(title_en="Año")
    write_folder(tmp_path)
    content = b"".join(archive())
    assert b"".join(archive()) == content
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        assert zipped.testzip() is None
        assert {name: zipped.read(name) for name in zipped.namelist()} == _bytes_in(tmp_path)
        assert zipped.namelist() == [DESCRIPTION, *(f"{name}.csv" for name in resources())]


def test_archive_is_imported_whatever_folder_it_has_inside(tmp_path: Path) -> None:
    measure = factories.measure(title_en="Año")
    write_folder(tmp_path / "package")
    clear()
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as zipped:
        for path in sorted((tmp_path / "package").iterdir()):
            zipped.write(path, f"package/{path.name}")
    _take(tmp_path / "package.zip")
    assert Measure.objects.get().public_id == measure.public_id


def test_states_and_a_retired_record_with_its_successor_survive(tmp_path: Path) -> None:
    for workflow in Workflow:
        factories.measure(workflow=workflow, title_en=workflow.value)
    retired = factories.measure(workflow="retired", reference="N° 1-2020", kind="law", title_en="Old")
    successor = factories.measure(reference="N° 1-2020", kind="law", title_en="New")
    write_folder(tmp_path)
    clear()
    _take(tmp_path)
    found = dict(Measure.objects.values_list("title_en", "workflow"))
    assert found == {**{state.value: state.value for state in Workflow}, "Old": "retired", "New": "published"}
    assert set(Measure.objects.filter(reference="N° 1-2020").values_list("public_id", flat=True)) == {
        retired.public_id,
        successor.public_id,
    }
    public = Measure.objects.exclude(published_at=None).values_list("workflow", flat=True)
    assert set(public) == {"published", "retired"}


def test_state_of_a_record_that_exists_stays(tmp_path: Path) -> None:
    measure = factories.draft()
    write_folder(tmp_path)
    Measure.objects.filter(pk=measure.pk).update(workflow="in_review")
    assert {counts[:2] for counts in _take(tmp_path)} == {(0, 0)}
    assert Measure.objects.get().workflow == "in_review"


def test_changed_cells_of_published_records_are_written(tmp_path: Path) -> None:
    factories.measure(title_en="Before")
    write_folder(tmp_path)
    path = tmp_path / "measures.csv"
    path.write_bytes(path.read_bytes().replace(b"Before", b"After"))
    call_command("import_package", str(tmp_path), dry_run=True)
    assert Measure.objects.get().title_en == "Before"
    call_command("import_package", str(tmp_path))
    assert Measure.objects.get().title_en == "After"


def test_published_record_without_a_source_is_refused(tmp_path: Path) -> None:
    factories.measure()
    write_folder(tmp_path)
    (row,) = csv.DictReader(io.StringIO((tmp_path / "measures.csv").read_text(encoding="utf-8")))
    (tmp_path / "measures.csv").write_text(csv_text([row | {"sources": ""}]), encoding="utf-8")
    citations = tmp_path / "citations.csv"
    citations.write_bytes(citations.read_bytes().splitlines(keepends=True)[0])
    clear()
    with pytest.raises(PackageProblem) as refusal:
        _take(tmp_path)
    assert refusal.value.file == "measures.csv"
    assert refusal.value.report
    assert [(problem.column, problem.remedy) for problem in refusal.value.report.problems] == [
        ("sources", "It has no source.")
    ]


def test_published_record_whose_citations_are_not_in_the_package_is_refused(tmp_path: Path) -> None:
    public_id = factories.measure().public_id
    write_folder(tmp_path)
    citations = tmp_path / "citations.csv"
    citations.write_bytes(citations.read_bytes().splitlines(keepends=True)[0])
    clear()
    words = f"citations.csv has no source of these published records: {public_id}."
    with pytest.raises(CommandError, match=f"measures.csv: {words}"):
        call_command("import_package", str(tmp_path))
    assert not Measure.objects.exists()


def test_unknown_workflow_state_is_refused(tmp_path: Path) -> None:
    factories.measure()
    write_folder(tmp_path)
    path = tmp_path / "measures.csv"
    path.write_bytes(path.read_bytes().replace(b",published,", b",publishd,"))
    clear()
    with pytest.raises(PackageProblem) as refusal:
        _take(tmp_path)
    assert refusal.value.file == "measures.csv"
    assert refusal.value.report
    assert [(problem.column, problem.value) for problem in refusal.value.report.problems] == [("workflow", "publishd")]


def test_refused_file_takes_back_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    factories.measure()
    write_folder(tmp_path)
    path = tmp_path / "status_events.csv"
    path.write_bytes(path.read_bytes().replace(b"in_force", b"inforce"))
    clear()
    with pytest.raises(CommandError, match=r"status_events\.csv was refused, so nothing was imported"):
        call_command("import_package", str(tmp_path))
    assert "row 2, status “inforce”: " in capsys.readouterr().err
    assert not Measure.objects.exists()


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        (lambda folder: (folder / "citations.csv").unlink(), "measures.csv without citations.csv"),
        (lambda folder: (folder / "sourcs.csv").write_text("key\n"), "sourcs.csv: .*Did you mean “sources”"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], "no files of a package here"),
    ],
)
def test_folder_that_is_no_package_is_refused(tmp_path: Path, spoiled: Callable[[Path], object], words: str) -> None:
    write_folder(tmp_path)
    spoiled(tmp_path)
    with pytest.raises(CommandError, match=words):
        call_command("import_package", str(tmp_path))


def test_archives_that_cannot_be_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    path.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(CommandError, match="no ZIP archive, or a damaged one"):
        call_command("import_package", str(path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("sources.csv", "x" * 1_000_000)
    with pytest.raises(PackageProblem) as refusal:
        import_package(path, by=system_account(), is_operator=True, most_unpacked=900_000)
    assert refusal.value.problem
    assert "larger than 0 MB" in refusal.value.problem.problem
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_package", str(tmp_path / "nowhere.zip"))


def test_description_names_types_keys_and_references(tmp_path: Path) -> None:
    factories.site(name_en="An observatory")
    measure = factories.measure()
    factories.event(measure=measure, status="repealed", recorded_on="2021-05-29")
    StatusEvent.objects.update(recorded_on="2021-05-29")
    write_folder(tmp_path)
    found = json.loads((tmp_path / DESCRIPTION).read_text())
    assert (found["title"], found["licenses"][0]["name"], found["created"]) == (
        "An observatory", "CC-BY-4.0", "2021-05-29T00:00:00Z",
    )  # fmt: skip
    files = {file["name"]: file["schema"] for file in found["resources"]}
    assert list(files) == list(resources())
    assert files["measures"]["primaryKey"] == ["public_id"]
    assert files["relations"]["foreignKeys"] == [
        {"fields": side, "reference": {"resource": "measures", "fields": "public_id"}} for side in ("subject", "object")
    ]
    assert {"fields": "parent", "reference": {"resource": "", "fields": "key"}} in files["topics"]["foreignKeys"]
    types = {(name, field["name"]): field["type"] for name, schema in files.items() for field in schema["fields"]}
    wanted = {
        ("measures", "valid_from"): "string",
        ("measures", "checked_on"): "date",
        ("countries", "is_covered"): "boolean",
        ("observations", "value"): "number",
        ("status_events", "position"): "integer",
    }
    assert {key: types[key] for key in wanted} == wanted
    for name, schema in files.items():
        header = (tmp_path / f"{name}.csv").read_text().partition("\n")[0]
        assert [field["name"] for field in schema["fields"]] == header.split(","), name


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_package_is_one_state() -> None:
    factories.measure(title_en="First")
    blocks = archive()
    begun = [next(blocks)]
    with ThreadPoolExecutor(1) as others:
        others.submit(_change_titles).result()
    with zipfile.ZipFile(io.BytesIO(b"".join([*begun, *blocks]))) as zipped:
        assert b"First" in zipped.read("measures.csv")


def _change_titles() -> None:
    Measure.objects.update(title_en="Changed")
    connection.close()


def test_package_is_valid_for_frictionless(tmp_path: Path) -> None:
    Records(5, 60).make()
    write_folder(tmp_path)
    report = frictionless.validate(str(tmp_path / DESCRIPTION))
    assert report.flatten(["name", "rowNumber", "fieldName", "type", "message"]) == []
    assert report.valid
    assert len(report.tasks) == len(resources())
    path = tmp_path / "citations.csv"
    path.write_bytes(path.read_bytes().replace(b"source-1,", b"source-none,"))
    found = frictionless.validate(str(tmp_path / DESCRIPTION)).flatten(["type"])
    assert {kind for (kind,) in found} == {"foreign-key"}
