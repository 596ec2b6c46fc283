"""A public record is changed by a proposal, which nobody but the team sees until a second person approves it."""

import json
import re
from contextlib import closing
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from countries.models import Observation
from foundation.records import revisions
from foundation.records.changes import acts_on
from foundation.records.models import Comment, Revision, RevisionState
from foundation.records.revision_desk_admin import ReviewedAdmin
from measures.details import BOOKKEEPING
from measures.models import Citation, Measure
from measures.workflow import send_back, submit
from tests import admin_forms, factories
from tests.attacks.second_reader import RECORDS
from tests.clients import signed_in

pytestmark = pytest.mark.django_db

ADMIN_OF = {model._meta.label: registered for model, registered in admin.site._registry.items()}
WHY = {"proposal_reason": "correction", "proposal_note": "The gazette says so.", "_propose": "1"}


def address(record: Model, page: str = "change", *more: Any) -> str:
    """The address of a page of the admin of `record`."""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_{page}", args=[record.pk, *more])


def form_id(record: Model) -> str:
    return f"{record._meta.model_name}_form"


def proposed(client: Client, record: Model, **typed: Any) -> Revision:
    """A change proposed by clicks: the form is opened by the button of the page, filled in and sent."""
    opened = client.get(address(record)).context["proposal_address"]
    form = admin_forms.shown(client, address(record) + opened, form_id(record))
    page = client.post(address(record) + opened, form | WHY | typed)
    assert (page.status_code, admin_forms.errors(page)) == (302, [])
    revision = Revision.objects.latest("proposed_at")
    assert page["Location"] == address(record, "revision", revision.pk)
    return revision


def desk(client: Client, record: Model, revision: Revision, **typed: str) -> Any:
    """The page of a revision, or what one of its buttons answers."""
    url = address(record, "revision", revision.pk)
    opened = Revision.objects.get(pk=revision.pk).proposed_at.isoformat()
    return client.post(url, {"proposal_opened": opened} | typed) if typed else client.get(url)


def changes(page: Any) -> set[tuple[str, str, str]]:
    return {(each.label, each.before, each.after) for each in page.context["review"].changes}


def people() -> tuple[Client, Client]:
    return signed_in(factories.analyst(username="ana")), signed_in(factories.editor(username="eva"))


def test_desk_shows_what_a_forged_form_would_hide() -> None:
    """A form says what it was opened with, which a proposer can write to what they type."""
    ana, eva = people()
    measure = factories.measure(title_en="Old", events=(("enacted", "2020-04-14"),))
    url = f"{address(measure)}?propose=1"
    form = admin_forms.shown(ana, url, form_id(measure))
    loaded = json.loads(form["loaded"])
    loaded["fields"]["title_en"] = ["Hidden"]
    forged = {"title_en": "Hidden", "summary_en": "Seen", "loaded": json.dumps(loaded)}
    for sent in ("nothing", json.dumps(loaded)):
        assert ana.post(url, form | WHY | forged | {"loaded": sent}).status_code == 302
        review = desk(eva, measure, Revision.objects.get())
        assert changes(review) == {("Title (English)", "Old", "Hidden"), ("Summary (English)", "", "Seen")}
        Revision.objects.all().delete()


