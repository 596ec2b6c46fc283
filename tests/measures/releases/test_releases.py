"""Releases: the same bytes for the same public data, never changed, nothing that is not public, and deltas that fit."""

import csv
import datetime
import hashlib
import io
import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import frictionless
import pghistory
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from countries.models import Observation
from foundation.days import day_of
from foundation.files.deltas import HEADER, apply
from foundation.files.package.public import public_kinds, public_lines
from foundation.records.models import Revision
from foundation.records.revisions import approve, approving
from measures.choices import Workflow
from measures.models import Citation, Measure, Release, StatusEvent, Topic
from measures.releases.differences import CHANGES, delta
from measures.releases.making import SUMS, make_release
from measures.releases.store import folder_of, new_folder
from tests import factories
from tests.random_records import Records
from tests.small_disks import fill, small_disk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def releases(settings: Settings, tmp_path: Path) -> Path:
    settings.RELEASES_DIR = tmp_path / "releases"
    return tmp_path / "releases"


def _bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _published(records: Records) -> Records:
    """The records in the database, most of them public."""
    records.make()
    now = {"published_by": records.by, "published_at": timezone.now()}
    Measure.objects.filter(workflow__in=["draft", "in_review"]).update(
        workflow="published", reviewed_by=records.by, reviewed_at=timezone.now(), **now
    )
    return records


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_release_has_the_public_data_as_csv_and_parquet_with_their_papers() -> None:
    _published(Records(3, 60))
    release, is_new = make_release("2026.1")
    folder = folder_of("2026.1")
    found = _bytes_in(folder)
    data = {f"{name}.{ending}" for name in public_kinds() for ending in ("csv", "parquet")}
    papers = {"README.md", "LICENSE.txt", "datacite.json", ".zenodo.json", "CITATION.cff", "croissant.json", SUMS}
    described = {"datapackage.json", "csv-metadata.json", "codebook.csv", "codebook.html", "crosswalks.csv", CHANGES}
    assert is_new
    assert set(found) == set(release.files) == data | papers | described
    assert found[SUMS].decode().splitlines() == [
        f"{hashlib.sha256(found[name]).hexdigest()}  {name}" for name in sorted(set(found) - {SUMS})
    ]
    assert {name: len(content) for name, content in found.items()} == {
        name: file["size"] for name, file in release.files.items()
    }
    for name in public_kinds():
        rows = _rows(found[f"{name}.csv"])
        table = pq.read_table(folder / f"{name}.parquet")
        assert table.num_rows == len(rows) == release.files[f"{name}.csv"]["rows"], name
        assert rows, name
        assert table.column_names == list(rows[0])
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.flatten(["name", "rowNumber", "fieldName", "type", "message"]) == []
    assert len(report.tasks) == len(public_kinds())


def test_same_public_data_give_the_same_bytes_and_change_nothing(releases: Path) -> None:
    factories.measure(title_en="Año", groups=("refugees",))
    make_release("2026.1")
    first = _bytes_in(folder_of("2026.1"))
    factories.draft(title_en="A draft changes nothing")
    out = io.StringIO()
    call_command("make_release", "2026.1", stdout=out)
    assert out.getvalue().startswith("2026.1: already made, with the same content; ")
    assert _bytes_in(folder_of("2026.1")) == first
    Measure.objects.filter(workflow="published").update(workflow_note="Neither does what is not public")
    make_release("2026.1")
    (folder_of("2026.1") / "measures.csv").write_bytes(b"damaged")
    make_release("2026.1")
    assert _bytes_in(folder_of("2026.1")) == first
    shutil.rmtree(releases)  # a lost folder comes back from the same data
    assert make_release("2026.1") == (Release.objects.get(), False)
    assert _bytes_in(folder_of("2026.1")) == first
    assert {path.name for path in releases.iterdir()} == {".lock", "2026.1"}


def test_release_is_never_made_again_with_another_content() -> None:
    measure = factories.measure(title_en="Before")
    make_release("2026.1")
    first = _bytes_in(folder_of("2026.1"))
    Measure.objects.filter(pk=measure.pk).update(title_en="After")
    with pytest.raises(CommandError, match=r"2026\.1 exists with another content.*measures\.csv.*such as 2026\.2"):
        call_command("make_release", "2026.1")
    assert _bytes_in(folder_of("2026.1")) == first
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Release.objects.update(name="2026.7")


