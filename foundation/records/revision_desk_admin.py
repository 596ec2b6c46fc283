"""The review desk: what a proposed change would alter, field by field, and what becomes of it."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.keys import key_of
from foundation.records import comments, revisions
from foundation.records.comment_admin import READ, CommentedAdmin
from foundation.records.edit_conflicts import Difference, FieldChange, Snapshot, changes_in, snapshot
from foundation.records.models import Revision
from foundation.records.publication_time import PublicationTimeForm
from foundation.records.record_admin import faults_of
from foundation.records.revising_admin import ProposalForm, Revising
from foundation.records.revision_admin import APPROVE, CHANGED_SINCE, OPENED, as_query
from foundation.records.revision_later_admin import APPROVE_LATER, SchedulingAdmin
from foundation.records.teams import may_work_on
from foundation.text_changes import two_wordings

NOTE = "review_note"
VIEW = "foundation.view_revision"


@dataclass(frozen=True, slots=True)
class Decision:
    """A button of the desk: what it does, and what is said when it is done."""

    name: str
    act: Callable[..., None]
    done: Any
    has_note: bool = True


DECISIONS = (
    Decision("_send_back", revisions.send_back, gettext_lazy("The change was sent back.")),
    Decision("_decline", revisions.decline, gettext_lazy("The change was declined.")),
    Decision("_unschedule", revisions.unschedule, gettext_lazy("The change waits for review again."), has_note=False),
    Decision("_withdraw", revisions.withdraw, gettext_lazy("You took your proposal back."), has_note=False),
)


@dataclass(frozen=True, slots=True)
class Review:
    """What a revision changes, and where the record has changed since it was proposed."""

    data: QueryDict
    """The form that would be saved."""
    changes: tuple[FieldChange, ...]
    conflicts: tuple[Difference, ...]
    meanwhile: tuple[Difference, ...]
    """Changes of others that the proposal leaves as they are."""


class ReviewedAdmin(CommentedAdmin, SchedulingAdmin):
    """The admin of a model whose public records are changed by proposals too, with the page on which they are read.

    `beside_review` is a template that shows, beside the changes, what they rest on.
    """

    beside_review = ""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.revision_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("add/revisions/<int:revision_id>/", view, name=f"{name}_new_revision"),
            path("<path:object_id>/revisions/<int:revision_id>/", view, name=f"{name}_revision"),
            *super().get_urls(),
        ]

    def revision_view(self, request: Any, revision_id: int, object_id: str | None = None) -> HttpResponse:
        """The page of one revision, and what its buttons do; that of a new record without `object_id`."""
        kind = ContentType.objects.get_for_model(self.model)
        proposed = Revision.objects.filter(content_type=kind).select_related("proposed_by", "reviewed_by")
        record = None  # or if it was deleted
        if object_id is not None:
            key = key_of(self.model, unquote(object_id))
            record, proposed = self.model._base_manager.filter(pk=key).first(), proposed.filter(object_id=str(key))
        revision = get_object_or_404(proposed, pk=revision_id)
        if object_id is None and not revision.is_new:
            return HttpResponseRedirect(self.revision_url(revision))
        may_read = request.user.has_perm(VIEW) and self.has_view_permission(request, record)
        if not (may_read and may_work_on(request.user, revision)):
            raise PermissionDenied
        request.revising = Revising(revision, ProposalForm())
        request.revising.may_review = revision.is_open and revisions.may_review(request.user, revision)
        request.revising.may_approve = revisions.may_approve(request.user, revision)
        if request.method == "POST":
            answer: HttpResponse = self._decide(request, object_id, record, revision)
            return answer
        return self._desk(request, record, revision)

    def _decide(self, request: Any, object_id: str | None, record: Any, revision: Revision) -> Any:
        if "_withdraw" not in request.POST and request.POST.get(OPENED) != request.revising.opened:
            messages.error(request, CHANGED_SINCE)
            return HttpResponseRedirect(self.revision_url(revision))
        is_there = record is not None or revision.is_new
        if APPROVE in request.POST and is_there:
            form, _formsets = self.forms_of(request, record)
            return self.approve(request, object_id, revision, self.as_posted(revision, form))
        if APPROVE_LATER in request.POST and is_there:
            return self.approve_later(request, object_id, revision)
        for decision in DECISIONS:
            if decision.name in request.POST:
                note = {"note": request.POST.get(NOTE, "")} if decision.has_note else {}
                try:
                    decision.act(revision, by=request.user, **note)
                    messages.success(request, decision.done)
                except ValidationError as error:
                    messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(self.revision_url(revision))

    def _desk(self, request: Any, record: Any, revision: Revision) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Proposed change: %(record)s") % {"record": revision.name},
            "opts": self.opts,
            "original": record,
            "is_there": record is not None or revision.is_new,
            "revision": revision,
            "later": PublicationTimeForm(use_required_attribute=False),  # the other buttons need no time
            "revising": request.revising,
            "may_review": request.revising.may_review,
            "may_approve": request.revising.may_approve,
            "is_own": revision.proposed_by_id == request.user.pk,
            **(self._context_of_changes(request, record, revision) if record is not None or revision.is_new else {}),
        }
        return TemplateResponse(request, "admin/revision.html", context)

    def _context_of_changes(self, request: Any, record: Any, revision: Revision) -> dict[str, Any]:
        review = self.review_of(request, record, revision)
        key = record.pk if record else None
        return {
            "review": review,
            "comments_address": self.comments_url(record) if record and request.user.has_perm(READ) else "",
            **_with_threads(review, comments.threads(record, revision) if record else []),
            "edit_address": self.change_url(key, f"?revision={revision.pk}"),
            "missing": list(self.missing_of(request, record, review.data)) if revision.is_open else [],
            "record_address": self.change_url(key),
            "beside_review": self.beside_review,
            **self.context_beside(review.data),
        }

    def missing_of(self, request: HttpRequest, record: Any, data: QueryDict) -> Iterator[dict[str, Any]]:
        """All that would be refused if the form `data` of an open proposal were saved now, with its place there."""
        typed = self.typed_forms_of(request, self.stored(str(record.pk)) if record else None, data)
        yield from faults_of(*typed)
        yield from self.lacks_of(*typed)

    def lacks_of(self, form: Any, formsets: list[Any]) -> Iterable[dict[str, Any]]:
        """What the record would lack as a public one with what is typed, although its form could be saved."""
        return ()

    def context_beside(self, data: QueryDict) -> dict[str, Any]:
        """What `beside_review` shows for a proposed form."""
        return {}

    def review_of(self, request: HttpRequest, record: Any, revision: Revision) -> Review:
        """The changes of an open revision to the record as it is; those of a decided one to what it began with."""
        if not revision.is_open:
            form, formsets = self.forms_of(request, record)
            before = Snapshot.from_json(json.dumps(revision.base))
            data = as_query(revision.data)
            return Review(data, tuple(changes_in(data, before, form, formsets)), (), ())
        merge = self.merged(request, record, revision)
        changes = changes_in(merge.data, snapshot(merge.form, merge.formsets), merge.form, merge.formsets)
        conflicts = tuple(each for each in merge.differences if each.is_conflict)
        meanwhile = tuple(each for each in merge.differences if not each.is_conflict)
        return Review(merge.data, tuple(changes), conflicts, meanwhile)


def _with_threads(review: Review, threads: list[comments.Thread]) -> dict[str, Any]:
    """Each change with its words and the comments at it, and the comments on the whole or on what no longer changes."""
    changed = {change.name for change in review.changes}
    return {
        "rows": [
            (
                change,
                two_wordings(change.before, change.after),
                [each for each in threads if each.first.field == change.name],
            )
            for change in review.changes
        ],
        "threads": [each for each in threads if each.first.field not in changed],
    }