def test_proposed_change_with_its_rows_is_public_once_an_editor_approves_it() -> None:
    ana, eva = people()
    measure = factories.measure(title_en="Old", groups=("refugees",), events=(("enacted", "2020-04-14"),))
    Measure.objects.update(published_at=datetime(2020, 5, 1, tzinfo=UTC))  # before this transaction
    women, other = factories.target_group(key="women"), factories.measure(title_en="Other")
    version, page = measure.record_version, measure.get_absolute_url()
    revision = proposed(
        ana,
        measure,
        title_en="New",
        target_groups=[str(women.pk)],
        **{
            "status_events-1-status": "in_force",
            "status_events-1-date": "2020-05",
            "citations-0-locator": "p. 2",
            "citations-1-new_url": "https://gazette.example/new",
            "citations-1-new_title": "New gazette",
            "relations-0-type": "extends",
            "relations-0-object": str(other.pk),
        },
    )
    measure.refresh_from_db()
    assert (measure.title_en, measure.record_version) == ("Old", version)
    assert not Citation.objects.filter(source__title="New gazette").exists()
    assert "New" not in Client().get(page).text

    review = desk(eva, measure, revision)
    assert changes(review) == {
        ("Title (English)", "Old", "New"),
        ("Target groups", "Refugees", "Women"),
        ("Event", "", "In force, 2020-05"),
        (f"Citation ({measure.citations.get()}): Locator", "", "p. 2"),
        ("Citation", "", "https://gazette.example/new, New gazette, Source not stated"),
        ("Relation", "", f"extends, {other}, The whole act"),
    }
    assert desk(eva, measure, revision, _approve="1").status_code == 302
    measure.refresh_from_db()
    revision.refresh_from_db()
    assert (revision.state, revision.reviewed_by) == (RevisionState.APPROVED, User.objects.get(username="eva"))
    assert (measure.title_en, measure.target_groups.get(), measure.relations.get().object) == ("New", women, other)
    assert set(measure.citations.values_list("source__title", "locator")) >= {("New gazette", "")}
    act = acts_on(measure, hidden=BOOKKEEPING)[0]
    assert act.proposal
    assert (act.who, act.proposal.by, act.proposal.reason) == ("eva", "ana", "Correction")
    assert "Proposed by ana: Correction" in eva.get(address(measure, "history")).text
    public = " ".join(Client().get(page).text.split())
    assert "Correction: The gazette says so. (reviewed before publication)" in public
    assert "ana" not in public.split("Changes since publication")[1].split("Cite this record")[0].split()


@pytest.mark.parametrize("label", sorted(name for name in RECORDS if isinstance(ADMIN_OF[name], ReviewedAdmin)))
def test_every_record_that_people_write_is_changed_by_proposals_alike(label: str) -> None:
    factories.role(key="transit")
    (ana, eva), case = people(), RECORDS[label]
    record = case.public()
    name, value = next(iter(case.change.items()))
    before = getattr(record, name)
    revision = proposed(ana, record, **case.change)
    record.refresh_from_db()
    assert getattr(record, name) == before != value
    assert [each.name for each in desk(ana, record, revision).context["review"].changes] == list(case.change)
    assert desk(eva, record, revision, _approve="1").status_code == 302
    record.refresh_from_db()
    revision.refresh_from_db()
    assert (getattr(record, name), revision.state) == (value, RevisionState.APPROVED)


def test_proposal_is_sent_back_edited_and_taken_back() -> None:
    ana, eva = people()
    measure = factories.measure(title_en="Old")
    revision = proposed(ana, measure, title_en="Nwe")
    desk(eva, measure, revision, _send_back="1", review_note=" ")
    assert "Give a reason" in desk(eva, measure, revision).text
    desk(eva, measure, revision, _send_back="1", review_note="A slip of the pen.")
    queue = reverse("admin:foundation_revision_changelist") + "?queue=sent_back"
    assert [row.pk for row in ana.get(queue).context["cl"].result_list] == [revision.pk]
    desk(eva, measure, revision, _approve="1")
    measure.refresh_from_db()
    assert measure.title_en == "Old"
    page = ana.get(address(measure) + f"?revision={revision.pk}")
    assert "A slip of the pen." in page.text
    form = admin_forms.held(page)
    assert (form["title_en"], form["proposal_note"]) == ("Nwe", "The gazette says so.")
    ana.post(address(measure) + f"?revision={revision.pk}", form | {"title_en": "New", "_propose": "1"})
    revision.refresh_from_db()
    assert (revision.state, changes(desk(eva, measure, revision))) == (
        RevisionState.WAITING,
        {("Title (English)", "Old", "New")},
    )
    desk(ana, measure, revision, _withdraw="1")
    revision.refresh_from_db()
    assert revision.state == RevisionState.WITHDRAWN
    assert desk(eva, measure, revision, _approve="1").status_code == 403
    assert changes(desk(eva, measure, revision)) == {("Title (English)", "Old", "New")}


