"""What a record holds about time: durations, checks, relations with a date and a scope, and the day of recording."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from foundation.days import today
from foundation.records.changes import acts_on
from measures.models import Measure, Relation, StatusEvent
from tests import admin_forms, factories
from tests.clients import signed_in
from tests.csv_files import MEASURE, counts, export, problems, run

pytestmark = pytest.mark.django_db

APRIL_14 = datetime.date(2020, 4, 14)


@pytest.fixture(autouse=True)
def vocabulary() -> None:
    """The vocabulary that the rows of these tests use."""
    factories.country()
    factories.topic()


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"duration": "30 days", "duration_basis": "calendar"}, "duration_form"),
        ({"duration": "P", "duration_basis": "calendar"}, "duration_form"),
        ({"duration": "P0D", "duration_basis": "calendar"}, "duration_form"),
        ({"duration": "P30D"}, "duration_basis_pair"),
        ({"duration_basis": "calendar"}, "duration_basis_pair"),
        ({"duration": "P30D", "duration_basis": "lunar"}, "duration_basis_pair"),
        ({"duration": "P6M", "duration_basis": "working"}, "duration_basis_of_days"),
        ({"kind": "bill", "events": (), "duration": "P30D", "duration_basis": "calendar"}, "validity_of_norms"),
    ],
)
def test_duration_that_says_nothing_clear_is_refused(fields: dict[str, Any], rule: str) -> None:
    with pytest.raises(IntegrityError, match=f'"measures_measure_{rule}"'), transaction.atomic():
        factories.measure(**fields)


def test_check_by_somebody_has_a_day() -> None:
    factories.measure(checked_on=APRIL_14)
    with pytest.raises(IntegrityError, match="measures_measure_checked_pair"), transaction.atomic():
        factories.measure(checked_by=factories.editor())


@pytest.mark.parametrize("fields", [{"date": "2020"}, {"scope": "part"}])
def test_mutual_relation_has_no_date_and_no_part(fields: dict[str, str]) -> None:
    one, other = factories.measure(), factories.measure()
    with pytest.raises(IntegrityError, match="measures_relation_symmetric_is_bare"), transaction.atomic():
        factories.relation(subject=one, object=other, type="conflicts_with", **fields)


def test_scope_is_whole_or_part() -> None:
    one, other = factories.measure(), factories.measure()
    with pytest.raises(IntegrityError, match="measures_relation_scope_known"), transaction.atomic():
        factories.relation(subject=one, object=other, scope="half")


@pytest.mark.parametrize("kind", ["extends", "while_in_force"])
def test_validity_that_depends_on_itself_is_refused(kind: str) -> None:
    one, other = factories.measure(), factories.measure()
    factories.relation(subject=one, object=other, type=kind)
    with pytest.raises(ValidationError, match="cycle"):
        Relation(subject=other, type=kind, object=one).full_clean()
    with pytest.raises(IntegrityError, match="circle"), transaction.atomic():
        factories.relation(subject=other, object=one, type=kind)


def test_event_and_relation_know_the_day_on_which_they_were_recorded(tmp_path: Path) -> None:
    one, other = factories.draft(), factories.measure()
    factories.relation(subject=one, object=other)
    assert set(StatusEvent.objects.values_list("recorded_on", flat=True)) == {today()}
    StatusEvent.objects.update(recorded_on=APRIL_14)
    Relation.objects.update(recorded_on=APRIL_14)
    row = {
        "public_id": one.public_id,
        "kind": one.kind,
        "status_history": "in_force@2020-04-14|expired",
        "relations": f"extends:{other.public_id}@2020-05|repeals:{other.public_id}",
    }
    assert counts(run(tmp_path, [row])) == (0, 1, 0, 0)
    assert list(one.status_events.values_list("status", "recorded_on")) == [
        ("in_force", APRIL_14),
        ("expired", today()),
    ]
    assert list(one.relations.values_list("type", "recorded_on")) == [("extends", APRIL_14), ("repeals", today())]


# Files


def test_file_without_the_new_columns_leaves_them_alone(tmp_path: Path) -> None:
    measure = factories.draft(duration="P30D", duration_basis="working", checked_on=APRIL_14)
    assert counts(run(tmp_path, [MEASURE | {"public_id": measure.public_id}])) == (0, 1, 0, 0)
    measure.refresh_from_db()
    assert (measure.duration, measure.duration_basis, measure.checked_on) == ("P30D", "working", APRIL_14)


def test_check_from_a_file_names_nobody(tmp_path: Path) -> None:
    checked = {"checked_on": APRIL_14, "checked_by": factories.user(username="checker")}
    same, other = factories.draft(**checked), factories.draft(**checked)
    rows = [
        {"public_id": same.public_id, "title_en": "Other words", "checked_on": "2020-04-14"},
        {"public_id": other.public_id, "title_en": "Other words", "checked_on": "2020-04-15"},
    ]
    assert counts(run(tmp_path, rows)) == (0, 2, 0, 0)
    assert dict(Measure.objects.values_list("public_id", "checked_by__username")) == {
        same.public_id: "checker",
        other.public_id: None,
    }


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("extends:PER-00001 @ 15/04/2020", "extends:PER-00001@2020-04-15"),
        ("extends:PER-00001/whole", "extends:PER-00001"),
        ("suspends:PER-00001@2020-04?/part", "suspends:PER-00001@2020-04?/part"),
        ("revives:PER-00001|annuls:PER-00001/part", "annuls:PER-00001/part|revives:PER-00001"),
        ("conditional_on:PER-00001", "while_in_force:PER-00001"),
    ],
)
def test_relation_is_read_with_its_date_and_scope(tmp_path: Path, cell: str, written: str) -> None:
    rows = [
        MEASURE | {"public_id": "PER-00001", "relations": ""},
        MEASURE | {"public_id": "PER-00002", "relations": cell},
    ]
    assert counts(run(tmp_path, rows)) == (2, 0, 0, 0)
    assert written in export()
    assert counts(run(tmp_path, export())) == (0, 0, 2, 0)
    assert counts(run(tmp_path, [{"public_id": "PER-00002", "relations": cell}])) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        (
            "extends:PER-00001@",
            "Write a relation and an identifier: extends:PER-00004, or extends:PER-00004@2020-04-15.",
        ),
        ("extends:PER-00001@soon", "is not a date"),
        ("extends:PER-00001/half", "Write one of: whole, part."),
        ("extends:PER-00001|extends:PER-00001@2020", "Keep one of the two."),
        ("same_subject_as:PER-00001@2020", "Write same_subject_as:PER-00001."),
        (
            "extends:PER-00009@2020/part",
            "Write the identifier of an entry that exists or is in this file, or its data set and key there",
        ),
    ],
)
def test_relation_that_cannot_be_read_is_refused_with_the_remedy(tmp_path: Path, cell: str, remedy: str) -> None:
    report = run(tmp_path, [MEASURE | {"public_id": "PER-00002", "relations": cell}])
    assert [problem[:2] for problem in problems(report)] == [(2, "relations")]
    assert remedy in report.problems[0].remedy


def test_circle_of_dated_relations_is_refused(tmp_path: Path) -> None:
    rows = [
        MEASURE | {"public_id": f"PER-0000{n}", "relations": f"while_in_force:PER-0000{other}@2020/part"}
        for n, other in ((1, 2), (2, 1))
    ]
    assert [problem[:2] for problem in problems(run(tmp_path, rows))] == [(2, "relations"), (3, "relations")]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"duration": "30 days", "duration_basis": "calendar"}, "duration"),
        ({"duration": "P30D", "duration_basis": ""}, "duration"),
        ({"duration": "P6M", "duration_basis": "working"}, "duration_basis"),
        ({"duration": "", "duration_basis": "working"}, "duration_basis"),
    ],
)
def test_duration_in_a_file_is_refused_at_its_cell(tmp_path: Path, cells: dict[str, str], column: str) -> None:
    assert {problem[1] for problem in problems(run(tmp_path, [MEASURE | cells]))} == {column}


# The form and the page


def test_form_saves_date_and_scope_of_a_relation_and_shows_them_at_the_other_entry() -> None:
    draft, other, client = factories.draft(), factories.draft(), signed_in(factories.analyst())
    url = reverse("admin:measures_measure_change", args=[draft.pk])
    row = {
        "relations-0-type": "suspends",
        "relations-0-object": str(other.pk),
        "relations-0-date": "2020-05",
        "relations-0-scope": "part",
    }
    assert admin_forms.errors(client.post(url, admin_forms.shown(client, url) | row)) == []
    made = draft.relations.get()
    assert (str(made.date), made.scope, made.recorded_on) == ("2020-05", "part", today())
    told = [change.after for act in acts_on(draft)[:1] for change in act.changes]
    assert f"suspends, {other}, May 2020, A part of it" in told
    page = client.get(reverse("admin:measures_measure_change", args=[other.pk])).content.decode()
    assert "(in part, from May 2020, day not recorded)" in page


def test_form_refuses_a_date_of_a_mutual_relation() -> None:
    draft, other, client = factories.draft(), factories.draft(), signed_in(factories.analyst())
    url = reverse("admin:measures_measure_change", args=[draft.pk])
    row = {
        "relations-0-type": "conflicts_with",
        "relations-0-object": str(other.pk),
        "relations-0-date": "2020-05",
    }
    found = admin_forms.errors(client.post(url, admin_forms.shown(client, url) | row))
    assert found == ["A mutual relation has no date and concerns whole acts."]


def test_page_says_duration_check_and_what_acts_upon_the_entry(client: Client) -> None:
    law = factories.measure(title_en="A law", duration="P15D", duration_basis="unstated", checked_on=APRIL_14)
    act = factories.measure(title_en="A decree")
    factories.relation(subject=act, object=law, type="suspends", date="2020-05", scope="part")
    page = client.get(f"/measures/{law.public_id}/").content.decode()
    text = " ".join(page.split())
    assert "15 days" in text
    assert "Calendar or working days: not stated" in text
    assert '<th scope="row">Last checked</th> <td> <time datetime="2020-04-14">14 April 2020</time>' in text
    assert '<p class="note">In part, from May 2020, day not recorded ·' in text
