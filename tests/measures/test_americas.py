"""The measures of eight more countries, which `load_fixtures --americas` adds."""

from collections import Counter

import pytest
from django.core.management import call_command
from django.test import Client

from countries.models import Site
from measures.models import Measure, Relation, Source, StatusEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def americas() -> None:
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


def test_loading_again_changes_nothing() -> None:
    before = dict(Measure.objects.values_list("public_id", "record_version"))
    Site.objects.update(about_en="Words of the editors")
    call_command("load_fixtures", americas=True, verbosity=0)
    assert dict(Measure.objects.values_list("public_id", "record_version")) == before
    assert Site.objects.get().about_en == "Words of the editors"