def test_what_others_changed_meanwhile_is_shown_and_not_overwritten() -> None:
    ana, eva = people()
    measure = factories.measure(title_en="Old", title_es="Viejo")
    revision = proposed(ana, measure, title_en="Of Ana")
    form = admin_forms.shown(eva, address(measure))
    assert eva.post(address(measure), form | {"title_en": "Of Eva", "title_es": "De Eva"}).status_code == 302
    review = desk(eva, measure, revision).context["review"]
    assert [(each.label, each.theirs) for each in review.conflicts] == [("Title (English)", "Of Eva")]
    assert [each.label for each in review.meanwhile] == ["Title (Spanish)"]
    page = desk(eva, measure, revision, _approve="1")
    measure.refresh_from_db()
    assert (page.status_code, measure.title_en) == (200, "Of Eva")
    again = address(measure) + f"?revision={revision.pk}"
    assert f'action="{again}"' in page.text
    undecided = eva.post(again, admin_forms.held(page) | {"_approve": "1"})
    assert admin_forms.errors(undecided) == ["Choose a version of each field that both of you changed."]
    form = admin_forms.held(undecided) | {"choice-title_en": "mine", "_approve": "1"}
    assert eva.post(again, form).status_code == 302
    measure.refresh_from_db()
    revision.refresh_from_db()
    assert (measure.title_en, measure.title_es, revision.state) == ("Of Ana", "De Eva", RevisionState.APPROVED)


@pytest.mark.parametrize("may", [False, True])
def test_reviewer_is_the_author_only_where_the_installation_says_so(may: bool, settings: Settings) -> None:
    settings.REVIEW_OWN = may
    eva, measure = signed_in(factories.editor()), factories.measure(title_en="Old")
    revision = proposed(eva, measure, title_en="New")
    assert desk(eva, measure, revision, _approve="1").status_code == (302 if may else 403)
    measure.refresh_from_db()
    assert measure.title_en == ("New" if may else "Old")


def test_each_role_does_with_a_proposal_what_it_may_and_no_more() -> None:
    ana, eva = people()
    other, stranger = signed_in(factories.analyst()), Client()
    measure = factories.measure(title_en="Old")
    revision = proposed(ana, measure, title_en="New")
    editing = address(measure) + f"?revision={revision.pk}"
    form = admin_forms.shown(ana, editing)
    for client, sees in ((ana, 200), (other, 200), (eva, 200), (stranger, 302)):
        assert desk(client, measure, revision).status_code == sees
    for client, button, status in (
        (ana, "_approve", 403), (ana, "_send_back", 403), (ana, "_decline", 403),
        (other, "_approve", 403), (other, "_decline", 403), (other, "_withdraw", 403), (eva, "_withdraw", 403),
        (stranger, "_approve", 302),
    ):  # fmt: skip
        assert desk(client, measure, revision, **{button: "1", "review_note": "x"}).status_code == status
    assert other.get(editing).status_code == 403
    assert other.post(editing, form | WHY).status_code == 403
    assert ana.post(editing, form | {"_approve": "1"}).status_code == 403
    for button in ("_save", "_move", "_still_so"):  # which would be saved at once
        ana.post(address(measure) + "?propose=1", form | {button: "publish", "title_en": "Forged"})
    ana.post(address(measure), form | {"title_en": "Forged", "_save": "1"})
    measure.refresh_from_db()
    revision.refresh_from_db()
    assert (measure.title_en, revision.state) == ("Old", RevisionState.WAITING)
    draft = factories.draft()
    assert ana.get(address(draft) + "?propose=1").status_code == 403
    assert ana.get(address(draft) + f"?revision={revision.pk}").status_code == 404


