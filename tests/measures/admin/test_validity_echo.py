import pytest
from django.test import Client
from django.urls import reverse

from measures.admin.validity_echo import validity_in_words
from tests import factories
from tests.clients import signed_in

START = {"valid_from": "2020-03-20", "country": "PER"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, ""),
        ({"country": "PER"}, ""),
        ({"valid_from": "2020-13"}, ""),
        ({"valid_from": "2020", "duration": "30 days"}, ""),
        (
            START | {"duration": "P30D", "duration_basis": "calendar"},
            "in force from 20 March 2020 to 18 April 2020 (30 calendar days); working days would end on 5 May 2020.",
        ),
        (
            START | {"duration": "P30D", "duration_basis": "working"},
            "in force from 20 March 2020 to 5 May 2020 (30 working days); calendar days would end on 18 April 2020.",
        ),
        (
            START | {"duration": "P30D", "duration_basis": "unstated"},
            "in force from 20 March 2020 to 18 April 2020 (30 calendar days), or 5 May 2020 (30 working days).",
        ),
        (START | {"duration": "P6M"}, "in force from 20 March 2020 to 19 September 2020 (6 months)."),
        (
            {"valid_from": "2020-03", "duration": "P1M"},
            "in force from March 2020 to some day between 31 March 2020 and 30 April 2020 (1 month).",
        ),
        (
            START | {"valid_until": "2020-12", "duration": "P6M"},
            "in force from 20 March 2020 to December 2020; “valid until” counts; 6 months would end on"
            " 19 September 2020.",
        ),
        (START, "in force from 20 March 2020, no end recorded."),
        (START | {"end_kind": "further_notice"}, "in force from 20 March 2020, the end is open on purpose."),
        ({"valid_until": "2020-12-31"}, "in force to 31 December 2020, start not recorded."),
        (
            {"duration": "P30D", "duration_basis": "working"},
            "in force for 30 working days, start not recorded.",
        ),
    ],
)
def test_dates_read_as_words(typed: dict[str, str], words: str) -> None:
    assert validity_in_words(typed) == (f"Reads as: {words}" if words else "")


@pytest.mark.django_db
def test_form_shows_how_its_dates_read_and_is_asked_while_they_are_typed() -> None:
    draft = factories.draft(valid_from="2020-03-20", duration="P30D", duration_basis="calendar")
    client = signed_in(factories.analyst())
    page = client.get(reverse("admin:measures_measure_change", args=[draft.pk])).content.decode()
    said = "Reads as: in force from 20 March 2020 to 18 April 2020 (30 calendar days); working days would end on"
    assert said in page
    answer = client.get(reverse("admin:measures_measure_validity"), {"valid_from": "2020", "duration": "P1M"})
    assert answer.json() == {
        "validity": "Reads as: in force from 2020 to some day between 31 January 2020 and 30 January 2021 (1 month)."
    }


@pytest.mark.django_db
def test_strangers_are_not_told() -> None:
    assert Client().get(reverse("admin:measures_measure_validity")).status_code == 302
    nobody = factories.analyst()
    nobody.groups.clear()
    assert signed_in(nobody).get(reverse("admin:measures_measure_validity")).status_code == 403
