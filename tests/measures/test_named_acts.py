"""A stub that a published entry names is public as a name: who may change it, and what its page says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from foundation.files.importing.pipeline import compared
from foundation.files.resources import resources
from foundation.publication import public_version
from foundation.records.second_reader import is_public
from measures import workflow
from measures.models import Measure
from tests import factories
from tests.admin_forms import shown
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

QUERIES = 7


def stub() -> Measure:
    return factories.measure(workflow="stub", title_en="State of emergency", summary_en="Untold")


def named_stub() -> Measure:
    made = stub()
    factories.relation(subject=factories.measure(title_en="Protocol"), object=made, type="implements")
    return made


def words(client: Client, measure: Measure, status: int = 200) -> str:
    response = client.get(measure.get_absolute_url())
    assert response.status_code == status
    main = response.content.decode().partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_page_of_a_named_act_says_who_names_it_and_nothing_else(client: Client) -> None:
    said = words(client, named_stub())
    assert "State of emergency Named, not yet recorded Peru" in said
    assert "Implemented by Protocol" in said
    assert "Untold" not in said


def test_naming_entry_leads_to_the_named_act_without_a_status(client: Client) -> None:
    made = named_stub()
    said = words(client, made.relations_to.get().subject)
    assert f"Implements State of emergency Named, not yet recorded · {made.public_id}" in said


def test_named_act_shows_relations_between_named_acts(client: Client) -> None:
    part, whole = named_stub(), named_stub()
    factories.relation(subject=part, object=whole, type="part_of")
    factories.relation(subject=stub(), object=whole, type="amends")
    said = words(client, whole)
    assert f"Has part State of emergency Named, not yet recorded · {part.public_id}" in said
    assert "Amended by" not in said


def test_relation_of_a_stub_of_its_own_makes_nothing_public(client: Client) -> None:
    """Those who may not publish write it."""
    made = stub()
    factories.relation(subject=made, object=factories.measure())
    words(client, made, 404)
    assert not is_public(made)


def test_mutual_relation_makes_nothing_public(client: Client) -> None:
    """It is stored from the older entry, whoever writes it."""
    older, made = factories.measure(), stub()
    factories.relation(subject=older, object=made, type="conflicts_with")
    words(client, made, 404)
    assert "State of emergency" not in words(client, older)
    public_version()
    assert made.public_id not in b"".join(client.get(reverse("measures_csv"))).decode()


def test_act_is_no_longer_public_when_the_naming_entry_is_not(client: Client) -> None:
    made = named_stub()
    workflow.send_back(made.relations_to.get().subject, by=factories.editor(), note="Check the relation")
    words(client, made, 404)


def test_named_act_is_in_no_list(client: Client) -> None:
    made = named_stub()
    assert [entry.title_en for entry in Measure.objects.published()] == ["Protocol"]
    public_version()
    page = client.get(reverse("measures"), {"q": made.public_id}).content.decode()
    assert "State of emergency" not in page


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize(
    "change",
    [
        lambda made: Measure.objects.filter(pk=made.pk).update(title_en="Another name"),
        lambda made: workflow.draft(made, by=factories.editor()),
        lambda made: made.relations_to.all().delete(),
    ],
)
def test_change_of_a_named_act_is_a_public_change(change: Callable[[Measure], object]) -> None:
    made = named_stub()
    before = public_version()
    change(made)
    assert public_version() != before


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_change_of_a_stub_that_nobody_names_is_no_public_change() -> None:
    made = stub()
    before = public_version()
    Measure.objects.filter(pk=made.pk).update(title_en="Another name")
    assert public_version() == before


def test_analyst_cannot_change_or_move_a_named_act() -> None:
    made = named_stub()
    address = reverse("admin:measures_measure_change", args=[made.pk])
    analyst = factories.analyst()
    form = shown(signed_in(factories.editor()), address) | {"title_en": "Another name"}
    signed_in(analyst).post(address, form)
    with pytest.raises(ValidationError, match=r"A public entry names PER-00001, so only editors can move it\."):
        workflow.draft(made, by=analyst)
    made.refresh_from_db()
    assert (made.title_en, made.workflow) == ("State of emergency", "stub")
    assert workflow.moves_open_to(analyst, made) == []


def test_editor_begins_to_record_a_named_act(client: Client) -> None:
    made = named_stub()
    workflow.draft(made, by=factories.editor())
    words(client, made, 404)
    assert "State of emergency" not in words(client, made.relations_to.get().subject)


def test_file_of_an_analyst_cannot_change_a_named_act(tmp_path: Path) -> None:
    made = named_stub()
    path = tmp_path / "measures.csv"
    path.write_text(f"public_id,title_en\n{made.public_id},Another name\n")
    with compared(path, resources()["measures"], by=factories.analyst()) as found:
        [problem] = found.report.problems
    assert problem.problem == "A published record names this stub, and the row would change what the public reads."
    with compared(path, resources()["measures"], by=factories.editor(), publish=True) as found:
        found.save()
    made.refresh_from_db()
    assert (made.title_en, made.workflow) == ("Another name", "stub")


def test_pages_of_named_acts_take_a_fixed_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = named_stub()
    words(client, made)
    with django_assert_num_queries(QUERIES):
        words(client, made)
    for _each in range(5):
        factories.relation(subject=factories.measure(), object=made, type="implements")
    with django_assert_num_queries(QUERIES):
        words(client, made)