def test_proposal_passes_the_rules_of_an_edit_and_has_a_reason_and_a_difference() -> None:
    ana, _eva = people()
    measure = factories.measure(title_en="Old")
    url = address(measure) + "?propose=1"
    form = admin_forms.shown(ana, url)
    for typed, error in (
        ({"title_en": "Old"}, "Nothing here differs from the public record."),
        ({"title_en": "New", "proposal_reason": ""}, "Choose why the public record is to be changed."),
        ({"valid_from": "2020-13"}, "2020-13"),
        ({"status_events-0-date": "2999"}, "2999"),
    ):
        page = ana.post(url, form | WHY | typed)
        assert any(error in text for text in admin_forms.errors(page)), (typed, admin_forms.errors(page))
    assert not Revision.objects.exists()


def test_kept_copy_is_shown_beside_the_change_at_the_quoted_place() -> None:
    ana, eva = people()
    source = factories.source(title="Gazette")
    measure = factories.measure(sources=(source,))
    capture = factories.capture(source=source)
    factories.document_text(capture=capture, text="Before it. The border\n is closed <b>until</b> May. After it.")
    revision = proposed(ana, measure, **{"citations-0-quote": "border is closed <b>until</b> May"})
    page = desk(eva, measure, revision)
    (beside,) = page.context["sources_beside"]
    assert (beside.excerpt.before, beside.excerpt.after) == ("Before it. The ", ". After it.")
    assert "<mark>border\n is closed &lt;b&gt;until&lt;/b&gt; May</mark>" in page.text
    with closing(eva.get(beside.copy)) as copy:
        assert copy.status_code == 200


def test_copy_beside_the_change_is_the_last_answer_of_the_address_with_its_day(settings: Settings) -> None:
    """A page that went back to what it was is kept once: its copy is current again, though a later one exists."""
    settings.TIME_ZONE = "America/Lima"
    ana, eva = people()
    first, second, third = (factories.source() for _n in range(3))
    measure = factories.measure(sources=(first, second, third))
    late = datetime(2021, 3, 2, 3, tzinfo=UTC)  # in Lima still the day before
    back = factories.capture(source=first, captured_at=late)
    factories.link(source=first, capture=back)
    factories.document_text(capture=back, text="The border is closed.")
    newer = factories.capture(source=first, captured_at=90)
    factories.document_text(capture=newer, text="The border is open.")
    factories.capture(source=second)
    page = desk(eva, measure, proposed(ana, measure, title_en="New"))
    words = [" ".join(part.split()) for part in page.text.split('id="sources-beside"')[1].split("</section>")[:3]]
    assert ("Kept copy of 1 March 2021" in words[0], "The border is closed." in words[0]) == (True, True)
    assert "Text of the kept copy: Not read yet" in words[1]
    assert "No copy is kept." in words[2]


def test_markup_in_proposed_fields_and_notes_is_text() -> None:
    ana, eva = people()
    nasty = '"><script>alert(1)</script>'
    measure = factories.measure(title_en=nasty)
    source = factories.source(title=f"S {nasty}")
    typed = {"title_es": nasty, "summary_en": nasty, "proposal_note": nasty, "citations-0-source": str(source.pk)}
    revision = proposed(ana, measure, **typed)
    desk(eva, measure, revision, _send_back="1", review_note=nasty)
    queue = reverse("admin:foundation_revision_changelist")
    pages = [desk(eva, measure, revision), eva.get(queue), ana.get(address(measure) + f"?revision={revision.pk}")]
    for page in pages:
        assert "&lt;script&gt;" in page.text
        assert "<script>alert" not in page.text


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_earlier_version_is_proposed_with_the_rows_and_tags_that_it_had() -> None:
    ana, eva = people()
    measure = factories.measure(title_en="First", groups=("refugees",), events=(("enacted", "2020-04-14"),))
    women = factories.target_group(key="women")
    form = admin_forms.shown(eva, address(measure)) | {
        "title_en": "Second",
        "target_groups": [str(women.pk)],
        "status_events-0-DELETE": "on",
        "status_events-1-status": "in_force",
        "status_events-1-date": "2020-05-01",
    }
    assert admin_forms.errors(eva.post(address(measure), form)) == []
    versions = re.findall(r'href="([^"]*as_of=[^"]*)"', ana.get(address(measure, "history")).text)
    page = ana.get(unescape(versions[0]))
    form = admin_forms.held(page)
    assert (form["title_en"], form["status_events-0-DELETE"], form["status_events-1-date"]) == (
        *("First", "on", "2020-04-14"),
    )
    assert ana.post(unescape(versions[0]), form | WHY).status_code == 302
    revision = Revision.objects.get()
    assert changes(desk(eva, measure, revision)) == {
        ("Title (English)", "Second", "First"),
        ("Target groups", "Women", "Refugees"),
        ("Event", "In force, 2020-05-01", ""),
        ("Event", "", "Enacted or signed, 2020-04-14"),
    }
    assert desk(eva, measure, revision, _approve="1").status_code == 302
    measure.refresh_from_db()
    assert (measure.title_en, measure.target_groups.get().key, measure.status) == ("First", "refugees", "enacted")


