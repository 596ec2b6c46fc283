"""The files of fixtures/ are loaded by one command, and loading them twice changes nothing."""

import pytest
from django.core.management import call_command

from countries.models import Country, Indicator, IndicatorFeed, MobilityRole, Observation
from measures.choices import Workflow
from measures.models import IssuingBody, Measure, Relation, Source, TargetGroup, Topic

pytestmark = pytest.mark.django_db


def test_fixtures_load_and_a_second_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_fixtures")
    assert "measures.csv: 37 new, 0 changed" in capsys.readouterr().out
    before = list(Measure.objects.values_list("public_id", "record_version", "updated_at"))
    call_command("load_fixtures")
    assert capsys.readouterr().out == ""
    assert list(Measure.objects.values_list("public_id", "record_version", "updated_at")) == before


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
    assert counts == {Country: 249, Topic: 65, TargetGroup: 34, IssuingBody: 11, Indicator: 27}
    assert list(IndicatorFeed.objects.values_list("is_on", flat=True)) == [False] * 5
    assert (MobilityRole.objects.count(), Observation.objects.count(), Source.objects.count()) == (21, 80, 1)
    states = list(Measure.objects.values_list("workflow", flat=True))
    assert (states.count(Workflow.PUBLISHED), states.count(Workflow.STUB), len(states)) == (37, 5, 42)
    assert Relation.objects.count() == 22
