"""Rules at entry: what a form and an import refuse alike, and what neither refuses."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from foundation.days import today
from foundation.partial_dates import PartialDate
from measures import workflow
from measures.choices import Family
from measures.entry_rules import last_possible_day, unusual_moves
from tests import admin_forms, factories
from tests.csv_files import MEASURE, counts, problems, run

TODAY = datetime.date(2020, 6, 15)


def _events(*items: str) -> list[tuple[str, PartialDate | None]]:
    pairs = (item.partition("@") for item in items)
    return [(status, PartialDate.parse(date) if date else None) for status, _at, date in pairs]


def _problems(family: Family, *items: str, start: str = "") -> dict[int, tuple[str, str]]:
    """The field and the message of each problem by the number of its event."""
    valid_from = PartialDate.parse(start) if start else None
    found = workflow.check_history(family, _events(*items), on=TODAY, start=valid_from)
    return {problem.index: (problem.field, problem.message) for problem in found}


def test_history_of_status_with_faults_names_each() -> None:
    problems = _problems(Family.BILL, "introduced@2020-05-25", "in_force", "passed@2020-05-24", "enacted@2020-06-16")
    assert {index: field for index, (field, _message) in problems.items()} == {1: "status", 2: "date", 3: "date"}
    assert problems[1][1].startswith("“In force” is not a status of this kind of entry. Choose from: Introduced,")
    assert problems[2][1].startswith("2020-05-24 is before 2020-05-25")
    assert problems[3][1] == (
        "2020-06-16 is still to come, and an event has happened."
        " Write what is planned in “valid from” or “valid until”."
    )


def test_dates_of_unlike_precision_only_need_to_overlap_in_order() -> None:
    assert _problems(Family.BILL, "introduced@2020-05-25", "archived@2020") == {}
    assert _problems(Family.BILL, "introduced@2020-06", "archived@2020") == {}
    assert set(_problems(Family.BILL, "introduced@2020-05-25", "reported@2020", "archived@2020-05-01")) == {2}


def test_last_day_lies_not_before_the_start_while_a_repeal_may() -> None:
    assert _problems(Family.NORM, "enacted@2020-01-01", "expired@2020-05-31", start="2020-06")[1][1] == (
        "2020-05-31, the last day, is before “valid from”, 2020-06."
    )
    assert _problems(Family.NORM, "enacted@2020-01-01", "repealed@2020-05-31", start="2020-06") == {}
    assert _problems(Family.NORM, "enacted@2020-01-01", "expired@2020-06-01", start="2020-06") == {}


@pytest.mark.parametrize(
    ("family", "items"),
    [
        (Family.BILL, ("passed_chamber@2020-01-01", "in_committee@2020-02-01", "passed_chamber@2020-03-01")),
        (Family.BILL, ("observed", "in_committee", "withdrawn", "introduced")),
        (Family.NORM, ("in_force", "repealed@2020-02-01", "in_force@2020-03-01")),
        (Family.ACTION, ("in_operation", "abandoned", "announced")),
    ],
)
def test_unusual_course_is_no_problem(family: Family, items: tuple[str, ...]) -> None:
    assert _problems(family, *items) == {}
    assert unusual_moves(family, _events(*items)) != []


def test_unusual_moves_are_named_in_words() -> None:
    assert unusual_moves(Family.BILL, _events("introduced", "passed_chamber", "in_committee", "reported")) == [
        "Unusual: “In committee” after “Passed one chamber or first vote”. Is the order right?"
    ]
    assert unusual_moves(Family.NORM, _events("enacted", "in_force", "suspended", "in_force", "repealed")) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"valid_until": "2020-05"}, "2020-05-31"),
        ({"valid_until": "2020-05", "duration": "P30D", "basis": "calendar", "valid_from": "2020-01-01"}, "2020-05-31"),
        ({"duration": "P30D", "basis": "calendar", "valid_from": "2020-05-01"}, "2020-05-30"),
        ({"duration": "P30D", "basis": "unstated", "valid_from": "2020-03-20", "country": "PER"}, "2020-05-05"),
        ({"duration": "P30D", "basis": "calendar"}, None),
        ({"valid_until": "2020-05", "is_prolonged": True}, None),
        ({"valid_until": "2020-05", "events": ("in_force@2020-01-01", "in_force@2020-07-01")}, None),
        ({"valid_until": "2020-05", "events": ("in_force@2020-01-01",)}, "2020-05-31"),
        ({"valid_until": "2020-12", "events": ("in_force", "repealed@2020-05-10")}, "2020-05-09"),
        ({"is_prolonged": True, "events": ("in_force", "expired@2020-05-10")}, "2020-05-10"),
        ({"valid_until": "2020-05", "events": ("in_force", "expired")}, None),
    ],
)
def test_last_possible_day_follows_from_the_act_s_own_dates(facts: dict[str, Any], expected: str | None) -> None:
    dates = {name: facts.get(name, "") for name in ("valid_from", "valid_until")}
    found = last_possible_day(
        _events(*facts.get("events", ())),
        **{name: PartialDate.parse(text) if text else None for name, text in dates.items()},
        duration=facts.get("duration", ""),
        basis=facts.get("basis", ""),
        country=facts.get("country", ""),
        is_prolonged=facts.get("is_prolonged", False),
    )
    assert found == (datetime.date.fromisoformat(expected) if expected else None)


# In the form and in a file


TOMORROW = today() + datetime.timedelta(days=1)
FAR = str(today().year + 51)
FAULTS: list[tuple[dict[str, str], str, str, str]] = [
    ({"valid_from": FAR}, "valid_from", "valid_from", "Is the year right?"),
    ({"valid_until": FAR}, "valid_until", "valid_until", "Is the year right?"),
    ({"valid_from": "1799"}, "valid_from", "valid_from", "must be between 1800 and 2199"),
    ({"valid_from": "2020-05", "valid_until": "2020-04"}, "valid_from", "valid_until", "is before “valid from”"),
    ({"checked_on": str(TOMORROW)}, "checked_on", "checked_on", "is still to come"),
    (
        {"valid_until": "2020-05", "checked_on": "2020-06-01"},
        "checked_on",
        "status_events",
        "The act had ended by then: its last possible day was 2020-05-31.",
    ),
    ({"event": f"in_force@{TOMORROW}"}, "status_history", "status_events-0-date", "is still to come"),
    ({"event": "introduced@2020-04-14"}, "status_history", "status_events-0-status", "is not a status of this kind"),
    (
        {"valid_from": "2020-05", "event": "expired@2020-04-14"},
        "status_history",
        "status_events-0-date",
        "2020-04-14, the last day, is before “valid from”, 2020-05.",
    ),
    (
        {"event": "repealed@2020-04-14", "checked_on": "2020-04-14"},
        "checked_on",
        "status_events",
        "its last possible day was 2020-04-13",
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "column", "box", "message"), FAULTS)
def test_what_cannot_be_is_refused_by_form_and_file(
    tmp_path: Path, typed: dict[str, str], column: str, box: str, message: str
) -> None:
    draft, client = factories.draft(topics=("health.access",)), Client()
    client.force_login(factories.analyst())
    event = typed.get("event", "in_force@2020-04-14")
    cells = {name: text for name, text in typed.items() if name != "event"}
    report = run(tmp_path, [MEASURE | {"public_id": draft.public_id, "status_history": event, **cells}])
    assert [problem[1] for problem in problems(report)] == [column]
    assert message in f"{report.problems[0].problem} {report.problems[0].remedy}"
    url = reverse("admin:measures_measure_change", args=[draft.pk])
    status, _at, date = event.partition("@")
    rows = {"status_events-0-status": status, "status_events-0-date": date}
    found = admin_forms.errors_by_field(client.post(url, admin_forms.shown(client, url) | cells | rows))
    assert message in " ".join(found[box])


@pytest.mark.django_db
def test_year_of_a_relation_far_ahead_is_refused_by_form_and_file(tmp_path: Path) -> None:
    draft, other, client = factories.draft(), factories.draft(), Client()
    client.force_login(factories.analyst())
    report = run(tmp_path, [{"public_id": draft.public_id, "relations": f"extends:{other.public_id}@{FAR}"}])
    assert problems(report) == [(2, "relations", f"extends:{other.public_id}@{FAR}")]
    url = reverse("admin:measures_measure_change", args=[draft.pk])
    row = {"relations-0-type": "extends", "relations-0-object": str(other.pk), "relations-0-date": FAR}
    found = admin_forms.errors_by_field(client.post(url, admin_forms.shown(client, url) | row))
    assert found == {"relations-0-date": [f"{FAR} lies more than 50 years ahead. Is the year right?"]}


@pytest.mark.django_db
def test_unusual_course_is_saved_with_a_question_by_the_form_and_without_a_word_by_a_file(tmp_path: Path) -> None:
    bill, client = factories.draft(kind="bill", events=(("passed_chamber", "2020-04-14"),)), Client()
    client.force_login(factories.analyst())
    url = reverse("admin:measures_measure_change", args=[bill.pk])
    row = {"status_events-1-status": "in_committee", "status_events-1-date": "2020-04-20"}
    page = client.post(url, admin_forms.shown(client, url) | row, follow=True)
    said = [str(message) for message in page.context["messages"]]
    assert [text for text in said if text.startswith("Unusual")] == [
        "Unusual: “In committee” after “Passed one chamber or first vote”. Is the order right?"
    ]
    assert list(bill.status_events.values_list("status", flat=True)) == ["passed_chamber", "in_committee"]
    page = client.post(url, admin_forms.shown(client, url) | {"title_en": "Another title"}, follow=True)
    assert [str(m) for m in page.context["messages"] if str(m).startswith("Unusual")] == []
    history = "passed_chamber@2020-04-14|in_committee@2020-04-20|passed_chamber@2020-05-01|introduced@2020-05-02"
    assert counts(run(tmp_path, [{"public_id": bill.public_id, "kind": "bill", "status_history": history}])) == (
        0,
        1,
        0,
        0,
    )


@pytest.mark.django_db
def test_check_after_the_planned_end_of_an_act_that_was_extended_is_taken(tmp_path: Path) -> None:
    factories.country()
    factories.topic()
    first = MEASURE | {"public_id": "PER-00001", "valid_until": "2020-05", "checked_on": "2020-06-01", "relations": ""}
    second = MEASURE | {"public_id": "PER-00002", "valid_until": "", "checked_on": "", "relations": "extends:PER-00001"}
    assert counts(run(tmp_path, [first, second])) == (2, 0, 0, 0)
    assert counts(run(tmp_path, [{"public_id": "PER-00001", "checked_on": "2020-06-02"}])) == (0, 1, 0, 0)


@pytest.mark.django_db
def test_record_with_a_date_far_ahead_is_unchanged_by_its_own_row(tmp_path: Path) -> None:
    draft = factories.draft(valid_until=FAR, title_en="Old")
    row = {"public_id": draft.public_id, "valid_until": FAR}
    assert counts(run(tmp_path, [row])) == (0, 0, 1, 0)
    assert counts(run(tmp_path, [row | {"title_en": "New"}])) == (0, 1, 0, 0)


@pytest.mark.django_db
def test_months_in_the_form_are_calendar_time_without_asking() -> None:
    draft, client = factories.draft(), Client()
    client.force_login(factories.analyst())
    url = reverse("admin:measures_measure_change", args=[draft.pk])
    shown = admin_forms.shown(client, url)
    assert admin_forms.errors(client.post(url, shown | {"duration": "P6M"})) == []
    draft.refresh_from_db()
    assert (draft.duration, draft.duration_basis) == ("P6M", "calendar")
    shown = admin_forms.shown(client, url)
    found = admin_forms.errors_by_field(client.post(url, shown | {"duration": "P30D", "duration_basis": ""}))
    assert set(found) == {"duration_basis"}
    found = admin_forms.errors_by_field(client.post(url, shown | {"duration": "30 days"}))
    assert found["duration"] == ["Write a duration as P30D for 30 days, P6M for six months, P1Y for a year or P1M15D."]


@pytest.mark.django_db
def test_check_in_the_form_names_the_person() -> None:
    draft, client, analyst = factories.draft(), Client(), factories.analyst()
    client.force_login(analyst)
    url = reverse("admin:measures_measure_change", args=[draft.pk])
    for day, person in (("2020-05-01", analyst), ("", None)):
        assert admin_forms.errors(client.post(url, admin_forms.shown(client, url) | {"checked_on": day})) == []
        draft.refresh_from_db()
        assert (str(draft.checked_on or ""), draft.checked_by) == (day, person)