def test_relation_that_the_person_may_not_read_is_no_row_of_an_earlier_version() -> None:
    """It is still there, so it is not one to be entered again."""
    eva = factories.member(group="editor", countries=("PER",))
    measure, hidden = factories.measure(), factories.draft(country=factories.country(iso3="ECU"))
    factories.relation(subject=measure, object=hidden)
    as_of = quote(timezone.now().isoformat())
    form = admin_forms.held(signed_in(eva).get(f"{address(measure)}?propose=1&as_of={as_of}"))
    assert (form["relations-TOTAL_FORMS"], form["citations-TOTAL_FORMS"]) == ("0", "1")


def test_version_from_before_the_record_is_refused_with_a_reason() -> None:
    """It would empty the record: no row and no tag was there."""
    ana, _eva = people()
    measure = factories.measure()
    for moment in ("1999-01-01T00:00:00+00:00", "0001-01-01T00:00:00+14:00"):
        page = ana.get(f"{address(measure)}?propose=1&as_of={quote(moment)}", follow=True)
        assert page.redirect_chain == [(address(measure, "history"), 302)]
        assert "There was no such record at that time" in page.text


def test_who_may_publish_but_not_change_a_kind_of_record_decides_on_none_of_it() -> None:
    ana, _eva = people()
    country, measure = factories.country(summary_en="Old"), factories.measure(title_en="Old")
    revision, other = proposed(ana, country, summary_en="New"), proposed(ana, measure, title_en="New")
    group = Group.objects.create(name="publisher")
    group.permissions.set(Permission.objects.filter(group__name="editor").exclude(codename="change_country"))
    pia = factories.user(group="publisher")
    client = signed_in(pia)
    assert list(revisions.to_review_by(pia)) == [other]
    queues = {str(queue["label"]): queue["count"] for queue in client.get("/admin/").context["queues"]}
    assert queues["Proposed changes to review"] == 1
    assert 'name="_approve"' not in desk(client, country, revision).text
    for button in ("_approve", "_send_back", "_decline"):
        assert desk(client, country, revision, **{button: "1", "review_note": "x"}).status_code == 403
    editing = address(country) + f"?revision={revision.pk}"
    assert (client.get(editing).status_code, client.post(editing, {"_approve": "1"}).status_code) == (403, 403)
    country.refresh_from_db()
    assert country.summary_en == "Old"
    assert desk(client, measure, other, _approve="1").status_code == 302


def test_rows_are_approved_with_the_rights_of_whoever_approves() -> None:
    """Who may change countries but enter no figures does not enter them by an approval."""
    (ana, _eva), country, indicator = people(), factories.country(summary_en="Old"), factories.indicator()
    typed = {"indicator": str(indicator.pk), "period": "2019", "value": "5", "source_name": "Census"}
    revision = proposed(ana, country, **{f"observations-0-{name}": value for name, value in typed.items()})
    group = Group.objects.create(name="no figures")
    group.permissions.set(Permission.objects.filter(group__name="editor").exclude(codename="add_observation"))
    pia = signed_in(factories.user(group="no figures"))
    assert desk(pia, country, revision, _approve="1").status_code == 403
    revision.refresh_from_db()
    assert (Observation.objects.count(), revision.state) == (0, RevisionState.WAITING)


