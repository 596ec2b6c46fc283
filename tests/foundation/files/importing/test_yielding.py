"""Imports while others work, concurrent imports, and killed imports: who waits for whom, and what is saved."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Count

from foundation.accounts import system_account
from foundation.files.importing.pipeline import compared
from foundation.files.importing.reading import FileProblem
from foundation.files.importing.staging import Step
from foundation.files.models import Phase
from measures import workflow
from measures.files.resources import MeasureResource
from measures.models import Measure, PublicIdSequence, Source
from tests import factories
from tests.csv_files import MEASURE, csv_text, run

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PHASES = [phase for phase in Phase if phase != Phase.UNDOING]
PATIENCE = 30
"""Timeout of a test in seconds."""


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    factories.country()
    factories.topic()


class Other(threading.Thread):
    """Another user, on a separate connection; `result` returns or raises the outcome of their action."""

    def __init__(self, act: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.act, self.answer = act, None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self.act()
        except BaseException as error:
            self.error = error
        finally:
            connection.close()

    def result(self) -> Any:
        self.join(PATIENCE)
        assert not self.is_alive()
        if self.error:
            raise self.error
        return self.answer


def _save(pk: int, **changes: Any) -> None:
    """Like the form: lock, check, write."""
    with transaction.atomic():
        Measure.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        Measure.objects.filter(pk=pk).mark_changed(by=system_account(), **changes)


def _add() -> str:
    """Like the form; return the identifier of the new record."""
    by = system_account()
    return Measure.objects.create(
        country_id="PER", kind="law", title_en="Another", created_by=by, updated_by=by
    ).public_id


def _at(phase: Phase, act: Callable[[], None]) -> Callable[[Step], None]:
    """A progress callback that acts once, at the first report of a phase."""
    done: list[bool] = []

    def tell(step: Step) -> None:
        if step.phase == phase and not done:
            done.append(True)
            act()

    return tell


class Meeting:
    """A progress callback that lets another user act once all rows are written, while the import is still busy."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act, self.others = act, list[Other]()

    def __call__(self, step: Step) -> None:
        if step.phase == Phase.WRITING and step.done == step.total and not self.others:
            self.others.append(Other(self.act))
            with connection.cursor() as cursor:
                cursor.execute("select pg_sleep(%s)", [PATIENCE])


@pytest.mark.parametrize("phase", PHASES)
def test_others_save_add_and_publish_at_every_phase_of_an_import(tmp_path: Path, phase: Phase) -> None:
    """Nobody waits for the import, which lasts until they are done."""
    saved, ready = factories.draft(), factories.draft()
    known = factories.draft(title_en="Old")
    rows = [{**MEASURE, "public_id": known.public_id, "kind": known.kind, "title_en": "New"}]
    rows += [{**MEASURE, "public_id": "", "title_en": f"Title {n}"} for n in range(600)]
    added: list[str] = []

    def others() -> None:
        for act in (
            lambda: _save(saved.pk, title_es="Suyo"),
            lambda: added.append(_add()),
            lambda: workflow.publish(ready, by=system_account()),
        ):
            Other(act).result()

    report = run(tmp_path, rows, progress=_at(phase, others))
    assert (report.new, report.changed, report.is_applied) == (600, 1, True)
    assert {m.title_es for m in Measure.objects.filter(pk=saved.pk)} == {"Suyo"}
    assert Measure.objects.get(pk=ready.pk).workflow == "published"
    assert Measure.objects.count() == 604
    assert Measure.objects.filter(public_id__in=added).count() == 1
    assert not Measure.objects.values("public_id").annotate(n=Count("pk")).filter(n__gt=1).exists()


