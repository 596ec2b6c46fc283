"""A proposed change is approved for a later time, and a new term is proposed."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from foundation.records import revisions
from foundation.records.changes import acts_on
from foundation.records.models import Revision, RevisionProblem, RevisionState
from foundation.records.revision_later_admin import publish_due
from measures.admin.inbox import inbox_of
from measures.admin.measure import MeasureAdmin
from measures.details import BOOKKEEPING
from measures.models import Measure, TargetGroup, Topic
from tests import admin_forms, factories
from tests.clients import signed_in
from tests.foundation.records.test_revisions import WHY, address, changes, desk, people, proposed

pytestmark = pytest.mark.django_db


def approved_for_later(client: Client, record: Any, revision: Revision) -> Revision:
    """The revision, approved on the desk for a day from now."""
    later = timezone.localtime() + timedelta(days=1)
    desk(client, record, revision, _approve_later="1", publish_at=f"{later:%Y-%m-%dT%H:%M}")
    revision.refresh_from_db()
    assert revision.state == RevisionState.SCHEDULED
    return revision


def test_change_approved_for_later_is_published_then_with_what_others_changed_meanwhile() -> None:
    ana, eva = people()
    measure = factories.measure(title_en="Old", title_es="Viejo")
    revision = proposed(ana, measure, title_en="New", **{"status_events-1-status": "in_force"})
    box = desk(eva, measure, revision).text.partition('name="publish_at"')[2].partition(">")[0]
    assert "id_publish_at" in box
    assert "required" not in box, "a browser would not send the other buttons' form"
    for typed in ("2020-01-01T10:00", "2999-01-01T10:00", "soon", ""):
        desk(eva, measure, revision, _approve_later="1", publish_at=typed)
        revision.refresh_from_db()
        assert revision.state == RevisionState.WAITING
    assert desk(ana, measure, revision, _approve_later="1", publish_at="2999-01-01T10:00").status_code == 403
    approved_for_later(eva, measure, revision)
    assert "It will be published on" in desk(eva, measure, revision).text
    desk(eva, measure, revision, _unschedule="1")
    revision.refresh_from_db()
    assert (revision.state, revision.publish_at) == (RevisionState.WAITING, None)
    due = approved_for_later(eva, measure, revision).publish_at
    assert due
    assert publish_due(at=due - timedelta(minutes=1)) == 0
    assert "New" not in Client().get(measure.get_absolute_url()).text
    form = admin_forms.shown(eva, address(measure))
    assert eva.post(address(measure), form | {"title_es": "De Eva"}).status_code == 302
    assert (publish_due(at=due), publish_due(at=due)) == (1, 0)
    measure.refresh_from_db()
    revision.refresh_from_db()
    assert (measure.title_en, measure.title_es, measure.status) == ("New", "De Eva", "in_force")
    assert (revision.state, revision.reviewed_by) == (RevisionState.APPROVED, User.objects.get(username="eva"))
    act = acts_on(measure, hidden=BOOKKEEPING)[0]
    assert act.proposal
    assert (act.who, act.proposal.by) == ("eva", "ana")


def test_change_that_cannot_be_published_at_its_time_waits_at_the_desk_with_the_reason() -> None:
    ana, eva = people()
    expected = {}
    for problem in RevisionProblem:
        record = factories.topic(key=problem.value, label_en="Old")
        revision = approved_for_later(eva, record, proposed(ana, record, label_en=f"New {problem}"))
        expected[revision.pk] = problem
        if problem == RevisionProblem.CONFLICT:
            Topic.objects.filter(pk=record.pk).update(label_en="Of another")
        elif problem == RevisionProblem.REFUSED:
            Revision.objects.filter(pk=revision.pk).update(data={**revision.data, "position": ["many"]})
        elif problem == RevisionProblem.DENIED:
            other = factories.analyst()
            Revision.objects.filter(pk=revision.pk).update(reviewed_by=other)
        else:
            record.delete()
    assert publish_due(at=timezone.now() + timedelta(days=2)) == 0
    assert not Topic.objects.filter(label_en__startswith="New").exists()
    found = Revision.objects.filter(state=RevisionState.WAITING)
    assert {each.pk: each.problem for each in found} == expected
    inbox = {section.title: section.items for section in inbox_of(User.objects.get(username="eva"))}
    assert {item.text for item in inbox["Not published when due"]} == {
        str(problem.label) for problem in RevisionProblem
    }
    conflict = found.get(problem=RevisionProblem.CONFLICT)
    page = eva.get(reverse("admin:measures_topic_revision", args=[conflict.object_id, conflict.pk]))
    assert "and was not:" in page.text
    assert [each.theirs for each in page.context["review"].conflicts] == ["Of another"]


def test_approval_for_later_does_not_hold_for_what_the_proposer_changes_then() -> None:
    ana, eva = people()
    measure = factories.measure(title_en="Old")
    revision = approved_for_later(eva, measure, proposed(ana, measure, title_en="New"))
    editing = address(measure) + f"?revision={revision.pk}"
    form = admin_forms.held(ana.get(editing))
    assert ana.post(editing, form | {"title_en": "Newer", "_propose": "1"}).status_code == 302
    assert publish_due(at=timezone.now() + timedelta(days=2)) == 0
    revision.refresh_from_db()
    assert (revision.state, revision.publish_at) == (RevisionState.WAITING, None)
    assert Measure.objects.get().title_en == "Old"


def test_new_term_is_proposed_in_its_form_and_there_once_it_is_approved() -> None:
    ana, eva = people()
    parent = factories.topic(key="borders")
    listed = ana.get(reverse("admin:measures_topic_changelist"))
    add = listed.context["proposal_address"]
    assert add in listed.text
    form = admin_forms.shown(ana, add, "topic_form")
    typed = {
        "key": "borders.visas",
        "label_en": "Visas",
        "label_es": "Visas",
        "label_pt": "Vistos",
        "parent": str(parent.pk),
        "position": "5",
    }
    refused = ana.post(add, form | WHY | typed | {"key": "Not a key"})
    assert admin_forms.errors(refused)
    for _twice in range(2):
        answer = ana.post(add, form | WHY | typed)
        assert (answer.status_code, admin_forms.errors(answer)) == (302, [])
    revision = Revision.objects.get()
    url = reverse("admin:measures_topic_new_revision", args=[revision.pk])
    assert (revision.name, Topic.objects.count(), revision.is_new) == ("Visas", 1, True)
    assert "Visas" not in Client().get("/topics/").text
    page = eva.get(url)
    assert {("Key", "", "borders.visas"), ("Label (English)", "", "Visas")} <= changes(page)
    editing = page.context["edit_address"]
    assert ana.post(url, {"proposal_opened": revision.proposed_at.isoformat(), "_approve": "1"}).status_code == 403
    held = admin_forms.shown(ana, editing, "topic_form")
    assert ana.post(editing, held | {"label_en": "Visas and permits", "_propose": "1"}).status_code == 302
    revision.refresh_from_db()
    assert Topic.objects.count() == 1
    queue = reverse("admin:foundation_revision_changelist") + "?queue=to_review"
    assert [row.pk for row in eva.get(queue).context["cl"].result_list] == [revision.pk]
    answer = eva.post(url, {"proposal_opened": revision.proposed_at.isoformat(), "_approve": "1"})
    made = Topic.objects.get(key="borders.visas")
    assert answer["Location"] == reverse("admin:measures_topic_revision", args=[made.pk, revision.pk])
    revision.refresh_from_db()
    assert (made.label_en, made.parent, revision.state) == ("Visas and permits", parent, RevisionState.APPROVED)
    assert (acts_on(made)[0].who, eva.get(url)["Location"]) == ("eva", answer["Location"])
    assert ana.get(answer["Location"]).status_code == 200
    assert eva.get(add).status_code == ana.get("/admin/measures/measure/add/?propose=1").status_code == 403
    assert ana.post("/admin/measures/topic/add/", form | typed | {"key": "forged"}).status_code == 403


def test_proposal_that_was_decided_while_it_was_edited_is_not_made_again() -> None:
    """Whoever sends the edited form has read that it is open; the editor decides between that and the write."""
    ana, eva = factories.member(group="analyst"), factories.user(group="coordinator")
    said: dict[str, Any] = {
        "by": ana,
        "data": {"key": ["new"]},
        "base": {"fields": {}, "rows": {}},
        "reason": "new_fact",
    }
    new = revisions.propose_new(TargetGroup, name="New", **said)
    measure = factories.measure()
    changed = revisions.propose(measure, version=1, **said)
    for revision, record in ((new, factories.target_group(key="new")), (changed, measure)):
        revisions.approve(Revision.objects.get(pk=revision.pk), record, by=eva)
    with pytest.raises(ValidationError, match="decided meanwhile: Approved"):
        revisions.propose_new(TargetGroup, name="New", instead=new, **said)
    with pytest.raises(ValidationError, match="decided meanwhile: Approved"):
        revisions.propose(measure, version=1, instead=changed, **said)
    assert Revision.objects.count() == 2


def test_new_term_approved_for_later_is_there_at_its_time() -> None:
    ana, eva = (
        signed_in(factories.member(group="analyst", countries=("PER",))),
        signed_in(factories.user(group="coordinator")),
    )
    url = reverse("admin:measures_targetgroup_add") + "?propose=1"
    form = admin_forms.shown(ana, url, "targetgroup_form")
    answer = ana.post(
        url, form | WHY | {"key": "miners", "label_en": "Miners", "label_es": "Mineros", "label_pt": "Mineiros"}
    )
    assert (answer.status_code, admin_forms.errors(answer)) == (302, [])
    revision = Revision.objects.get()
    later = timezone.localtime() + timedelta(days=1)
    sent = {"_approve_later": "1", "publish_at": f"{later:%Y-%m-%dT%H:%M}"}
    eva.post(
        reverse("admin:measures_targetgroup_new_revision", args=[revision.pk]),
        sent | {"proposal_opened": revision.proposed_at.isoformat()},
    )
    assert publish_due(at=later + timedelta(hours=1)) == 1
    revision.refresh_from_db()
    assert revision.record
    assert str(revision.record) == "Miners"


def test_change_that_fails_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ana, eva = people()
    first, second = factories.measure(title_en="First"), factories.measure(title_en="Second")
    for measure in (first, second):
        approved_for_later(eva, measure, proposed(ana, measure, title_en="New"))
    locked = MeasureAdmin.locked

    def failing(self: Any, object_id: str) -> Any:
        if object_id == str(first.pk):
            raise Http404
        return locked(self, object_id)

    monkeypatch.setattr(MeasureAdmin, "locked", failing)
    with pytest.raises(Http404):
        publish_due(at=timezone.now() + timedelta(days=2))
    assert [measure.title_en for measure in Measure.objects.order_by("pk")] == ["First", "New"]
