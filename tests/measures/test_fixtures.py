"""The files of fixtures/ are loaded by one command, and loading them twice changes nothing."""

import csv
import re
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from countries.models import Country, Indicator, IndicatorFeed, MobilityRole, Observation
from measures.choices import Workflow
from measures.management.commands.load_fixtures import DAILY, FOLDER
from measures.models import IssuingBody, Measure, Relation, Source, TargetGroup, Topic

pytestmark = pytest.mark.django_db


def test_fixtures_load_and_a_second_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_fixtures")
    assert "measures.csv: 37 new, 0 changed" in capsys.readouterr().out
    before = list(Measure.objects.values_list("public_id", "record_version", "updated_at"))
    call_command("load_fixtures")
    assert capsys.readouterr().out == ""
    assert list(Measure.objects.values_list("public_id", "record_version", "updated_at")) == before


def test_every_note_and_source_of_the_fixtures_is_in_three_languages() -> None:
    """All but names that are the same in each: those of the daily figures."""
    for path in FOLDER.glob("*.csv"):
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                for name in ("note", "source_name"):
                    texts = [row[column] for column in (name, f"{name}_es", f"{name}_pt") if column in row]
                    assert len(texts) < 2 or all(texts) or not any(texts), (path.name, row)


def test_second_run_leaves_what_people_did_unless_it_is_to_update() -> None:
    call_command("load_fixtures", verbosity=0)
    edited = Measure.objects.get(public_id="PER-00001")
    Measure.objects.filter(pk=edited.pk).update(title_es="De otra manera", workflow=Workflow.DRAFT)
    Topic.objects.filter(key="border").update(label_en="Frontiers")
    call_command("load_fixtures", verbosity=0)
    edited.refresh_from_db()
    assert (edited.title_es, edited.workflow) == ("De otra manera", Workflow.DRAFT)
    call_command("load_fixtures", update=True, verbosity=0)
    edited.refresh_from_db()
    assert (edited.title_es, edited.workflow) != ("De otra manera", Workflow.DRAFT)
    assert Topic.objects.get(key="border").label_en == "Border and entry"


def test_fixtures_hold_every_country_the_vocabulary_and_peru() -> None:
    call_command("load_fixtures", verbosity=0)
    counts = {model: model._default_manager.count() for model in (Country, Topic, TargetGroup, IssuingBody, Indicator)}
    assert counts == {Country: 249, Topic: 65, TargetGroup: 34, IssuingBody: 214, Indicator: 27}
    assert list(IndicatorFeed.objects.values_list("is_on", flat=True)) == [False] * 5
    assert (MobilityRole.objects.count(), Observation.objects.count(), Source.objects.count()) == (21, 80, 1)
    states = list(Measure.objects.values_list("workflow", flat=True))
    assert (states.count(Workflow.PUBLISHED), states.count(Workflow.STUB), len(states)) == (37, 5, 42)
    assert Relation.objects.count() == 17


def fixtures_with(tmp_path: Path, *rows: str, header: str = "measure,source,locator,quote,field") -> Path:
    """A copy of the fixtures whose citations.csv has these rows."""
    folder = Path(shutil.copytree(FOLDER, tmp_path / "fixtures"))
    (folder / "citations.csv").write_text("\n".join((header, *rows)) + "\n")
    return folder


def test_citations_stand_beside_the_sources_and_follow_the_file_on_an_update(tmp_path: Path) -> None:
    call_command("load_fixtures", verbosity=0, folder=fixtures_with(tmp_path / "one", f"{ROW},first words,summary"))
    cited = Measure.objects.get(public_id="PER-00001").citations
    assert set(cited.values_list("locator", "quote", "field")) == {("", "", ""), ("p. 2", "first words", "summary")}
    changed = fixtures_with(tmp_path / "two", f"{ROW},other words,summary")
    call_command("load_fixtures", verbosity=0, folder=changed)
    assert set(cited.values_list("quote", flat=True)) == {"", "first words"}
    call_command("load_fixtures", verbosity=0, folder=changed, update=True)
    assert set(cited.values_list("quote", flat=True)) == {"", "other words"}


ROW = "PER-00001,inmovilidad-peru-2020,p. 2"


@pytest.mark.parametrize(
    ("row", "header", "said"),
    [
        (f"{ROW},words,titel", "measure,source,locator,quote,field", "row 2, field"),
        (f"{ROW},{'x' * 601},title", "measure,source,locator,quote,field", "row 2, quote.*600 characters"),
        ("PER-00001,nowhere,,words,title", "measure,source,locator,quote,field", "row 2, source.*“nowhere” is unknown"),
        ("PER-99999,nowhere,,words,title", "measure,source,locator,quote,field", "row 2, measure.*PER-99999"),
        ("PER-00001,words", "measure,quote", "which has at least: measure . source . locator . field"),
    ],
)
def test_citations_that_cannot_be_loaded_are_named_and_nothing_is_loaded(
    tmp_path: Path, row: str, header: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match=r"citations\.csv") as refusal:
        call_command("load_fixtures", verbosity=0, folder=fixtures_with(tmp_path, row, header=header))
    assert re.search(said, f"{capsys.readouterr().err}{refusal.value}")
    assert not Measure.objects.exists()


def test_daily_figures_are_whole_and_of_one_year() -> None:
    with (DAILY / "observations.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["country"] for row in rows}) == 29
    assert len({(row["country"], row["period"]) for row in rows}) == len(rows) == 8617
    assert all(row["value"].isdigit() and row["period"].startswith("2020-") for row in rows)
    assert {row["indicator"] for row in rows} == {"covid_cases_total"}