def test_approval_is_offered_and_done_only_for_what_waits() -> None:
    ana, eva = people()
    measure = factories.measure(title_en="Old")
    revision = proposed(ana, measure, title_en="New")
    editing = address(measure) + f"?revision={revision.pk}"
    form = admin_forms.shown(eva, editing, form_id(measure))
    desk(eva, measure, revision, _send_back="1", review_note="A slip of the pen.")
    page = desk(eva, measure, revision)
    buttons = re.findall(r'<button [^>]*name="(_[a-z_]+)"', page.text)
    assert (buttons, "Open in the form" in page.text) == (["_decline"], False)
    assert eva.get(editing)["Location"] == address(measure, "revision", revision.pk)
    assert 'name="_approve"' not in ana.get(editing).text
    assert "decided meanwhile: Sent back" in eva.post(editing, form | {"_approve": "1"}, follow=True).text
    measure.refresh_from_db()
    assert measure.title_en == "Old"


def test_own_draft_is_deleted_by_its_author_and_by_no_other_analyst() -> None:
    ana, other = factories.analyst(), signed_in(factories.analyst())
    mine, sent = factories.draft(by=ana), factories.measure(by=ana, workflow="in_review")
    for client, draft, status in ((other, mine, 403), (signed_in(ana), sent, 403), (signed_in(ana), mine, 302)):
        assert client.post(address(draft, "delete"), {"post": "yes"}).status_code == status
    assert list(Measure.objects.all()) == [sent]


def test_comments_stand_at_their_field_with_replies_and_are_those_of_the_team() -> None:
    ana, eva = people()
    measure, draft = factories.measure(title_en="Old"), factories.draft()
    revision = proposed(ana, measure, title_en="New")
    url, nasty = address(measure, "comments"), "<script>alert(1)</script>"
    at_title = {"revision": str(revision.pk), "field": "title_en", "text": f"Which title? {nasty}"}
    assert eva.post(url, at_title)["Location"] == address(measure, "revision", revision.pk)
    first = Comment.objects.get()
    ana.post(url, {"revision": str(revision.pk), "reply_to": str(first.pk), "text": "That of the gazette."})
    ana.post(url, {"revision": str(revision.pk), "text": "  "})
    page = desk(ana, measure, revision)
    ((change, _words, (thread,)),) = page.context["rows"]
    assert (change.name, thread.first.label) == ("title_en", "Title (English)")
    assert [reply.text for reply in thread.replies] == ["That of the gazette."]
    assert nasty not in page.text
    eva.post(address(draft, "comments"), {"field": "summary_en", "text": "Too long."})
    assert "Too long." in ana.get(address(draft, "comments")).text
    assert "Comments (1)</a>" in ana.get(address(draft)).text
    assert Client().post(url, at_title).status_code == 302
    assert Comment.objects.count() == 3
    assert "Which title" not in Client().get(measure.get_absolute_url()).text


def test_new_figures_are_proposed_on_the_page_of_their_country() -> None:
    (ana, eva), country, indicator = people(), factories.country(summary_en="Old"), factories.indicator()
    typed = {"indicator": str(indicator.pk), "period": "2019", "value": "5", "source_name": "Census"}
    revision = proposed(ana, country, **{f"observations-0-{name}": value for name, value in typed.items()})
    assert not Observation.objects.exists()
    assert [each.label for each in desk(eva, country, revision).context["review"].changes] == ["Observation"]
    assert desk(eva, country, revision, _approve="1").status_code == 302
    assert [(figure.country, str(figure.value)[:2]) for figure in Observation.objects.all()] == [(country, "5.")]


