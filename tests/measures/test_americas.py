"""The measures of eight more countries, which `load_fixtures --americas` adds, and what `--demo` adds to them."""

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from countries.models import Observation, Site
from measures.archive.keeping import read_waiting
from measures.archive.quotes import check, stale
from measures.management.commands import load_fixtures
from measures.models import Link, Measure, QuoteCheck, Relation, Source, StatusEvent
from tests.measures import ten_questions

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def americas(module_db: None) -> None:
    call_command("load_fixtures", americas=True, verbosity=0)


def test_eight_countries_stand_beside_peru() -> None:
    published = Counter(Measure.objects.published().exclude(country="PER").values_list("country", flat=True))
    assert published == {
        "ARG": 13, "BRA": 14, "CHL": 12, "COL": 13, "CRI": 13, "ECU": 14, "MEX": 10, "PAN": 14,
    }  # fmt: skip


def test_a_planned_end_is_not_repeated_by_an_event() -> None:
    ended = StatusEvent.objects.filter(status="expired").select_related("measure")
    assert [event.measure.public_id for event in ended if event.date == event.measure.valid_until] == []


def test_durations_come_with_what_their_days_are() -> None:
    durations = Counter(Measure.objects.exclude(duration="").values_list("duration", "duration_basis"))
    assert durations[("P15D", "working")] == 1
    assert {basis for _duration, basis in durations} == {"calendar", "working", "unstated"}


def test_resumption_names_no_suspending_act_and_parts_are_parts() -> None:
    assert not Relation.objects.filter(type="resumes").exists()
    parts = Relation.objects.filter(scope="part").exclude(subject__country="PER")
    assert set(parts.values_list("subject__public_id", "type", "object__public_id")) == {
        ("BRA-00007", "supersedes", "BRA-00006"),
        ("BRA-00013", "suspends", "BRA-00012"),
        ("ECU-00009", "extends", "ECU-00008"),
        ("ECU-00010", "extends", "ECU-00008"),
    }


def test_every_entry_has_a_source_and_the_data_set_its_credit(client: Client) -> None:
    assert not Measure.objects.published().filter(citations=None).exists()
    assert "CC BY 4.0" in Source.objects.get(key="coronanet").title
    page = client.get("/about/").content.decode()
    assert "CoronaNet Research Project (coronanet-project.org), which is licensed under CC BY 4.0" in page


def test_ten_questions_are_answered_in_three_clicks(client: Client) -> None:
    assert len(ten_questions.QUESTIONS) == 10
    assert ten_questions.unanswered(lambda address: client.get(address, follow=True).content.decode()) == []


def test_loading_again_changes_nothing() -> None:
    before = dict(Measure.objects.values_list("public_id", "record_version"))
    Site.objects.update(about_en="Words of the editors")
    call_command("load_fixtures", americas=True, verbosity=0)
    assert dict(Measure.objects.values_list("public_id", "record_version")) == before
    assert Site.objects.get().about_en == "Words of the editors"


def test_demo_adds_days_and_examples_and_calls_on_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    days = Path(shutil.copytree(load_fixtures.DAILY, tmp_path / "daily"))
    lines = (days / "observations.csv").read_text().splitlines(keepends=True)
    (days / "observations.csv").write_text("".join(lines[:4]))
    monkeypatch.setattr(load_fixtures, "DAILY", days)
    for _time in range(2):
        call_command("load_fixtures", demo=True, verbosity=0)
    assert Observation.objects.filter(indicator__key="covid_cases_total").count() == 3
    assert "Oxford COVID-19 Government Response Tracker" in client.get("/about/").content.decode()
    assert "mailto:contact@observatory.example" in client.get("/countries/haiti/").text, "whom to ask"
    soon = timezone.now() + timedelta(days=365)
    assert Link.objects.filter(due_at__gt=soon).count() == Source.objects.exclude(url="").count() > 100
    assert not Link.objects.filter(due_at__lte=soon).exists()
    examples = Source.objects.filter(captures__isnull=False).distinct()
    kept = {
        source.key: list(source.captures.order_by("pk").values_list("media_type", flat=True)) for source in examples
    }
    assert kept == {
        "example-web-page": ["text/html"],
        "example-resolution": ["application/pdf"] * 2,
        "example-scan": ["image/png"],
    }
    cited = Measure.objects.filter(citations__source__in=examples)
    assert set(cited.values_list("country", flat=True)) == {"XEX"}
    assert all(
        "xample" in text
        for text in (*examples.values_list("title", flat=True), *cited.values_list("title_en", flat=True))
    )
    read_waiting()
    check(stale().filter(source__in=examples), at=timezone.now())
    states = QuoteCheck.objects.filter(citation__source__in=examples).values_list("citation__source__key", "state")
    assert Counter(states) == {
        ("example-web-page", "found"): 1,
        ("example-resolution", "found"): 2,
        ("example-scan", "not_checkable"): 1,
    }
    assert client.get("/").content.decode().count("XEX") == 0
