"""Blind double coding: which acts are drawn, who codes them, what is decided, and what readers see."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.days import today
from measures import workflow
from measures.double_coding import coding, drawing
from measures.double_coding.drawing import is_drawn
from measures.double_coding.fields import CODED_FIELDS, values_of
from measures.double_coding.results import FEWEST_PUBLIC, results_of
from measures.models import Coding, DoubleCoding, Measure
from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything_is_drawn() -> None:
    factories.site(double_coding_share=100)


@pytest.fixture
def people() -> dict[str, User]:
    first, second = factories.analyst(username="first"), factories.analyst(username="second")
    return {"first": first, "second": second, "editor": factories.editor(username="editor")}


def submitted(by: User, **fields: Any) -> Measure:
    """An act of an analyst, with a source, that was just submitted."""
    values = {
        "reference": "N° 7-2020",
        "direction": "more_restrictive",
        "events": (("in_force", "2020-04-14"),),
        "sources": (factories.source(title="The gazette"),),
        "groups": ("migrants",),
        "by": by,
    }
    measure = factories.draft(**(values | fields))
    workflow.submit(measure, by=by)
    return measure


def address(measure: Measure) -> str:
    return reverse("admin:measures_doublecoding_change", args=[measure.double_coding.pk])


def hand_in(measure: Measure, by: User, **typed: Any) -> Any:
    """Take an act and hand its coding in: the same as the first unless typed otherwise."""
    client = signed_in(by)
    client.post(address(measure), {"_take": "1"})
    form = admin_forms.shown(client, address(measure), "coding_form")
    same = {
        "kind": measure.kind,
        "level": measure.level,
        "topics": [str(key) for key in measure.topics.values_list("pk", flat=True)],
        "primary_topic": str(measure.primary_topic_id),
        "target_groups": [str(key) for key in measure.target_groups.values_list("pk", flat=True)],
        "direction": measure.direction,
        "valid_from": str(measure.valid_from or ""),
        "events-0-status": "in_force",
        "events-0-date": "2020-04-14",
    }
    return client.post(address(measure), form | same | typed | {"_hand_in": "1"})


# Drawing


def test_draw_keeps_to_its_share_and_is_the_same_again() -> None:
    ids = [f"PER-{number:05}" for number in range(1, 4_001)]
    drawn = [public_id for public_id in ids if is_drawn(public_id, 10)]
    assert 320 < len(drawn) < 480
    assert drawn == [public_id for public_id in ids if is_drawn(public_id, 10)]
    assert {*drawn} < {public_id for public_id in ids if is_drawn(public_id, 20)}
    assert not any(is_drawn(public_id, 0) for public_id in ids)
    assert all(is_drawn(public_id, 100) for public_id in ids)


def test_only_acts_that_are_submitted_for_the_first_time_are_drawn(people: dict[str, User]) -> None:
    before = submitted(people["first"])
    factories.site(double_coding_share=100)
    workflow.withdraw(before, by=people["first"])
    workflow.submit(before, by=people["first"])
    after = submitted(people["first"], reference="N° 8-2020")
    assert [each.measure for each in DoubleCoding.objects.all()] == [after]
    (first,) = Coding.objects.all()
    assert (first.coder, first.values) == (people["first"], values_of(after))
    assert first.values["status_events"] == ["in_force@2020-04-14"]
    assert {*after.double_coding.known_to.all()} == {people["first"]}


@pytest.mark.usefixtures("everything_is_drawn")
def test_a_drawn_act_is_not_published_before_its_double_coding_ends(people: dict[str, User]) -> None:
    editor = people["editor"]
    draft = factories.draft(sources=(factories.source(),))
    with pytest.raises(ValidationError, match="among the acts that are coded a second time"):
        workflow.publish(draft, by=editor)
    measure = submitted(people["first"])
    with pytest.raises(ValidationError, match="Missing: the end of its double coding"):
        workflow.publish(measure, by=editor)
    client = signed_in(editor)
    assert "Publish it without a second coding" in client.get(address(measure)).content.decode()
    client.post(address(measure), {"_leave_out": "1", "note": "Only one of us is here."})
    workflow.publish(measure, by=editor)
    assert measure.double_coding.note == "Only one of us is here."
    retired = submitted(people["first"], reference="N° 9-2020")
    workflow.retire(retired, by=editor, note="Twice")
    workflow.send_back(retired, by=editor, note="It is another act after all")
    left = DoubleCoding.objects.get(measure=retired)
    assert (left.state, left.note, left.closed_by) == ("left_out", "Twice", editor)


@pytest.mark.usefixtures("everything_is_drawn")
def test_acts_are_drawn_in_as_many_queries_as_one(people: dict[str, User]) -> None:
    drafts = [factories.draft(reference=f"N° {number}-2020", by=people["first"]) for number in range(1, 6)]
    factories.event(measure=drafts[1], status="in_force", date="2020-05")
    taken = []
    for measures in (drafts[:1], drafts[1:]):
        with CaptureQueriesContext(connection) as made:
            drawing.draw(measures, by=people["editor"])
        taken.append(len(made))
    assert taken[0] == taken[1]
    for measure in drafts:
        found = DoubleCoding.objects.get(measure=measure)
        assert {*found.known_to.all()} == {people["first"], people["editor"]}
        assert found.values == {"first": values_of(Measure.objects.get(pk=measure.pk))}


def test_codings_never_change(people: dict[str, User]) -> None:
    factories.site(double_coding_share=100)
    submitted(people["first"])
    for change in (lambda: Coding.objects.update(values={}), lambda: Coding.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# Coding


@pytest.mark.usefixtures("everything_is_drawn")
def test_who_is_offered_an_act(people: dict[str, User]) -> None:
    measure = submitted(people["first"])
    other = factories.analyst()
    offered = {name: coding.to_code(user).count() for name, user in {**people, "other": other}.items()}
    assert offered == {"first": 0, "second": 1, "editor": 0, "other": 1}
    assert b"Acts to code a second time" in signed_in(other).get("/admin/").content
    assert signed_in(people["first"]).get(address(measure)).status_code == 404
    found = measure.double_coding
    coding.take(found, by=people["second"])
    with pytest.raises(ValidationError, match="Somebody else has taken"):
        coding.take(found, by=other)
    signed_in(people["second"]).post(address(measure), {"_knows": "1"})
    assert {name: coding.to_code(user).count() for name, user in people.items()} == dict.fromkeys(people, 0)
    factories.member(group="analyst", countries=("ECU",), username="elsewhere")
    assert coding.to_code(User.objects.get(username="elsewhere")).count() == 0


@pytest.mark.usefixtures("everything_is_drawn")
def test_an_act_that_somebody_took_is_released_by_who_decides(people: dict[str, User]) -> None:
    measure, other = submitted(people["first"]), factories.analyst()
    coding.take(measure.double_coding, by=people["second"])
    User.objects.filter(pk=people["second"].pk).update(is_active=False)
    assert signed_in(other).post(address(measure), {"_release": "1"}).status_code == 404
    client = signed_in(people["editor"])
    assert 'name="_release"' in client.get(address(measure)).text
    assert client.post(address(measure), {"_release": "1"}).status_code == 302
    page = client.get(address(measure))
    told = [
        (act.who, *((change.what, change.before, change.after) for change in act.changes))
        for act in page.context["acts"]
    ]
    assert ("editor", ("State", "Is being coded", "Waits for a second coder"), ("Second coder", "second", "")) in told
    coding.take(DoubleCoding.objects.get(), by=other)
    coding.hand_in(DoubleCoding.objects.get(), values_of(measure) | {"direction": ""}, by=other)
    page = client.get(address(measure))
    assert "acts" not in page.context  # to decide, without names
    assert 'name="_release"' not in page.text
    with pytest.raises(ValidationError, match="can be released"):
        coding.release(DoubleCoding.objects.get(), by=people["editor"])


@pytest.mark.usefixtures("everything_is_drawn")
def test_a_term_that_took_the_place_of_another_is_no_difference(people: dict[str, User]) -> None:
    old, new = factories.topic(key="health.care"), factories.topic(key="asylum")
    measure = submitted(people["first"], topics=("health.care",))
    assert measure.double_coding.values["first"]["topics"] == ["health.care"]
    old.deprecated_on, old.replaced_by = today(), new
    old.save()
    measure = Measure.objects.get()
    assert hand_in(measure, people["second"]).status_code == 302
    found = DoubleCoding.objects.get()
    assert (found.state, found.values["second"]["topics"]) == ("agreed", ["asylum"])
    compared = signed_in(people["second"]).get(address(measure)).context["compared"]
    assert all(is_equal for *_words, is_equal in compared)
    assert {f.field.name: f.agreement.share for f in results_of(DoubleCoding.objects.all()).fields}["topics"] == 1


@pytest.mark.usefixtures("everything_is_drawn")
def test_proposals_for_a_record_that_is_kept_from_second_coders_are_too(people: dict[str, User]) -> None:
    measure = submitted(people["first"])
    factories.revision(record=measure, title_en="Another understanding", by=people["first"])
    listed = reverse("admin:foundation_revision_changelist")
    seen = {name: str(measure) in signed_in(user).get(listed).text for name, user in people.items()}
    assert seen == {"first": True, "second": False, "editor": True}


@pytest.mark.usefixtures("everything_is_drawn")
def test_equal_codings_settle_an_act_and_differences_go_to_a_third_person(people: dict[str, User]) -> None:
    same, different = submitted(people["first"]), submitted(people["first"], reference="N° 8-2020")
    different.status_events.update(note="Of the gazette")
    assert hand_in(same, people["second"]).status_code == 302
    assert same.double_coding.__class__.objects.get(measure=same).state == "agreed"
    topic = factories.topic(key="asylum")
    chosen = {"topics": [str(topic.pk)], "primary_topic": str(topic.pk), "direction": "less_restrictive"}
    history = {"events-0-status": "published", "events-0-date": "2020-04-13"}
    history |= {"events-1-status": "in_force", "events-1-date": "2020-04-14"}
    history |= {"events-2-status": "repealed", "events-2-date": "2020-05"}
    assert hand_in(different, people["second"], **chosen, **history).status_code == 302
    found = DoubleCoding.objects.get(measure=different)
    assert found.state == "differs"
    assert coding.to_decide(people["editor"]).get() == found
    assert signed_in(people["second"]).post(address(different), {"_hand_in": "1"}).status_code == 302
    assert Coding.objects.filter(double_coding=found).count() == 2

    client = signed_in(people["editor"])
    page = client.get(address(different)).content.decode()
    assert "second" not in page.split('id="deciding_form"')[1].split("</form>")[0]
    offers = {row["name"]: row["offers"] for row in client.get(address(different)).context["to_decide"]}
    assert {*offers} == {f"choice-{name}" for name in ("topics", "primary_topic", "direction", "status_events")}
    picked = {
        name: next(choice for choice, words in offer if words in ("Asylum", "Less restrictive") or "Repealed" in words)
        for name, offer in offers.items()
    }
    client.post(address(different), {"_decide": "1", "record_version": "1", **picked})
    assert DoubleCoding.objects.get(measure=different).state == "differs"  # the version of the record is another
    form = admin_forms.shown(client, address(different), "deciding_form")
    client.post(address(different), form | picked | {"_decide": "1"})
    found.refresh_from_db()
    different.refresh_from_db()
    assert (found.state, found.closed_by) == ("decided", people["editor"])
    assert (different.direction, different.primary_topic, different.status) == ("less_restrictive", topic, "repealed")
    events = ["published@2020-04-13", "in_force@2020-04-14", "repealed@2020-05"]
    assert [str(event) for event in different.status_events.all()] == events
    assert [event.note for event in different.status_events.all()] == ["", "Of the gazette", ""]
    assert found.values["decision"] == values_of(different)
    workflow.publish(different, by=people["editor"])

    for name, other in (("first", "second"), ("second", "first")):
        told = signed_in(people[name]).get(address(different))
        assert [label for label, *_values, is_equal in told.context["compared"] if not is_equal] == [
            "Topics",
            "Primary topic",
            "Direction",
            "Status history",
            "Last status",
        ]
        assert f">{other}<" not in told.content.decode()


@pytest.mark.usefixtures("everything_is_drawn")
def test_what_was_recoded_meanwhile_is_decided_too(people: dict[str, User]) -> None:
    """Both coders say the same, but not what the record has now."""
    measure = submitted(people["first"])
    Measure.objects.update(direction="less_restrictive")
    assert hand_in(measure, people["second"], direction="more_restrictive").status_code == 302
    assert DoubleCoding.objects.get().state == "differs"
    told = signed_in(people["editor"]).get(address(measure)).context["to_decide"]
    assert [row["name"] for row in told] == ["choice-direction"]


@pytest.mark.usefixtures("everything_is_drawn")
def test_a_coding_is_checked_as_the_form_of_a_measure_is(people: dict[str, User]) -> None:
    measure = submitted(people["first"])
    answer = hand_in(measure, people["second"], kind="bill", **{"events-0-status": "in_force"}, valid_from="1850-13")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "errorlist" in text
    assert Coding.objects.count() == 1
    answer = hand_in(measure, people["second"], kind="bill", direction="", end_kind="", valid_from="")
    assert "errorlist" in answer.content.decode()
    assert hand_in(measure, people["second"]).status_code == 302


# Readers


def test_readers_see_figures_of_public_acts_from_enough_pairs_on(client: Any, people: dict[str, User]) -> None:
    for number in range(FEWEST_PUBLIC):
        is_equal = number % 3
        made = factories.double_coding(
            measure=factories.measure(
                workflow="in_review" if number == 0 else "published",
                direction="more_restrictive",
                end_kind="indefinite" if number % 2 else "",
            ),
            second={"direction": "more_restrictive" if is_equal else "no_change"} | ({} if is_equal else {"level": ""}),
        )
        assert made.state == ("agreed" if is_equal else "decided")
    page, file = client.get("/quality/agreement/"), client.get("/quality/agreement.csv")
    assert "too few pairs" in page.content.decode()
    assert len(file.content.decode().splitlines()) == 1
    first = Measure.objects.get(workflow="in_review")
    workflow.publish(first, by=people["editor"])
    page, file = client.get("/quality/agreement/"), client.get("/quality/agreement.csv")
    header, *rows = [line.split(",") for line in file.content.decode().splitlines()]
    assert header[:3] == ["field", "scale", "pairs"]
    assert [row[0] for row in rows] == [field.name for field in CODED_FIELDS]
    (direction,) = (row for row in rows if row[0] == "direction")
    assert direction[2:4] == ["30", "0.667"]
    (kind,) = (row for row in rows if row[0] == "kind")
    assert kind[3:7] == ["1.000", "", "", ""]
    scales = {row[0]: row[1] for row in rows}
    assert (scales["level"], scales["topics"]) == ("nominal", "set")  # some levels are empty, which have no place
    (end_kind,) = (row for row in rows if row[0] == "end_kind")
    assert end_kind[3:7] == ["1.000", "1.000", "", ""]
    assert page.content.decode().count("no disagreement to draw samples of") == 1
    assert "66.7 %" in page.content.decode()
