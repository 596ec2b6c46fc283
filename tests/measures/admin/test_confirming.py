"""“Still so today”: the button of the form and the action of the list."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.days import today
from foundation.records.changes import acts_on
from measures.models import Measure
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

LIST = reverse("admin:measures_measure_changelist")


def _confirm(client: Client, *measures: Measure) -> list[str]:
    page = client.post(LIST, {"action": "confirm_selected", "_selected_action": [m.pk for m in measures]}, follow=True)
    return [str(message) for message in page.context["messages"]]


def _checks() -> dict[str, Any]:
    return {m.public_id: (m.checked_on, m.checked_by) for m in Measure.objects.select_related("checked_by")}


def test_button_saves_the_form_and_a_check_of_today() -> None:
    draft, analyst = factories.draft(), factories.analyst()
    client, url = signed_in(analyst), reverse("admin:measures_measure_change", args=[draft.pk])
    assert 'name="_still_so"' in client.get(url).content.decode()
    page = client.post(url, admin_forms.shown(client, url) | {"_still_so": "1", "title_en": "Typed"}, follow=True)
    assert page.redirect_chain == [(url, 302)]
    draft.refresh_from_db()
    assert (draft.title_en, draft.checked_on, draft.checked_by) == ("Typed", today(), analyst)
    assert {"Last checked on", "Checked by"} <= {change.what for act in acts_on(draft) for change in act.changes}


def test_button_is_not_offered_for_an_act_that_has_ended() -> None:
    ended = factories.draft(events=(("in_force", "2020-04-14"), ("repealed", "2020-05-01")))
    client, url = signed_in(factories.analyst()), reverse("admin:measures_measure_change", args=[ended.pk])
    assert 'name="_still_so"' not in client.get(url).content.decode()
    found = admin_forms.errors(client.post(url, admin_forms.shown(client, url) | {"_still_so": "1"}))
    assert [text for text in found if "its last possible day was 2020-04-30" in text] == found != []


def test_action_sets_the_check_of_all_selected_entries() -> None:
    first, second, other, analyst = factories.draft(), factories.draft(), factories.draft(), factories.analyst()
    assert _confirm(signed_in(analyst), first, second) == ["2 entries are still so today."]
    assert _checks() == {
        first.public_id: (today(), analyst),
        second.public_id: (today(), analyst),
        other.public_id: (None, None),
    }
    first.refresh_from_db()
    assert (first.record_version, first.updated_by) == (2, analyst)


def test_action_of_an_analyst_leaves_public_entries_as_they_are() -> None:
    draft, public, editor = factories.draft(), factories.measure(), factories.editor()
    said = _confirm(signed_in(factories.analyst()), draft, public)
    assert said[0] == "1 entry is still so today."
    assert said[1].startswith("1 selected entry is published or retired and did not change")
    assert _checks()[public.public_id] == (None, None)
    assert _confirm(signed_in(editor), public) == ["1 entry is still so today."]
    assert _checks()[public.public_id] == (today(), editor)


def test_action_changes_nothing_if_an_act_has_ended() -> None:
    draft = factories.draft()
    undated = factories.draft(events=(("in_force", "2020-04-14"), ("repealed", "")))
    expired = factories.draft(valid_until="2020-05")
    repealed = factories.draft(valid_from="2019")
    factories.relation(subject=factories.measure(valid_from="2020"), object=repealed, type="repeals")
    assert _confirm(signed_in(factories.analyst()), draft, undated, expired, repealed) == [
        "Nothing was changed.",
        *(
            f"{act.public_id}: The act has ended, so that there is nothing to confirm."
            for act in (undated, expired, repealed)
        ),
    ]
    assert set(_checks().values()) == {(None, None)}


def test_act_that_another_one_extends_is_confirmed_after_its_own_end() -> None:
    extended = factories.draft(valid_until="2020-05")
    factories.relation(subject=factories.measure(), object=extended)
    assert _confirm(signed_in(factories.analyst()), extended) == ["1 entry is still so today."]


def test_action_takes_as_many_queries_for_many_entries_as_for_one() -> None:
    client, drafts = signed_in(factories.analyst()), [factories.draft() for _ in range(12)]
    counts = []
    for chosen in (drafts[:1], drafts[1:]):
        with CaptureQueriesContext(connection) as queries:
            client.post(LIST, {"action": "confirm_selected", "_selected_action": [draft.pk for draft in chosen]})
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Measure.objects.filter(checked_on=today()).count() == 12
