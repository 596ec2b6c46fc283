"""Definitions with versions: what an editor says of a change, the entries to code again, and the public codebook."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from foundation.records.changes import acts_on
from measures.data_document import meanings
from measures.definitions.in_code import changed_in_code
from measures.definitions.recoding import waiting_for
from measures.models import Measure
from measures.vocabularies import VOCABULARIES
from tests import admin_forms, factories
from tests.clients import signed_in

LIST = reverse("admin:measures_measure_changelist")
KEPT = "1 entry keeps its codes, now by the new definitions."


def _redefine(editor: User, term: Any, meaning: str, why: str, text: str) -> Any:
    """Change the English definition of a term in its form."""
    client, kind = signed_in(editor), term._meta.model_name
    url = reverse(f"admin:measures_{kind}_change", args=[term.pk])
    said = {"definition_en": text, "definition_meaning": meaning, "definition_why": why}
    return client.post(url, admin_forms.shown(client, url, f"{kind}_form") | said)


@pytest.mark.django_db
def test_who_changes_a_definition_says_what_it_means_and_why() -> None:
    editor, term = factories.editor(), factories.topic(key="health", definition_en="Care")
    answer = _redefine(editor, term, "", "", "Care and prevention")
    assert set(admin_forms.errors_by_field(answer)) == {"definition_meaning", "definition_why"}
    client, url = signed_in(editor), reverse("admin:measures_topic_change", args=[term.pk])
    renamed = admin_forms.shown(client, url, "topic_form") | {"label_en": "Health care"}
    assert client.post(url, renamed).status_code == 302
    assert "definition_meaning" not in signed_in(factories.analyst()).get(url).content.decode()


def _to_code_again(user: User) -> set[str]:
    page = signed_in(user).get(f"{LIST}?queue=recode")
    return {measure.public_id for measure in page.context["cl"].result_list}


# The history tells the moments of transactions, so that each step must be one
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_new_meaning_opens_a_queue_until_codes_are_kept_or_changed(client: Client) -> None:
    editor = factories.editor()
    asylum = factories.topic(key="asylum", definition_en="Refugee status", definition_es="Estatuto de refugiado")
    other = factories.topic(key="work")
    group = factories.target_group(key="refugees", definition_en="Recognised")
    kept, changed, left = (factories.measure(topics=("asylum",), groups=("refugees",)) for _number in range(3))
    draft, without = factories.draft(topics=("asylum",)), factories.measure(topics=("work",))
    factories.measure(topics=("asylum",), workflow="retired")
    ids = {measure.public_id for measure in (kept, changed, left, draft)}

    assert _redefine(editor, asylum, "wording", "A typing error.", "The refugee status").status_code == 302
    assert _to_code_again(editor) == set()
    assert _redefine(editor, asylum, "narrower", "Visas have a topic.", "Refugee status alone").status_code == 302
    assert _to_code_again(editor) == ids
    front = " ".join(signed_in(editor).get("/admin/").content.decode().split())
    assert "<b>4</b> Definition changed: to code again <small> Peru 4. Next: open each; keep its codes or" in front
    assert "the definition was changed since" in client.get(kept.get_absolute_url()).text

    # by button, by changing the codes, and by the action of the list
    page = signed_in(editor)
    url = reverse("admin:measures_measure_change", args=[kept.pk])
    form = page.get(url).content.decode()
    assert "Refugee status alone" in form
    assert 'name="_codes_right"' in form
    assert page.post(url, admin_forms.shown(page, url) | {"_codes_right": "1"}).status_code == 302
    url = reverse("admin:measures_measure_change", args=[changed.pk])
    retagged = {"topics": [str(other.pk)], "primary_topic": str(other.pk)}
    assert page.post(url, admin_forms.shown(page, url) | retagged).status_code == 302
    assert _to_code_again(editor) == {left.public_id, draft.public_id}
    chosen = {"action": "confirm_codes_selected", "_selected_action": [left.pk, draft.pk]}
    answer = signed_in(factories.analyst()).post(LIST, chosen, follow=True)
    assert [str(message) for message in answer.context["messages"]][:1] == [KEPT]
    assert _to_code_again(editor) == {left.public_id}  # public: an editor decides
    page.post(LIST, chosen)
    assert _to_code_again(editor) == set()
    assert "Confirmed" in {change.what for act in acts_on(kept) for change in act.changes}
    assert "the definition was changed since" not in client.get(kept.get_absolute_url()).text

    # a wider group concerns whoever has groups, and no topics
    assert _redefine(editor, group, "wider", "Applicants too.", "Recognised, or applying").status_code == 302
    assert _to_code_again(editor) == {kept.public_id, changed.public_id, left.public_id}
    assert waiting_for(Measure.objects.get(pk=without.pk)) == []
    assert [each.field for each in waiting_for(Measure.objects.get(pk=kept.pk))] == ["target_groups"]

    # what readers see
    book = client.get("/data/codebook/").text
    assert "Visas have a topic." in book
    assert "<del>The refugee status</del>" in book
    rows = list(csv.DictReader(io.StringIO(client.get("/data/codebook/changes.csv").getvalue().decode())))
    told = [
        (row["version"], row["meaning"], row["language"], row["before"], row["definition"])
        for row in rows
        if row["name"] == "asylum"
    ]
    assert told == [
        ("1", "", "en", "", "Refugee status"),
        ("1", "", "es", "", "Estatuto de refugiado"),
        ("2", "wording", "en", "Refugee status", "The refugee status"),
        ("3", "narrower", "en", "The refugee status", "Refugee status alone"),
    ]
    lines = csv.DictReader(io.StringIO(client.get("/data/codebook.csv").getvalue().decode()))
    assert {row["version"] for row in lines if row["name"] == "asylum"} == {"3"}


def test_changes_of_definitions_in_code_name_what_there_is() -> None:
    headings = {name for heading in meanings() for name in heading.replace(".csv", "").split()}
    code = {name for name, vocabulary in VOCABULARIES.items() if vocabulary.is_code}
    assert {part for part, _name in changed_in_code()} <= headings | code
    assert all(
        name in {term.key for term in VOCABULARIES[part].terms()} for part, name in changed_in_code() if part in code
    )