@pytest.mark.parametrize("name", ["2026", "26.1", "2026.1\n", "2026.x", "../2026.1", "2026.٣", "2026.1234567", ""])
def test_name_of_a_release_is_a_year_and_a_number(releases: Path, name: str) -> None:
    factories.measure()
    with pytest.raises(CommandError, match="is no name of a release"):
        call_command("make_release", name)
    assert not releases.exists()


def test_releases_go_forward() -> None:
    factories.measure()
    make_release("2026.9")
    make_release("2026.10")
    with pytest.raises(
        CommandError, match=r"2026\.2 is not after 2026\.10, the newest release. The next one is 2026\.11"
    ):
        call_command("make_release", "2026.2")
    assert [release.name for release in Release.objects.all()] == ["2026.10", "2026.9"]


def test_day_of_a_release_is_never_before_that_of_the_release_before() -> None:
    factories.measure()
    first, _is_new = make_release("2026.1")
    later = first.moment + datetime.timedelta(days=1)  # the last change of which is no longer public
    Release.objects.create(name="2026.2", moment=later, public_version="", files=first.files)
    shutil.copytree(folder_of("2026.1"), folder_of("2026.2"))
    assert make_release("2026.3")[0].moment == later


def test_killed_or_full_disk_leaves_no_half_release(releases: Path, tmp_path: Path) -> None:
    factories.measure()
    (releases / ".part").mkdir(parents=True)
    (releases / ".part" / "measures.csv").write_text("half")
    (releases / "2026.1").mkdir()  # killed after the folder had its name, before the row was committed
    (releases / "2026.1" / "left.csv").write_text("behind")
    make_release("2026.1")
    assert "left.csv" not in _bytes_in(folder_of("2026.1"))
    assert (folder_of("2026.1") / "measures.csv").read_text() != "half"
    with small_disk(tmp_path / "disk") as disk, override_settings(RELEASES_DIR=disk):
        fill(disk)
        with pytest.raises(CommandError, match=r"No space left on device\. No release was made"):
            call_command("make_release", "2026.2")
        assert {path.name for path in disk.iterdir()} <= {"ballast", ".lock"}
    assert Release.objects.count() == 1


def test_complete_release_of_another_time_is_not_replaced(releases: Path) -> None:
    factories.measure()
    (releases / "2026.1").mkdir(parents=True)
    (releases / "2026.1" / SUMS).write_text("of a release that was made before the database was restored")
    with pytest.raises(CommandError, match="a complete release that the database does not know"):
        call_command("make_release", "2026.1")
    assert {path.name for path in releases.rglob("*")} == {".lock", "2026.1", SUMS}
    assert not Release.objects.exists()


def test_two_do_not_make_a_release_at_once(releases: Path) -> None:
    factories.measure()
    with new_folder(), pytest.raises(CommandError, match="Another process"):
        call_command("make_release", "2026.1")


def test_nothing_that_is_not_public_is_in_a_release() -> None:
    factories.measure(topics=("health.access",), groups=("refugees",))
    for workflow in Workflow:
        if workflow != Workflow.PUBLISHED:
            factories.measure(
                workflow=workflow,
                title_en="Secret zanahoria",
                topics=("zanahoria.topic",),
                groups=("zanahoria_group",),
                sources=(factories.source(title="Zanahoria"),),
                reference=f"N° 9-{workflow}-ZANAHORIA",
            )
    secret = factories.topic(key="zanahoria.next")
    Topic.objects.filter(key="health").update(deprecated_on="2020-01-01", replaced_by=secret)  # public as a parent
    factories.country(iso3="VEN", is_covered=False, summary_en="Zanahoria is not yet told")
    factories.feed(key="zanahoria", note="Zanahoria")
    make_release("2026.1")
    for name, content in _bytes_in(folder_of("2026.1")).items():
        told = content
        if name.endswith(".parquet"):
            told = str(pq.read_table(io.BytesIO(content)).to_pylist()).encode()
        place = told.lower().find(b"zanahoria")
        assert place < 0, (name, told[max(place - 80, 0) : place + 40])
    assert b"VEN,VE," in (folder_of("2026.1") / "countries.csv").read_bytes()