def test_import_gives_way_to_somebody_who_waits_for_a_record_that_it_changes(tmp_path: Path) -> None:
    """The other user's save succeeds; the import is rolled back, and names the row."""
    mine = factories.draft(title_en="Old")
    path = tmp_path / "measures.csv"
    path.write_text(csv_text([{"public_id": mine.public_id, "title_en": "From the file"}]))
    meeting = Meeting(lambda: _save(mine.pk, title_en="By hand"))
    with (
        pytest.raises(FileProblem, match="Another person saved this record"),
        compared(path, MeasureResource, by=system_account(), progress=meeting) as found,
    ):
        found.save()
    meeting.others[0].result()
    assert Measure.objects.get().title_en == "By hand"


def test_import_writes_anew_after_it_gave_way_to_somebody_else(tmp_path: Path) -> None:
    """A user who only waits for a source in the file gets it, and the import succeeds."""
    address = "https://gazette.example/both"
    path = tmp_path / "measures.csv"
    path.write_text(csv_text([MEASURE | {"sources": address}]))
    meeting = Meeting(lambda: Source.objects.create(key="theirs", url=address, title="Theirs"))
    with compared(path, MeasureResource, by=system_account(), progress=meeting) as found:
        found.save()
    meeting.others[0].result()
    assert [citation.source.key for citation in Measure.objects.get().citations.all()] == ["theirs"]


def test_two_imports_at_once_follow_each_other(tmp_path: Path) -> None:
    """The second one sees what the first one wrote; their changes are not interleaved."""
    rows = [{**MEASURE, "reference": f"{n}-2020"} for n in range(50)]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    second: list[Other] = []

    def start_second() -> None:
        second.append(Other(lambda: run(tmp_path / "b", rows)))
        time.sleep(0.5)
        assert second[0].is_alive()

    first = run(tmp_path / "a", rows, progress=_at(Phase.WRITING, start_second))
    report = second[0].result()
    assert (first.new, report.new, report.unchanged) == (50, 0, 50)
    assert Measure.objects.count() == 50


def test_numbers_of_a_failed_import_are_not_given_again(tmp_path: Path) -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, [MEASURE, MEASURE], progress=_at(Phase.WRITING, fail))
    assert Measure.objects.count() == 0
    assert PublicIdSequence.objects.get().last == 2
    run(tmp_path, [MEASURE])
    assert Measure.objects.get().public_id == "PER-00003"


KILLED = """
import os, sys
import django
django.setup()
from pathlib import Path
from django.conf import settings
from foundation.accounts import system_account
from foundation.files.importing.pipeline import compared
from measures.models import Phase
from measures.files.resources import MeasureResource

def die(step):
    if step.phase == sys.argv[2]:
        print("here", flush=True)
        sys.stdin.read()

with compared(Path(sys.argv[1]), MeasureResource, by=system_account(), progress=die) as found:
    found.save()
    if sys.argv[2] == "saved":
        print("here", flush=True)
        sys.stdin.read()
"""


def _counts_of_rows() -> dict[str, int]:
    """Number of rows in each table, except the log of numbers."""
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if "publicidsequence" not in name]
        counts = {}
        for name in tables:
            cursor.execute(f'select count(*) from "{name}"')  # noqa: S608  (names from the catalogue)
            counts[name] = cursor.fetchone()[0]
    return counts


@pytest.mark.parametrize("moment", [*PHASES, "saved"])
def test_killed_import_leaves_the_database_as_it_was(tmp_path: Path, moment: str, environment: dict[str, str]) -> None:
    known = factories.draft(title_en="Old")
    system_account()
    rows = [{**MEASURE, "public_id": known.public_id, "kind": known.kind}]
    rows += [{**MEASURE, "public_id": "", "title_en": f"Title {n}"} for n in range(600)]
    path = tmp_path / "measures.csv"
    path.write_text(csv_text(rows))
    before = _counts_of_rows()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), moment],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "here\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with transaction.atomic(), connection.cursor() as cursor:  # until the database has noticed
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('import of files', 0))")
    assert _counts_of_rows() == before
    report = run(tmp_path, rows)
    assert (report.new, report.changed) == (600, 1)
