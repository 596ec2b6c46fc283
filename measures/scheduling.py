"""Publication at a later time: the entry stays in review until then, and is published as by the button.

Everything here is written under the lock of the entry, as every move is: so an entry is published once, whoever comes
first, and a move takes its schedule with it (`workflow.py`).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pghistory
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from foundation.characters import readable
from foundation.records.changes import event_models
from foundation.records.publication_time import check_time
from foundation.records.teams import may_work_on
from measures import workflow
from measures.choices import Workflow
from measures.models import Measure, PublicationProblem, ScheduledPublication


@transaction.atomic
def schedule(measure: Measure, *, by: Any, publish_at: datetime, at: datetime, note: str = "") -> ScheduledPublication:
    """Have an entry published at a moment; a draft is submitted for review first. It replaces an earlier schedule.

    Raise PermissionDenied without the right to publish, ValidationError for a moment that has passed or an entry that
    is neither in review nor a draft.
    """
    _refuse_without_right(measure, by)
    check_time(publish_at, at=at)
    locked = _locked(measure.pk)
    if locked.workflow == Workflow.DRAFT:
        workflow.submit(locked, by=by, note=note)
    elif locked.workflow != Workflow.IN_REVIEW:
        words = _("%(id)s is “%(state)s”: only an entry in review is scheduled.")
        state = locked.get_workflow_display()
        raise ValidationError(words, code="elsewhere", params={"id": locked.public_id, "state": state})
    decided = {"publish_at": publish_at, "note": readable(note), "version": locked.record_version}
    said = {"scheduled_by": by, "scheduled_at": at, "failed_at": None, "problem": ""}
    scheduled, _is_new = ScheduledPublication.objects.update_or_create(decided | said, measure=locked)
    return scheduled


@transaction.atomic
def cancel(measure: Measure, *, by: Any) -> bool:
    """Take a schedule back, also one that failed; False if there is none. Raise PermissionDenied."""
    _refuse_without_right(measure, by)
    _locked(measure.pk)
    return bool(ScheduledPublication.objects.filter(measure=measure).delete()[0])


def publish_due(*, at: datetime, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Publish what is due; return how many entries. What cannot be published stays in review with the problem.

    An entry with an error of the database does not hold up the others; the error is raised after them.
    """
    count, failures = 0, []
    due = ScheduledPublication.objects.due(at=at).order_by("publish_at", "pk")
    for key in list(due.values_list("measure", flat=True)):
        if is_stopping():
            break
        try:
            count += _publish(key, at)
        except DatabaseError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return count


@transaction.atomic
def _publish(measure_id: int, at: datetime) -> bool:
    """Publish one entry, unless it is locked, which leaves it to the next run, or no longer due."""
    measure = _measures(skip_locked=True).filter(pk=measure_id).first()
    due = ScheduledPublication.objects.due(at=at).filter(measure=measure_id).select_related("scheduled_by")
    scheduled = due.first() if measure else None
    if measure is None or scheduled is None:
        return False
    if measure.workflow != Workflow.IN_REVIEW:  # moved by an import
        scheduled.delete()
        return False
    problem = _try_to_publish(measure, scheduled)
    if problem:
        ScheduledPublication.objects.filter(pk=scheduled.pk).update(failed_at=at, problem=problem)
    return not problem


def _try_to_publish(measure: Measure, scheduled: ScheduledPublication) -> str:
    """Publish by the path of the button, in the name of who scheduled it; return the problem, '' if it is public."""
    by = scheduled.scheduled_by
    if not may_work_on(by, measure):
        return PublicationProblem.DENIED
    if _is_unread(measure, scheduled):
        return PublicationProblem.CHANGED
    try:
        with transaction.atomic(), pghistory.context(user=by.pk):
            workflow.publish(measure, by=by, note=scheduled.note)
    except PermissionDenied:
        return PublicationProblem.DENIED
    except ValidationError:
        return PublicationProblem.INCOMPLETE
    return ""


def _is_unread(measure: Measure, scheduled: ScheduledPublication) -> bool:
    """Whether somebody who may not publish has changed the entry since, whoever has changed it after that.

    What no account did, as a trigger or the command line, is of the operator.
    """
    events = next(model for model, owner in event_models(Measure) if owner is None)._default_manager
    later = events.filter(id=measure.pk, record_version__gt=scheduled.version)
    keys = set(later.values_list("pgh_context__metadata__user", flat=True)) - {None}
    accounts = get_user_model()._default_manager.in_bulk(keys)
    return any(key not in accounts or not accounts[key].has_perm(workflow.PUBLISH) for key in keys)


def _refuse_without_right(measure: Measure, by: Any) -> None:
    if not (by.has_perm(workflow.PUBLISH) and may_work_on(by, measure)):
        raise PermissionDenied


def _measures(*, skip_locked: bool = False) -> Any:
    return Measure.objects.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)


def _locked(measure_id: int) -> Measure:
    measure: Measure = _measures().get(pk=measure_id)
    return measure
