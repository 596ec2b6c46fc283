import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from foundation.partial_dates import PartialDate
from measures import workflow
from measures.choices import Family, Status, Workflow, is_usual_move
from measures.models import Measure
from tests import factories

pytestmark = pytest.mark.django_db


def test_record_goes_from_draft_to_the_public_by_two_people() -> None:
    analyst, editor = factories.analyst(), factories.editor()
    made = factories.draft(by=analyst)
    workflow.submit(made, by=analyst)
    assert (made.workflow, made.record_version) == (Workflow.IN_REVIEW, 2)
    workflow.publish(made, by=editor)
    assert (made.workflow, made.reviewed_by, made.published_by, made.record_version) == (
        Workflow.PUBLISHED,
        editor,
        editor,
        3,
    )
    assert set(Measure.objects.published()) == {made}


def test_analyst_cannot_publish() -> None:
    analyst = factories.analyst()
    made = factories.draft(by=analyst)
    with pytest.raises(PermissionDenied):
        workflow.publish(made, by=analyst)
    made.refresh_from_db()
    assert made.workflow == Workflow.DRAFT


def test_record_without_source_or_topic_is_not_published_and_says_so() -> None:
    made = factories.draft(sources=(), topics=())
    with pytest.raises(ValidationError) as error:
        workflow.publish(made, by=factories.editor())
    assert error.value.messages == [f"{made.public_id} cannot be published yet. It lacks: a source, a primary topic."]


def test_sending_back_takes_a_record_off_the_public_pages_and_needs_a_note() -> None:
    editor, made = factories.editor(), factories.measure()
    with pytest.raises(ValidationError, match="Say why"):
        workflow.send_back(made, by=editor, note=" ")
    workflow.send_back(made, by=editor, note="The date is that of the gazette.")
    assert (made.workflow, made.workflow_note) == (Workflow.DRAFT, "The date is that of the gazette.")
    assert not Measure.objects.published().exists()


def test_second_publication_keeps_the_date_of_the_first() -> None:
    editor = factories.editor()
    made = factories.draft()
    workflow.publish(made, by=editor)
    first = made.published_at
    workflow.send_back(made, by=editor, note="A slip.")
    workflow.publish(made, by=editor)
    assert made.published_at == first
    assert made.reviewed_at != first


def test_move_from_elsewhere_is_refused_for_all_of_a_set() -> None:
    editor, draft, retired = factories.editor(), factories.draft(), factories.measure(workflow=Workflow.RETIRED)
    with pytest.raises(ValidationError, match=f"{retired.public_id} is “Retired”"):
        workflow.move_all(workflow.MOVES["publish"], [draft.pk, retired.pk], by=editor)
    draft.refresh_from_db()
    assert draft.workflow == Workflow.DRAFT


def test_analyst_takes_a_submission_back() -> None:
    analyst = factories.analyst()
    made = factories.measure(workflow=Workflow.IN_REVIEW, by=analyst)
    workflow.withdraw(made, by=analyst)
    assert made.workflow == Workflow.DRAFT


def test_moves_are_offered_by_right_and_state() -> None:
    made = factories.draft()
    offered = {
        group: [move.name for move in workflow.moves_open_to(factories.user(group=group), made)]
        for group in ("analyst", "editor")
    }
    assert offered == {"analyst": ["submit"], "editor": ["submit", "publish", "retire"]}


def test_status_is_that_of_the_last_event_and_date_that_of_the_first() -> None:
    made = factories.measure(kind="bill", events=(("introduced", "2020-05-25?"), ("archived", "2021")))
    assert (made.status, str(made.status_date), str(made.date)) == ("archived", "2021", "2020-05-25?")
    made.status_events.all().delete()
    workflow.refresh_status([made.pk])
    made.refresh_from_db()
    assert [made.status, made.status_date, made.date] == ["unknown", None, None]


@pytest.mark.parametrize(
    ("event", "valid_from", "expected"),
    [
        ("", "2020-05-07", "2020-05-07"),
        ("2020", "2020-04-29?", "2020-04-29?"),
        ("2020", "2021", "2020"),
        ("2020-05-07", "2020", "2020-05-07"),
        ("2020-05-07", "", "2020-05-07"),
    ],
)
def test_date_is_that_of_the_event_or_what_tells_it_more_closely(event: str, valid_from: str, expected: str) -> None:
    made = factories.measure(
        valid_from=PartialDate.parse(valid_from) if valid_from else None, events=(("enacted", event),)
    )
    assert str(made.date) == expected


@pytest.mark.parametrize(
    ("family", "before", "after", "expected"),
    [
        (Family.BILL, "introduced", "passed", True),
        (Family.BILL, "passed", "introduced", False),
        (Family.BILL, "observed", "on_agenda", True),
        (Family.BILL, "observed", "passed", True),
        (Family.BILL, "observed", "in_committee", False),
        (Family.BILL, "archived", "in_committee", True),
        (Family.BILL, "rejected", "in_committee", False),
        (Family.BILL, "rejected", "on_agenda", True),
        (Family.BILL, "withdrawn", "introduced", False),
        (Family.NORM, "enacted", "in_force", True),
        (Family.NORM, "in_force", "suspended", True),
        (Family.NORM, "suspended", "in_force", True),
        (Family.NORM, "suspended", "repealed", True),
        (Family.NORM, "expired", "in_force", True),
        (Family.NORM, "repealed", "in_force", False),
        (Family.ACTION, "announced", "abandoned", True),
        (Family.ACTION, "abandoned", "in_operation", False),
        (Family.STATEMENT, "issued", "resolved", True),
        (Family.NORM, "unknown", "in_force", True),
        (Family.NORM, "repealed", "unknown", True),
    ],
)
def test_usual_moves_between_statuses(family: Family, before: str, after: str, expected: bool) -> None:
    assert is_usual_move(family, Status(before), Status(after)) is expected