def test_first_page_tells_what_waits_and_what_was_sent_back() -> None:
    ana, eva = people()
    author, editor = User.objects.get(username="ana"), User.objects.get(username="eva")
    measure, draft = factories.measure(title_en="Old"), factories.measure(by=author, workflow="in_review")
    revision = proposed(ana, measure, title_en="New")

    def told(client: Client) -> dict[str, int]:
        queues = client.get("/admin/").context["queues"]
        return {str(queue["label"]): queue["count"] for queue in queues if queue["count"]}

    assert told(eva)["Proposed changes to review"] == 1
    assert "Proposed changes sent back to me" not in told(ana)
    desk(eva, measure, revision, _send_back="1", review_note="A slip.")
    send_back(draft, by=editor, note="Which number?")
    assert told(ana)["Proposed changes sent back to me"] == told(ana)["Drafts sent back to me"] == 1
    assert "Proposed changes to review" not in told(eva)
    submit(draft, by=author)
    assert "Drafts sent back to me" not in told(ana)


def test_proposal_that_changed_after_the_desk_was_opened_is_read_again_before_it_is_approved() -> None:
    ana, eva = people()
    measure = factories.measure(title_en="Old")
    revision = proposed(ana, measure, title_en="New")
    opened = admin_forms.held(desk(eva, measure, revision), "review_form")
    editing = address(measure) + f"?revision={revision.pk}"
    ana.post(editing, admin_forms.shown(ana, editing) | WHY | {"title_en": "Unseen"})
    for where in (address(measure, "revision", revision.pk), editing):
        eva.post(where, opened | {"_approve": "1"})
    measure.refresh_from_db()
    assert measure.title_en == "Old"
    assert "Read it again; nothing was decided." in desk(eva, measure, revision).text


def test_proposal_of_a_deleted_record_can_still_be_closed() -> None:
    (ana, eva), topic = people(), factories.topic(key="unused")
    measure = factories.measure(topics=("unused",))
    revision = proposed(ana, topic, label_en="New")
    measure.delete()
    topic.delete()
    address_of_deleted = reverse("admin:measures_topic_revision", args=[revision.object_id, revision.pk])
    page = eva.get(address_of_deleted)
    assert "The record was deleted" in page.text
    form = admin_forms.held(page, "review_form")
    eva.post(address_of_deleted, form | {"_approve": "1"})
    eva.post(address_of_deleted, form | {"_decline": "1", "review_note": "It is gone."})
    revision.refresh_from_db()
    assert revision.state == RevisionState.DECLINED


@pytest.mark.parametrize(
    ("rule", "changed"),
    [
        ("codes_known", {"reason": "whim"}),
        ("reviewed_pair", {"reviewed_at": datetime(2020, 5, 1, tzinfo=UTC)}),
        ("decided_by", {"state": "approved"}),
        ("refused_with_note", {"state": "declined", "reviewed_at": datetime(2020, 5, 1, tzinfo=UTC)}),
        ("one_open", {"state": "sent_back", "review_note": "x", "reviewed_at": datetime(2020, 5, 1, tzinfo=UTC)}),
    ],
)
def test_revision_that_cannot_be_is_refused_by_the_database(rule: str, changed: dict[str, Any]) -> None:
    measure, ana = factories.measure(), factories.analyst()
    first = factories.revision(record=measure, by=ana)
    Revision.objects.filter(pk=first.pk).update(state=RevisionState.WITHDRAWN)
    revision = factories.revision(record=measure, by=ana)
    if rule == "one_open":
        revision = first
    if rule in ("refused_with_note", "one_open"):
        changed = changed | {"reviewed_by": factories.editor()}
    with pytest.raises(IntegrityError, match=f"foundation_revision_{rule}"), transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(**changed)
    with pytest.raises(IntegrityError, match="foundation_comment_has_text"), transaction.atomic():
        Comment.objects.create(content_type=revision.content_type, object_id="1", text="", written_by=ana)


def test_new_edition_of_a_role_is_prepared_in_a_proposal_before_it_is_proposed() -> None:
    ana, role = signed_in(factories.analyst()), factories.mobility_role(narrative_en="Old")
    url = address(role.country) + "?propose=1"
    form = admin_forms.shown(ana, url, "country_form")
    page = ana.post(url, form | WHY | {"_new_edition": role.role_id, "_propose": ""})
    prepared = admin_forms.held(page, "country_form")
    assert prepared["roles-1-narrative_en"] == "Old"
    assert not Revision.objects.exists()
