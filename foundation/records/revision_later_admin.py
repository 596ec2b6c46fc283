"""Approving a proposed change for a later time, and publishing it then, by the path of its form.

The worker saves the form in the name of the reviewer, as the button does. What can no longer be saved waits at the desk
again with the problem; nothing of it is written.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pghistory
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from foundation.records import revisions
from foundation.records.edit_conflicts import snapshot
from foundation.records.models import Revision, RevisionProblem
from foundation.records.publication_time import PublicationTimeForm
from foundation.records.revising_admin import ProposalForm, Revising
from foundation.records.revision_admin import REVISION, ProposingAdmin, without_buttons
from foundation.workers import IsStopping, never

APPROVE_LATER = "_approve_later"
"""The name of the button."""


class SchedulingAdmin(ProposingAdmin):
    """The admin of a model of which proposed changes are also approved for later."""

    def approve_later(self, request: Any, object_id: str | None, revision: Revision) -> HttpResponse:
        """Try out what `revision` proposes, and approve it for the time that was typed."""
        if not revisions.may_review(request.user, revision):
            raise PermissionDenied
        answer, form = HttpResponseRedirect(self.revision_url(revision)), PublicationTimeForm(request.POST)
        if not form.is_valid():
            messages.error(
                request, _("Not scheduled: %(problem)s") % {"problem": " ".join(map(str, form.errors["publish_at"]))}
            )
            return answer
        problem = self._problem(request, object_id, revision, lambda: transaction.set_rollback(True))
        if problem:
            messages.error(request, _("Not scheduled: %(problem)s") % {"problem": problem.label})
            return answer
        publish_at = form.cleaned_data["publish_at"]
        try:
            revisions.schedule(revision, by=request.user, publish_at=publish_at, at=timezone.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return answer
        at = date_format(localtime(publish_at), "DATETIME_FORMAT")
        words = _("The change of “%(record)s” will be published on %(at)s.")
        messages.success(request, words % {"record": revision, "at": at})
        return answer

    def publish_scheduled(self, revision: Revision) -> RevisionProblem | None:
        """Save the form of `revision`, which is due, as its reviewer; return the problem if it cannot be saved."""
        by: Any = revision.reviewed_by
        if not (by.is_active and revisions.may_approve(by, revision)):
            return RevisionProblem.DENIED
        object_id = None if revision.is_new else revision.object_id
        request = _request_of(by, self.change_url(object_id), revision)

        def approve() -> None:
            revisions.approve(revision, request.revising.saved, by=by, note=revision.review_note)

        with pghistory.context(user=by.pk), revisions.approving(revision):
            return self._problem(request, object_id, revision, approve)

    def _problem(
        self, request: Any, object_id: str | None, revision: Revision, then: Callable[[], None]
    ) -> RevisionProblem | None:
        """Save the form and do `then`; return why that is not possible, with nothing written."""
        try:
            with transaction.atomic():
                record = self.locked(object_id) if object_id else None
                if record is None and not revision.is_new:
                    return RevisionProblem.GONE
                merge = self.merged(request, record, revision)
                if any(each.is_conflict for each in merge.differences):
                    return RevisionProblem.CONFLICT
                merge.data["loaded"] = snapshot(merge.form, merge.formsets).to_json()
                request.POST = without_buttons(merge.data)
                self.send_form(request, object_id)
                if not request.revising.saved:
                    return RevisionProblem.REFUSED
                then()
        except PermissionDenied:
            return RevisionProblem.DENIED
        except ValidationError:
            return RevisionProblem.REFUSED
        return None


def publish_due(*, at: datetime, is_stopping: IsStopping = never) -> int:
    """Publish the proposed changes whose time has come; return how many.

    An error does not hold up the others, whatever it is; the first is raised after them.
    """
    count, failures = 0, list[Exception]()
    for revision in list(Revision.objects.due(at=at).order_by("publish_at", "pk")):
        if is_stopping():
            break
        try:
            count += _publish(revision, at)
        except Exception as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return count


@transaction.atomic
def _publish(revision: Revision, at: datetime) -> bool:
    """Publish one proposed change, unless it is no longer due; the record is locked first, as by the form."""
    reviewed: Any = admin.site.get_model_admin(revision.content_type.model_class())  # type: ignore[arg-type]
    if not revision.is_new:
        reviewed.locked(revision.object_id)
    due = Revision.objects.due(at=at).select_for_update(of=("self",)).select_related("reviewed_by")
    found = due.filter(pk=revision.pk).first()
    if found is None:
        return False
    problem = reviewed.publish_scheduled(found)
    if problem:
        revisions.come_back(found, problem, at=at)
    return not problem


class _Unread:
    """Where the messages of a form go that nobody is shown."""

    def add(self, *message: Any) -> None:
        """Forget a message."""


def _request_of(user: Any, address: str, revision: Revision) -> Any:
    """The request by which `user` would send the form of `revision`."""
    request: Any = HttpRequest()
    request.method, request.path, request.path_info = "POST", address, address
    request.META = {"SCRIPT_NAME": "", "REQUEST_METHOD": "POST"}
    request.GET = QueryDict(f"{REVISION}={revision.pk}")
    request.user, request._messages, request._dont_enforce_csrf_checks = user, _Unread(), True
    request.revising = Revising(revision, ProposalForm(), may_review=True, may_approve=True)
    return request
