"""Country teams: nothing of another country is changed, by form, row, action, proposal, comment or file."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client

from foundation.files.importing.pipeline import compared
from foundation.files.resources import resources
from foundation.records.models import Comment, Revision
from foundation.records.revisions import may_review
from measures import workflow
from measures.merging.merge import merge
from measures.models import Measure
from tests import admin_forms, factories
from tests.attacks.second_reader import url
from tests.attacks.teams import ecuador, names_in, public, secret
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


def measure_form(client: Client, record: Measure | None = None, query: str = "") -> tuple[str, dict[str, Any]]:
    """The address of a form of a measure, and what it would send."""
    address = url("measures.Measure", "change", record.pk) if record else url("measures.Measure", "add")
    return address + query, admin_forms.shown(client, address + query)


def test_draft_is_not_given_to_another_country_nor_entered_there(people: dict[str, User]) -> None:
    mine = factories.draft()
    ecuador()
    client = signed_in(people["other editor"])
    for record, query in ((mine, ""), (None, "?country=ECU")):
        address, sent = measure_form(client, record, query)
        assert sent.get("country", "") == ("PER" if record else "")
        page = client.post(address, sent | {"country": "ECU", "kind": "law", "title_en": "Typed"})
        assert list(admin_forms.errors_by_field(page)) == ["country"]
    assert list(Measure.objects.values_list("country", flat=True)) == ["PER"]


@pytest.mark.parametrize(("binds", "is_saved"), [([], False), (["ECU"], False), (["ECU", "PER"], True)])
def test_act_of_no_country_is_entered_where_it_binds_one_s_own(
    people: dict[str, User], binds: list[str], is_saved: bool
) -> None:
    ecuador()
    client = signed_in(people["other analyst"])
    address, sent = measure_form(client)
    sent |= {"country": "", "kind": "treaty", "level": "supranational", "binds": binds, "title_en": "Pact"}
    page = client.post(address, sent)
    assert Measure.objects.exists() == is_saved
    if not is_saved:
        assert admin_forms.errors(page)[0].startswith("Not saved: the record would not be of one of your countries.")
        assert admin_forms.held(page)["title_en"] == "Pact"


def test_relation_names_no_draft_of_another_country_and_keeps_one_that_does(people: dict[str, User]) -> None:
    mine, hidden, other = factories.draft(), secret(), public()
    factories.relation(subject=mine, object=hidden)
    client = signed_in(people["other analyst"])
    address, sent = measure_form(client, mine, f"?relates_to={hidden.pk}")
    assert "Secret" not in client.get(address).text
    assert "Secret" not in client.get(url(mine, "history", mine.pk)).text
    forged = sent | {"relations-0-type": "cites", "relations-0-object": str(hidden.pk)}
    assert list(admin_forms.errors_by_field(client.post(address, forged))) == ["relations-0-object"]
    saved = sent | {"relations-0-type": "cites", "relations-0-object": str(other.pk)}
    assert admin_forms.errors(client.post(address, saved)) == []
    assert set(mine.relations.values_list("type", "object")) == {("extends", hidden.pk), ("cites", other.pk)}


def test_nothing_is_taken_over_from_a_draft_of_another_country(people: dict[str, User]) -> None:
    hidden = secret(reference="7-2020")
    for name in ("provision_of", "after"):
        found = {
            role: names_in(signed_in(people[role]), f"{url(hidden, 'add')}?{name}={hidden.pk}")
            for role in ("own analyst", "other analyst")
        }
        assert found == {"own analyst": "S", "other analyst": "-"}


def test_effects_name_no_draft_of_another_country(people: dict[str, User]) -> None:
    hidden = secret(valid_from="2020-01-01", valid_until="2020-12-31")
    typed = {"kind": "law", "country": "PER", "valid_from": "2020-03-01", "relations-TOTAL_FORMS": "1"}
    typed |= {"relations-0-type": "repeals", "relations-0-object": str(hidden.pk)}
    address = url(hidden, "effects")
    found = {role: names_in(signed_in(people[role]), address, **typed) for role in ("own analyst", "other analyst")}
    assert found == {"own analyst": "S", "other analyst": "-"}


@pytest.mark.parametrize("role", ["other analyst", "other editor", "auditor"])
def test_forms_are_not_sent_for_another_country(people: dict[str, User], role: str) -> None:
    draft, known, country = secret(), public(), ecuador()
    text = factories.mobility_role(country=country, narrative_en="Old.")
    forms = {
        url(record, "change", record.pk): admin_forms.shown(
            signed_in(people["superuser"]), url(record, "change", record.pk), f"{record._meta.model_name}_form"
        )
        for record in (draft, known, country, text)
    }
    client = signed_in(people[role])
    changed = {"title_en": "Forged", "summary_en": "Forged", "narrative_en": "Forged", "roles-0-narrative_en": "Forged"}
    codes = [client.post(address, sent | changed).status_code for address, sent in forms.items()]
    assert codes == [403, 403, 403, 403]
    for record in (draft, known, country, text):
        record.refresh_from_db()
    assert (draft.title_en, known.title_en, country.summary_en) == ("Secret of Quito", "Known of Quito", "")
    assert text.narrative_en == "Old."


# Actions


def test_actions_change_nothing_of_another_country(people: dict[str, User]) -> None:
    draft, known, figure = secret(), public(), factories.observation(country=ecuador())
    stored = list(Measure.objects.order_by("pk").values())
    client = signed_in(people["other editor"])
    more = {"_tag": "1", "evidence": "disputed", "move_note": "Because", "asked": "1", "post": "yes"}
    said = []
    for action in ("confirm_selected", "tag_selected", *workflow.MOVES):
        for record in (draft, known):
            sent = {"action": action, "_selected_action": [record.pk], **more}
            said.append(client.post(url(record, "changelist"), sent, follow=True).text)
    client.post(url(figure, "changelist"), {"action": "delete_selected", "_selected_action": [figure.pk], **more})
    figure.refresh_from_db()
    assert list(Measure.objects.order_by("pk").values()) == stored
    assert sum("Secret" in text for text in said) == 0
    assert f"{known.public_id} is not of your countries." in "".join(said)


def test_domain_refuses_moves_and_merges_of_another_country(people: dict[str, User]) -> None:
    draft, mine = secret(), factories.draft()
    for act in (workflow.submit, workflow.publish):
        with pytest.raises(ValidationError, match="is not of your countries"):
            act(draft, by=people["other editor"])
    with pytest.raises(ValidationError, match="Choose two records of your countries"):
        merge(mine, draft, by=people["other editor"])
    assert workflow.moves_open_to(people["other editor"], draft) == []
    workflow.submit(draft, by=people["own analyst"])


def test_preview_of_a_merge_of_what_is_shared_names_no_draft_of_another_country(people: dict[str, User]) -> None:
    draft = secret()
    public()
    chosen = [draft.primary_topic_id, factories.topic(key="health.other").pk]
    sent = {"action": "merge_selected", "_selected_action": chosen, "keep": chosen[1]}
    found = [
        names_in(signed_in(people[role]), url("measures.Topic", "changelist"), **sent)
        for role in ("own editor", "other editor", "coordinator")
    ]
    assert found == ["-", "-", "SK"]


def test_shared_word_is_changed_by_a_proposal_that_a_coordinator_approves(people: dict[str, User]) -> None:
    """A word that no entry uses yet, too."""
    topic = factories.topic(key="unused")
    address = url(topic, "change", topic.pk)
    for role in ("own editor", "other analyst"):
        client = signed_in(people[role])
        assert "All countries share this." in client.get(address).text
        said = {"label_en": f"By {role}", "proposal_reason": "correction", "_propose": "1"}
        sent = client.post(
            f"{address}?propose=1", admin_forms.shown(client, f"{address}?propose=1", "topic_form") | said
        )
        assert sent.status_code == 302, admin_forms.errors(sent)
    first = Revision.objects.get(proposed_by=people["own editor"])
    roles = [role for role, user in people.items() if may_review(User.objects.get(pk=user.pk), first)]
    assert roles == ["coordinator", "superuser"]
    decision = {"_approve": "1", "proposal_opened": first.proposed_at.isoformat()}
    for role, code, label in (("other editor", 302, "Unused"), ("coordinator", 302, "By own editor")):
        desk = url(topic, "revision", topic.pk, first.pk)
        answer = signed_in(people[role]).post(desk, decision)
        topic.refresh_from_db()
        assert (answer.status_code in (code, 403), topic.label_en) == (True, label)


# Proposals and comments


def test_proposals_and_comments_are_left_to_the_team(people: dict[str, User]) -> None:
    known = public()
    proposal = factories.revision(record=known, by=people["own analyst"], title_en="Proposed of Quito")
    address = url(known, "change", known.pk) + "?propose=1"
    sent = admin_forms.shown(
        signed_in(people["own analyst"]), url(known, "change", known.pk) + f"?revision={proposal.pk}"
    )
    for role in ("other analyst", "other editor", "auditor"):
        client = signed_in(people[role])
        assert client.post(address, sent | {"title_en": "Forged"}).status_code == 403
        assert client.post(url(known, "comments", known.pk), {"text": "Forged"}).status_code == 403
        decision = {"_decline": "1", "review_note": "No", "proposal_opened": proposal.proposed_at.isoformat()}
        page = client.post(url(known, "revision", known.pk, proposal.pk), decision)
        assert page.status_code == 403
    assert (Revision.objects.count(), Comment.objects.count()) == (1, 0)
    proposal.refresh_from_db()
    assert proposal.state == "waiting"
    roles = [role for role, user in people.items() if may_review(User.objects.get(pk=user.pk), proposal)]
    assert roles == ["own editor", "coordinator", "superuser"]


# Files

MEASURES = "public_id,country,kind,title_en,topics,sources\n"


def imported(tmp_path: Path, name: str, text: str, by: User, **options: Any) -> Any:
    path = tmp_path / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    with compared(path, resources()[name], by=by, **options) as found:
        if not found.report.is_refused:
            found.save()
        return found.report


@pytest.mark.parametrize("role", ["own editor", "other editor", "coordinator"])
def test_rows_of_another_country_are_refused_with_cell_and_remedy(
    people: dict[str, User], tmp_path: Path, role: str
) -> None:
    draft, by = secret(), people[role]
    source = draft.citations.get().source
    factories.indicator()
    files = {
        "changed": ("measures", f"public_id,country,title_en\n{draft.public_id},ECU,Forged\n"),
        "older": (
            "measures",
            f"public_id,country,title_en,updated_at\n{draft.public_id},ECU,Forged,2000-01-01T00:00:00Z\n",
        ),
        "new": ("measures", f"{MEASURES},ECU,law,New,health.access,{source.url}\n"),
        "event": ("status_events", f"measure,position,status,date\n{draft.public_id},2,repealed,2021\n"),
        "figure": (
            "observations",
            "indicator,country,counterpart,period,value,source_name\nimmigrant_stock,ECU,,2020,5,A yearbook\n",
        ),
        "country": ("countries", "iso3,summary_en\nECU,Forged\n"),
    }
    is_foreign = role == "other editor"
    refused = {}
    for kind, (name, text) in files.items():
        report = imported(tmp_path, name, text, by)
        refused[kind] = [(problem.column, problem.value, problem.remedy) for problem in report.problems]
    remedy = "Remove the row, or ask a coordinator to import the file."
    country = [("country", "ECU", remedy)]
    expected = {
        "changed": country,
        "older": country,  # the preview of an older row shows what the record has
        "new": country,
        "event": [("measure", draft.public_id, remedy)],
        "figure": country,
        "country": [("iso3", "ECU", remedy)],
    }
    assert refused == (expected if is_foreign else {kind: [] for kind in files})


@pytest.mark.parametrize("role", ["other editor", "coordinator"])
def test_shared_words_are_imported_by_who_works_on_all_countries(
    people: dict[str, User], tmp_path: Path, role: str
) -> None:
    report = imported(tmp_path, "topics", "key,label_en,label_es,label_pt\nnew,New,Nuevo,Novo\n", people[role])
    is_refused = [problem.problem for problem in report.problems] == [
        "All countries share these records. Only a coordinator changes them."
    ]
    assert is_refused == (role == "other editor")


def test_files_name_no_draft_of_another_country_and_leave_relations_to_it(
    people: dict[str, User], tmp_path: Path
) -> None:
    mine, hidden, known = factories.draft(), secret(), public()
    factories.relation(subject=mine, object=hidden)
    factories.relation(subject=mine, object=known, type="amends")
    exports = {
        name: b"".join(
            signed_in(people["other analyst"]).get(url("foundation.FileImport", "export", name, "csv"))
        ).decode()
        for name in ("measures", "relations")
    }
    assert [hidden.public_id in text for text in exports.values()] == [False, False]
    assert [f"amends:{known.public_id}" in exports["measures"], known.public_id in exports["relations"]] == [True, True]
    by = people["other analyst"]
    said = imported(tmp_path, "measures", f"public_id,relations\n{mine.public_id},cites:{known.public_id}\n", by)
    assert (said.changed, said.problems) == (1, [])
    assert set(mine.relations.values_list("type", "object")) == {("extends", hidden.pk), ("cites", known.pk)}
    unknown = imported(tmp_path, "measures", f"public_id,relations\n{mine.public_id},cites:{hidden.public_id}\n", by)
    assert [problem.column for problem in unknown.problems] == ["relations"]


def test_unchanged_row_of_another_country_is_not_published(people: dict[str, User], tmp_path: Path) -> None:
    draft = secret()
    text = f"public_id,country,title_en\n{draft.public_id},ECU,{draft.title_en}\n"
    for role, state in (("other editor", "draft"), ("own editor", "published")):
        imported(tmp_path, "measures", text, people[role], publish=True)
        draft.refresh_from_db()
        assert draft.workflow == state
