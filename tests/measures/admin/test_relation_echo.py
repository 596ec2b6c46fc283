"""What relations do to the acts that they name, shown before they are saved."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from measures.admin.relation_echo import effects_of
from measures.models import Measure
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

EFFECTS = reverse("admin:measures_measure_effects")


def change(measure: Measure) -> str:
    return reverse("admin:measures_measure_change", args=[measure.pk])


def emergency(**fields: Any) -> Measure:
    """A decree in force from 16 March to 28 April 2020."""
    defaults = {"valid_from": "2020-03-16", "valid_until": "2020-04-28", "end_kind": "fixed_date", "events": ()}
    return factories.measure(**defaults | fields)


def typed(type_: str, act: Measure | None, **fields: str) -> dict[str, str]:
    """A form as typed: a decree of 29 April 2020 to 13 May 2020 with one relation."""
    data = {
        "country": "PER",
        "kind": "executive_decree",
        "valid_from": "2020-04-29",
        "valid_until": "2020-05-13",
        "end_kind": "fixed_date",
        "relations-TOTAL_FORMS": "1",
        "relations-0-type": type_,
        "relations-0-object": str(act.pk) if act else "",
        "status_events-TOTAL_FORMS": "1",
    }
    return data | {name.replace("__", "-"): value for name, value in fields.items()}


@pytest.mark.parametrize(
    ("type_", "fields", "words"),
    [
        ("extends", {}, "would be in force until 13 May 2020 instead of 28 April 2020"),
        (
            "extends",
            {"valid_until": "", "end_kind": "", "duration": "P10D", "duration_basis": "calendar"},
            "would be in force until 8 May 2020 instead of 28 April 2020",
        ),
        (
            "repeals",
            {"relations-0-date": "2020-04-10"},
            "would be in force until 9 April 2020 instead of 28 April 2020",
        ),
        (
            "repeals",
            {"relations-0-date": "2020-04-10", "relations-0-scope": "part"},
            "would not change: in force 16 March 2020 to 28 April 2020",
        ),
        (
            "suspends",
            {"valid_from": "2020-04-01", "valid_until": "2020-04-10"},
            "would be in force 16 March 2020 to 31 March 2020, suspended 1 April 2020 to 10 April 2020, in force"
            " 11 April 2020 to 28 April 2020 instead of in force 16 March 2020 to 28 April 2020",
        ),
        ("repeals", {}, "would not change: in force 16 March 2020 to 28 April 2020"),
    ],
)
def test_effect_of_a_relation_as_typed(type_: str, fields: dict[str, str], words: str) -> None:
    act = emergency()
    [effect] = effects_of(typed(type_, act) | fields, None)
    assert (effect.act, effect.words) == (str(act), words)


def test_repeal_of_an_act_whose_end_is_open() -> None:
    act = emergency(valid_until=None, end_kind="indefinite")
    [effect] = effects_of(typed("repeals", act), None)
    assert effect.words == (
        "would be in force 16 March 2020 to 28 April 2020 instead of in force from 16 March 2020 on"
    )


def test_while_another_lasts_changes_this_entry() -> None:
    data = typed("while_in_force", emergency(), valid_from="2020-04-01", valid_until="", end_kind="while_measure")
    [effect] = effects_of(data, None)
    assert effect.act == "This entry"
    assert effect.words.startswith("would be in force 1 April 2020 to 28 April 2020 instead of")


def test_saved_relation_is_compared_with_the_record_without_it() -> None:
    act = emergency()
    saved = factories.measure(valid_from="2020-04-29", valid_until="2020-05-31", end_kind="fixed_date", events=())
    factories.relation(subject=saved, object=act, type="extends")
    [effect] = effects_of(typed("extends", act), saved.pk)
    assert effect.words == "would be in force until 13 May 2020 instead of 28 April 2020"


@pytest.mark.parametrize(
    "fields",
    [
        {"relations-0-type": "cites"},
        {"relations-0-type": ""},
        {"relations-0-object": ""},
        {"relations-0-object": "x"},
        {"relations-0-object": "99999999"},
        {"relations-0-DELETE": "on"},
        {"kind": "bill"},
        {"kind": "nonsense"},
        {"relations-TOTAL_FORMS": "x"},
    ],
)
def test_nothing_is_said_of_what_changes_no_validity(fields: dict[str, str]) -> None:
    assert effects_of(typed("extends", emergency()) | fields, None) == []


def test_nothing_is_said_of_a_statement() -> None:
    assert effects_of(typed("extends", factories.measure(kind="criticism")), None) == []


def test_what_is_half_typed_is_taken_as_empty() -> None:
    fields = {"valid_until": "2020-13", "duration": "30 days", "relations-0-date": "x", "checked_on": "x"}
    [effect] = effects_of(typed("extends", emergency()) | fields, None)
    assert effect.words.startswith("would be in force 16 March 2020 to ")


def test_form_asks_and_says_that_a_draft_acts_later() -> None:
    act, client = emergency(), signed_in(factories.analyst())
    said = client.post(EFFECTS, typed("extends", act)).content.decode()
    assert f"<b>{act}</b>: would be in force until 13 May 2020 instead of 28 April 2020." in said
    assert "This holds once this entry is published." in said
    public = factories.measure()
    said = client.post(EFFECTS, typed("extends", act) | {"pk": str(public.pk)}).content.decode()
    assert "once this entry is published" not in said


def test_form_with_a_fault_shows_the_effect_again() -> None:
    act, client = emergency(), signed_in(factories.analyst())
    url = reverse("admin:measures_measure_add")
    data = {name: value for name, value in typed("extends", act).items() if not name.endswith("TOTAL_FORMS")}
    response = client.post(url, admin_forms.shown(client, url) | data)
    assert admin_forms.errors(response) != []
    assert "would be in force until 13 May 2020 instead of 28 April 2020" in response.content.decode()


def test_strangers_are_not_told() -> None:
    assert Client().post(EFFECTS).status_code == 302
    nobody = factories.analyst()
    nobody.groups.clear()
    assert signed_in(nobody).post(EFFECTS).status_code == 403
    assert signed_in(factories.analyst()).get(EFFECTS).status_code == 403


# From the other side


def test_act_leads_to_the_form_of_the_one_that_acts_upon_it() -> None:
    act, other, client = emergency(), factories.draft(), signed_in(factories.analyst())
    url = reverse("admin:measures_measure_relate", args=[act.pk])
    assert f'href="{url}"' in client.get(change(other)).content.decode().replace(str(other.pk), str(act.pk))
    page = client.get(url).content.decode()
    assert f"?relates_to={act.pk}&amp;country=PER" in page
    response = client.get(url, {"by": str(other.pk)})
    assert response["Location"] == f"{change(other)}?relates_to={act.pk}#relations-group"
    data = admin_forms.shown(client, f"{change(other)}?relates_to={act.pk}")
    assert data["relations-0-object"] == str(act.pk)
    response = client.post(change(other), data | {"relations-0-type": "extends"})
    assert admin_forms.errors(response) == []
    assert [(relation.type, relation.object) for relation in other.relations.all()] == [("extends", act)]


@pytest.mark.parametrize("asked", ["", "x", "0"])
def test_act_that_does_not_exist_is_not_chosen(asked: str) -> None:
    act, client = emergency(), signed_in(factories.analyst())
    url = reverse("admin:measures_measure_relate", args=[act.pk])
    assert client.get(url, {"by": asked}).status_code == 200
    assert client.get(url, {"by": str(act.pk)}).status_code == 200


def test_new_act_begins_with_the_relation() -> None:
    act, client = emergency(), signed_in(factories.analyst())
    data = admin_forms.shown(client, f"{reverse('admin:measures_measure_add')}?relates_to={act.pk}&country=PER")
    assert (data["relations-0-object"], data["country"]) == (str(act.pk), "PER")