def test_papers_say_the_same_and_are_well_formed(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://observatory.example"
    factories.site(name_en='The "Law" Observatory: 100 %')
    factories.measure()
    release, _is_new = make_release("2026.1")
    found = _bytes_in(folder_of("2026.1"))
    address, day = "https://observatory.example/data/releases/2026.1/", str(day_of(release.moment))
    cited = dict(line.split(": ", 1) for line in found["CITATION.cff"].decode().splitlines() if ": " in line)
    assert {name: json.loads(text) for name, text in cited.items()} == {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        "title": "Measures, sources and figures, release 2026.1",
        "version": "2026.1",
        "date-released": day,
        "license": "CC-BY-4.0",
        "url": address,
        "  - name": 'The "Law" Observatory: 100 %',
    }
    datacite, zenodo, croissant, csvw, package = (
        json.loads(found[name])
        for name in ("datacite.json", ".zenodo.json", "croissant.json", "csv-metadata.json", "datapackage.json")
    )
    assert (datacite["version"], datacite["url"], datacite["dates"]) == (
        "2026.1", address, [{"date": day, "dateType": "Issued"}],
    )  # fmt: skip
    assert (zenodo["version"], zenodo["publication_date"], zenodo["license"]) == ("2026.1", day, "cc-by-4.0")
    assert (package["version"], package["created"][:10]) == ("2026.1", day)
    assert [table["url"] for table in csvw["tables"]] == [f"{name}.csv" for name in public_kinds()]
    for file in croissant["distribution"]:
        assert file["contentUrl"] == f"{address}{file['name']}"
        assert file["sha256"] == hashlib.sha256(found[file["name"]]).hexdigest()
    fields = [field["@id"] for table in croissant["recordSet"] for field in table["field"]]
    assert len(fields) == len(set(fields))
    assert {key["@id"] for table in croissant["recordSet"] for key in _listed(table["key"])} <= set(fields)
    for table in csvw["tables"]:
        header = found[table["url"]].decode().partition("\n")[0].split(",")
        assert [column["name"] for column in table["tableSchema"]["columns"]] == header
    codebook = {(row["part"], row["name"]) for row in _rows(found["codebook.csv"]) if row["kind"] == "field"}
    assert codebook == {
        (file["name"], field["name"]) for file in package["resources"] for field in file["schema"]["fields"]
    }
    assert all(row["definition"] for row in _rows(found["codebook.csv"]) if row["kind"] == "field")
    assert f"{address}\n" in found["README.md"].decode()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# Deltas


class Edits:
    """Random edits of what is public."""

    def __init__(self, records: Records) -> None:
        self.records, self.random, self.number = records, records.random, 0

    def make(self, count: int) -> None:
        for _edit in range(count):
            self.random.choice(
                [self._text, self._text, self._state, self._event, self._figure, self._tag, self._label, self._cite]
            )()

    def _measure(self) -> Measure:
        return self.random.choice(list(Measure.objects.order_by("pk")))

    def _text(self) -> None:
        name = self.random.choice(["title_es", "summary_en", "official_title", "title_pt"])
        Measure.objects.filter(pk=self._measure().pk).update(**{name: self.records.text()})

    def _state(self) -> None:
        measure = self._measure()
        states = [Workflow.PUBLISHED, Workflow.PUBLISHED, Workflow.RETIRED, Workflow.DRAFT]
        by = {"published_by": self.records.by, "published_at": timezone.now()}
        done = by | {"reviewed_by": self.records.by, "reviewed_at": timezone.now()}
        with suppress(IntegrityError), transaction.atomic():
            Measure.objects.filter(pk=measure.pk).update(workflow=self.random.choice(states), **done)

    def _event(self) -> None:
        event = StatusEvent.objects.order_by("?").first()
        if event and self.random.random() < 0.5:
            StatusEvent.objects.filter(pk=event.pk).update(note=self.records.text(300))
        elif event:
            last = StatusEvent.objects.filter(measure=event.measure_id).order_by("-position").first()
            assert last
            last.delete()

    def _figure(self) -> None:
        figure = self.random.choice(list(Observation.objects.filter(indicator__key="people").order_by("pk")))
        if self.random.random() < 0.3:
            figure.delete()
        else:
            Observation.objects.filter(pk=figure.pk).update(note=self.records.text())

    def _tag(self) -> None:
        groups = self._measure().target_groups
        groups.add(self.random.choice(self.records.groups)) if self.random.random() < 0.5 else groups.clear()

    def _label(self) -> None:
        topic = self.random.choice(self.records.topics)
        Topic.objects.filter(pk=topic.pk).update(definition_es=self.records.text())

    def _cite(self) -> None:
        self.number += 1
        citation = Citation.objects.order_by("?").first()
        if citation and self.random.random() < 0.5:
            citation.delete()
        else:
            source = self.random.choice(self.records.sources)
            Citation.objects.create(measure=self._measure(), source=source, locator=f"p. {self.number}, |%7C")


def _public() -> dict[str, bytes]:
    return {f"{name}.csv": b"".join(public_lines(kind)) for name, kind in public_kinds().items()}


def _tables_in(folder: Path) -> dict[str, bytes]:
    return {f"{name}.csv": (folder / f"{name}.csv").read_bytes() for name in public_kinds()}


def test_copy_that_is_fed_with_deltas_equals_the_export_byte_for_byte(tmp_path: Path) -> None:
    records = _published(Records(8, 60))
    edits = Edits(records)
    first, _is_new = make_release("2026.1")
    copy = tmp_path / "copy"
    shutil.copytree(folder_of("2026.1"), copy)
    for name in ("2026.2", "2026.3"):
        edits.make(150)
        now = tmp_path / f"now-{name}"
        shutil.copytree(folder_of("2026.1"), now)
        lines = b"".join(delta(first, None)).decode()
        assert apply(now, io.StringIO(lines, newline="")) == len(_rows(lines.encode())) > 100
        assert _tables_in(now) == _public()
        make_release(name)
        path = tmp_path / "delta.csv"
        path.write_bytes((folder_of(name) / CHANGES).read_bytes())
        call_command("apply_changes", str(copy), str(path), stdout=io.StringIO())
        assert _tables_in(copy) == _tables_in(folder_of(name))
    over_two = b"".join(delta(first, Release.objects.get(name="2026.3")))
    assert {change["op"] for change in _rows(over_two)} == {"ADD", "MOD", "DEL"}
    with pytest.raises(CommandError, match=r"Nothing was changed"):  # it is no more what the changes begin with
        call_command("apply_changes", str(copy), str(path))
    assert _tables_in(copy) == _tables_in(folder_of("2026.3"))
    assert [path.name for path in copy.iterdir() if path.name.endswith(".part")] == []


def test_change_has_the_reason_and_the_source_that_the_record_gives() -> None:
    source = factories.source()
    measure = factories.measure(title_en="Before", summary_en="One", sources=(source,))
    other = factories.measure(title_en="Another")
    first, _is_new = make_release("2026.1")
    editor, revision = factories.editor(), factories.revision(record=measure, title_en="After")
    Revision.objects.filter(pk=revision.pk).update(note="The gazette has it so.")
    revision.refresh_from_db()
    with transaction.atomic():
        approve(revision, measure, by=editor)
        with approving(revision):
            Measure.objects.filter(pk=measure.pk).update(title_en="After")
    with pghistory.context(command="by hand"):
        Measure.objects.filter(pk=measure.pk).update(summary_en="Two")
        Measure.objects.filter(pk=other.pk).update(title_en="One more")
    second, _is_new = make_release("2026.2")
    found = _rows((folder_of("2026.2") / CHANGES).read_bytes())
    reason = "correction: The gazette has it so."
    sources = [row["sources"] for row in _rows((folder_of("2026.1") / "measures.csv").read_bytes())]
    assert [tuple(row.values()) for row in found] == [
        ("MOD", "measures", measure.public_id, "title_en", "Before", "After", reason, sources[0]),
        ("MOD", "measures", measure.public_id, "summary_en", "One", "Two", "", sources[0]),
        ("MOD", "measures", other.public_id, "title_en", "Another", "One more", "", sources[1]),
    ]  # fmt: skip
    assert tuple(found[0]) == HEADER
    assert second.changes == {"measures": {"changed": 3}}
    assert b"".join(delta(first, None)) == b"".join(delta(first, second))


def test_change_that_was_approved_while_the_release_before_was_made_has_its_reason() -> None:
    measure = factories.measure(title_en="Before")
    editor, revision = factories.editor(), factories.revision(record=measure, title_en="After")
    began = timezone.now()
    first, _is_new = make_release("2026.1")
    with transaction.atomic():
        approve(revision, measure, by=editor)
        with approving(revision):
            Measure.objects.filter(pk=measure.pk).update(title_en="After")
    Revision.objects.filter(pk=revision.pk).update(reviewed_at=began)
    (change,) = _rows(b"".join(delta(first, None)))
    assert change["reason"] == "correction"
