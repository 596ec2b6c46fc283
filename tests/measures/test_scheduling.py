"""An entry is published at the time that an editor chose, once, by the path of the button, and not before."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pghistory
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from foundation.records.changes import acts_on
from measures import scheduling, workflow
from measures.admin.inbox import inbox_of
from measures.choices import Workflow
from measures.models import Measure, ScheduledPublication, Validity
from measures.tasks import publish_scheduled
from tests import factories

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)
LATER = NOW + DAY


def in_review(**fields: Any) -> Measure:
    made = factories.draft(**fields)
    workflow.submit(made, by=made.created_by if made.created_by.is_staff else factories.analyst())
    return made


def scheduled(measure: Measure, by: Any, **fields: Any) -> ScheduledPublication:
    return scheduling.schedule(measure, **{"by": by, "publish_at": LATER, "at": NOW} | fields)


def problems(user: Any) -> list[str]:
    return [i.text for s in inbox_of(user) if s.title == "Not published when due" for i in s.items]


def test_entry_is_public_from_its_time_on_and_published_once() -> None:
    eva, measure = factories.editor(username="eva"), in_review(title_en="Later")
    scheduled(measure, eva, note="As agreed")
    version, page = measure.record_version, measure.get_absolute_url()
    assert scheduling.publish_due(at=LATER - timedelta(seconds=1)) == 0
    measure.refresh_from_db()
    assert (measure.workflow, measure.record_version, Client().get(page).status_code) == ("in_review", version, 404)

    assert [scheduling.publish_due(at=LATER) for _again in range(2)] == [1, 0]
    measure.refresh_from_db()
    assert (measure.workflow, measure.published_by, measure.workflow_note) == ("published", eva, "As agreed")
    assert measure.record_version == version + 1
    assert Client().get(page).status_code == 200
    assert (acts_on(measure)[0].who, acts_on(measure)[0].note) == ("eva", "As agreed")
    assert not ScheduledPublication.objects.exists()


def test_what_is_lacking_at_the_time_keeps_the_entry_in_review_and_is_told() -> None:
    eva, measure = factories.editor(), in_review()
    scheduled(measure, eva)
    measure.citations.all().delete()
    assert [scheduling.publish_due(at=LATER + timedelta(minutes=n)) for n in range(2)] == [0, 0]
    measure.refresh_from_db()
    assert measure.workflow == Workflow.IN_REVIEW
    assert problems(eva) == ["It lacked something that publication requires. Missing: a source."]
    assert problems(factories.editor()) == []
    scheduled(measure, eva)
    assert problems(eva) == []
    assert scheduling.cancel(measure, by=eva)
    assert not scheduling.cancel(measure, by=eva)


def test_change_by_somebody_who_may_not_publish_is_read_again_before_it_is_public() -> None:
    eva, ana = factories.editor(), factories.analyst()
    for changes, is_published in (([eva], True), ([ana], False), ([ana, eva], False)):
        measure = in_review()
        scheduled(measure, eva)
        for number, by in enumerate(changes):
            with pghistory.context(user=by.pk):
                Measure.objects.filter(pk=measure.pk).mark_changed(by=by, title_en=f"Changed since {number}")
        assert bool(scheduling.publish_due(at=LATER)) == is_published
    assert problems(eva) == ["It was changed after it was scheduled, by somebody who may not publish."] * 2


def test_change_that_no_account_made_keeps_the_entry_scheduled() -> None:
    """As by a trigger: the last account that changed the entry is still the analyst."""
    eva, ana = factories.editor(), factories.analyst()
    measure = in_review(by=ana)
    scheduled(measure, eva)
    Measure.objects.filter(pk=measure.pk).update(record_version=F("record_version") + 1, updated_by=ana)
    assert scheduling.publish_due(at=LATER) == 1


def test_account_that_may_no_longer_publish_publishes_nothing() -> None:
    eva, measure = factories.editor(), in_review()
    scheduled(measure, eva)
    eva.groups.clear()
    assert scheduling.publish_due(at=LATER) == 0
    assert ScheduledPublication.objects.get().problem == "denied"
    (item,) = inbox_of(factories.editor())[0].items  # who can do it instead
    assert (item.who, item.text) == (str(eva), "The account that scheduled it may no longer publish.")
    assert problems(factories.member(group="editor", countries=("ECU",))) == []


def test_entry_whose_publication_is_decided_is_not_for_review_until_that_has_failed() -> None:
    eva, measure = factories.editor(), in_review(by=factories.analyst())
    assert [section.title for section in inbox_of(eva)] == ["Waiting for my review"]
    scheduled(measure, eva)
    assert inbox_of(eva) == []
    measure.citations.all().delete()
    scheduling.publish_due(at=LATER)
    assert [section.title for section in inbox_of(eva)] == ["Not published when due", "Waiting for my review"]


def test_error_at_one_entry_does_not_hold_up_the_others() -> None:
    """Nor what a worker is to derive of those."""
    eva, measures = factories.editor(), [in_review(), in_review()]
    for measure in measures:
        scheduled(measure, eva, at=NOW - 2 * DAY, publish_at=NOW - DAY)
    Validity.objects.update(is_stale=True)
    context: Any = SimpleNamespace(should_abort=lambda: False)
    refused: list[str] = []

    def refuse_first(execute: Any, sql: str, *arguments: Any) -> Any:
        if not refused and 'UPDATE "measures_measure" SET' in sql:
            refused.append(sql)
            raise OperationalError("deadlock detected")
        return execute(sql, *arguments)

    with connection.execute_wrapper(refuse_first), pytest.raises(OperationalError, match="deadlock"):
        publish_scheduled(context, 0)
    assert list(Measure.objects.published()) == measures[1:]
    assert ProcrastinateJob.objects.filter(task_name="measures.tasks.settle_validity").count() == 1


@pytest.mark.parametrize("move", ["publish", "send_back", "withdraw", "retire"])
def test_move_takes_the_schedule_with_it(move: str) -> None:
    eva, measure = factories.editor(), in_review()
    scheduled(measure, eva)
    workflow.move_all(workflow.MOVES[move], [measure.pk], by=eva, note="Because")
    assert not ScheduledPublication.objects.exists()
    assert scheduling.publish_due(at=LATER) == 0
    if move != "publish":
        assert Client().get(measure.get_absolute_url()).status_code != 200


def test_what_an_import_has_published_is_not_published_again() -> None:
    eva, measure = factories.editor(), in_review()
    scheduled(measure, eva)
    Measure.objects.filter(pk=measure.pk).update(workflow="draft")
    assert scheduling.publish_due(at=LATER) == 0
    assert not ScheduledPublication.objects.exists()


def test_draft_is_submitted_when_it_is_scheduled_and_other_states_are_refused() -> None:
    eva, ana, draft = factories.editor(), factories.analyst(), factories.draft()
    with pytest.raises(PermissionDenied):
        scheduled(draft, ana)
    with pytest.raises(ValidationError, match="still to come"):
        scheduled(draft, eva, publish_at=NOW)
    with pytest.raises(ValidationError, match="within the next two years"):
        scheduled(draft, eva, publish_at=NOW + timedelta(days=1000))
    scheduled(draft, eva)
    draft.refresh_from_db()
    assert draft.workflow == Workflow.IN_REVIEW
    with pytest.raises(PermissionDenied):
        scheduling.cancel(draft, by=ana)
    assert scheduling.publish_due(at=LATER) == 1
    with pytest.raises(ValidationError, match="only an entry in review"):
        scheduled(draft, eva)


def test_editor_of_another_country_schedules_nothing() -> None:
    measure, other = in_review(), factories.member(group="editor", countries=("ECU",))
    with pytest.raises(PermissionDenied):
        scheduled(measure, other)
    scheduled(measure, factories.user(is_superuser=True))
    ScheduledPublication.objects.update(scheduled_by=other)
    assert scheduling.publish_due(at=LATER) == 0
    assert ScheduledPublication.objects.get().problem == "denied"
