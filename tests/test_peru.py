"""The record of Peru compared with its source page: references, dates and their precision, relations, figures."""

from collections import Counter
from decimal import Decimal

import pytest
from django.core.management import call_command

from countries.models import MobilityRole, Observation
from measures.models import Measure, Relation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def peru() -> None:
    call_command("load_fixtures", verbosity=0)


def test_peru_has_its_entries_in_public_and_its_stubs_out_of_sight() -> None:
    assert Counter(Measure.objects.values_list("workflow", flat=True)) == {"published": 37, "stub": 5}


def test_dates_of_acts_are_as_precise_as_the_page() -> None:
    dates = {
        (measure.reference, measure.provision): str(measure.date or "")
        for measure in Measure.objects.published().exclude(reference="")
    }
    assert dates == {
        ("1164", "única disposición complementaria final"): "",
        ("017-2019", ""): "2019",
        **{("N° 000104-2020-MIGRACIONES", f"({clause})"): "2020" for clause in "abcde"},
        ("N° 000120-2020-MIGRACIONES", ""): "2020-04-29?",
        ("N° 000121-2020-MIGRACIONES", ""): "2020-05-07?",
        ("309-2020-IN", ""): "2020",
        ("4958/2020-CR", ""): "2020-03-30?",
        ("5185/2020-CR", ""): "2020-05-13?",
        **{("5349/2020-CR", f"({clause})"): "2020-05-25?" for clause in "abc"},
        ("5625/2020-CR", ""): "2020-06-25?",
        ("5358/2020-CR", ""): "2020-05-26?",
        ("037-2020", ""): "2020-04-12?",
        ("1466", ""): "2020-04-21?",
        ("068-2020-PCM", ""): "2020-04-14?",
    }


def test_fourteen_of_fifteen_days_lack_a_year_on_the_page() -> None:
    """Only the end of the applicants' cards is printed with its year."""
    days = {
        str(date)
        for measure in Measure.objects.prefetch_related("status_events")
        for date in (measure.valid_from, measure.valid_until, *(event.date for event in measure.status_events.all()))
        if date and date.precision == "day"
    }
    assert {day for day in days if not day.endswith("?")} == {"2020-12-31"}


def test_extension_names_the_clause_that_it_extends() -> None:
    extension = Relation.objects.get(subject__reference="N° 000120-2020-MIGRACIONES")
    assert (extension.type, extension.object.reference, extension.object.provision) == (
        "extends",
        "N° 000104-2020-MIGRACIONES",
        "(d)",
    )


def test_bills_on_the_same_conduct_are_parallel_and_no_amendment() -> None:
    parallel = Relation.objects.get(type="same_subject_as")
    assert {(side.reference, side.provision) for side in (parallel.subject, parallel.object)} == {
        ("5349/2020-CR", "(c)"),
        ("5625/2020-CR", ""),
    }
    assert not Relation.objects.filter(type="amends").exists()


def test_bills_are_where_the_page_leaves_them() -> None:
    bills = Measure.objects.filter(kind="bill")
    assert set(bills.values_list("status", "status_group")) == {("introduced", "bill")}
    assert bills.count() == 7


def shares(indicator: str) -> dict[str | None, Decimal | None]:
    found = Observation.objects.filter(country="PER", indicator__key=indicator)
    return dict(found.values_list("counterpart", "value"))


def test_shares_of_emigrants_and_immigrants_leave_their_rest() -> None:
    emigrants, immigrants = shares("emigrant_share"), shares("immigrant_share")
    assert emigrants == {
        iso3: Decimal(value)
        for iso3, value in {"USA": "50", "CHL": "21", "ARG": "10", "ESP": "9", "ITA": "4.1", "JPN": "2.3"}.items()
    }
    assert immigrants == {
        iso3: Decimal(value)
        for iso3, value in {
            "VEN": "24.6", "COL": "15.3", "ESP": "7.3", "USA": "6.8", "ECU": "5.3",
            "ARG": "5.2", "CHL": "4.7", "BRA": "4.2", "CHN": "3.7", "BOL": "3.5",
        }.items()
    }  # fmt: skip
    rests = [100 - sum(value for value in part.values() if value) for part in (emigrants, immigrants)]
    assert rests == [Decimal("3.6"), Decimal("19.4")]


def test_figures_keep_what_the_page_says_of_their_exactness() -> None:
    figures = Observation.objects.filter(country="PER").exclude(indicator__unit="percent")
    assert {(o.indicator.key, o.qualifier, o.value and int(o.value), str(o.period or "")) for o in figures} == {
        ("emigrant_stock", "approx", 1_700_000, ""),
        ("immigrant_stock", "approx", 153_000, ""),
        ("asylum_claims", "gt", 482_500, ""),
        ("temporary_permits_granted", "approx", 435_000, ""),
        ("temporary_permits_pending", "approx", 52_000, ""),
        ("refugees_recognised", "approx", 1_200, "2016/2019"),
        ("host_rank_protection", "eq", 1, ""),
        ("host_rank_total", "eq", 2, ""),
        ("ombuds_cases", "eq", 194, "2020-03-16?/2020-05-07?"),
        ("ombuds_cases_consultations", "eq", 165, "2020-03-16?/2020-05-07?"),
        ("ombuds_cases_lima_libertad", "majority", None, "2020-03-16?/2020-05-07?"),
    }


def test_poverty_rate_is_missing_and_not_zero() -> None:
    poverty = Observation.objects.get(country="PER", indicator__key="poverty_rate")
    assert (poverty.value, poverty.status) == (None, "O")


def test_peru_has_its_five_roles() -> None:
    assert set(MobilityRole.objects.filter(country="PER").values_list("role", flat=True)) == {
        "sending",
        "destination",
        "transit",
        "refugee_host",
        "deportee_receiving",
    }


def test_loading_again_changes_nothing() -> None:
    def versions() -> dict[str, int]:
        return dict(Measure.objects.values_list("public_id", "record_version"))

    before, events = versions(), Measure.pgh_event_model.objects.count()  # type: ignore[attr-defined]
    call_command("load_fixtures", verbosity=0)
    assert (versions(), Measure.pgh_event_model.objects.count()) == (before, events)  # type: ignore[attr-defined]
