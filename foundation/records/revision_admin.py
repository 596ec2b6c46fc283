"""Proposing a change to a public record in its ordinary form, and approving it by saving that form.

A proposal is tried out: the form is saved in a transaction that is rolled back, so that what is stored has passed every
rule of an edit. Approving it saves the same form by the same path; if the record has changed meanwhile, the form is
shown with both versions, as in any edit conflict.
"""

import json
from collections.abc import Collection, Mapping
from copy import copy
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.keys import key_of, whole_number
from foundation.records import revisions
from foundation.records.changes import moment_in, versions
from foundation.records.earlier_versions import data_as_of
from foundation.records.edit_conflict_admin import MergingAdmin, without_errors
from foundation.records.edit_conflicts import Merge, Snapshot, changes_in, snapshot
from foundation.records.models import Revision
from foundation.records.revising_admin import Revising, revising_of, said_in
from foundation.records.second_reader_admin import refusal_of, refuse

PROPOSING, REVISION, AS_OF = "propose", "revision", "as_of"
"""Parameters of the address of a form: a change is proposed, or this open revision is edited; the first may begin with
what the record was at a moment."""
PROPOSE, APPROVE = "_propose", "_approve"
"""The names of the buttons."""
OPENED = "proposal_opened"
"""The hidden field with the time at which the revision on the page was last proposed."""
CHANGED_SINCE = gettext_lazy("The proposal was changed after you opened this page. Read it again; nothing was decided.")
NOT_STORED = ("csrfmiddlewaretoken", "differences", "sent_form", "move_note", "move_successor", "publish_at")


class ProposingAdmin(MergingAdmin):
    """The admin of a model whose public records are changed by proposals too; `version_field` is that of its form.

    `form_buttons` are those that prepare the form and save nothing.
    """

    version_field = ""
    form_buttons: tuple[str, ...] = ()

    def stored(self, object_id: str) -> Any:
        """The record as it is stored; 404 if there is none."""
        return get_object_or_404(self.model._base_manager, pk=key_of(self.model, unquote(object_id)))

    def revision_url(self, revision: Revision) -> str:
        """The page on which a revision is reviewed."""
        if revision.is_new:
            return reverse(self._named("new_revision"), args=[revision.pk])
        return reverse(self._named("revision"), args=[quote(revision.object_id), revision.pk])

    def change_url(self, object_id: Any, query: str = "") -> str:
        """The address of the ordinary form; that of a new record without `object_id`."""
        address = reverse(self._named("change"), args=[quote(object_id)]) if object_id else reverse(self._named("add"))
        return address + query

    def _named(self, page: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"

    # Permissions and parts of the form

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A proposal has no files: only editors add them."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if revising_of(request):
            for name, field in form.base_fields.items():
                if isinstance(field, forms.FileField):
                    form.base_fields[name] = field = copy(field)  # the form of other requests has the same one
                    field.disabled = True
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        revising, record = revising_of(request), context["original"]
        context["revising"] = revising
        if revising and revising.is_shown and not getattr(request, "differences", []):
            without_errors(context)
        elif record and not revising and revisions.may_propose(request.user, record):
            own = revisions.open_of(request.user, record)
            context["proposal_address"] = f"?{REVISION}={own.pk}" if own else f"?{PROPOSING}=1"
            context["own_revision"] = own
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, from which who may not add a record proposes one."""
        address = self.change_url(None, f"?{PROPOSING}=1") if self._may_propose_new(request) else ""
        return super().changelist_view(request, {"proposal_address": address, **(extra_context or {})})

    def _may_propose_new(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and revisions.may_propose_new(request.user, self.model)

    # The form of a proposal

    def changeform_view(
        self, request: Any, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        if not {PROPOSING, REVISION} & request.GET.keys():
            return super().changeform_view(request, object_id, form_url, extra_context)
        record = self.stored(object_id) if object_id else None
        revision = self._asked_revision(request, record)
        if redirect := self._elsewhere(request, record, revision):
            return redirect
        request.revising = revising = Revising(revision, said_in(request, revision))
        if revision is not None:
            revising.may_review = revisions.may_review(request.user, revision)
            revising.may_approve = revisions.may_approve(request.user, revision)
        if request.method != "POST":
            return self._show(request, object_id, record, revision)
        if APPROVE in request.POST and revision:
            return self.approve(request, object_id, revision, request.POST)
        return self._propose(request, object_id, record)

    def _asked_revision(self, request: HttpRequest, record: Any) -> Revision | None:
        """The revision of the address; raise PermissionDenied for one that is neither one's own nor to be reviewed."""
        if REVISION not in request.GET:
            may_propose = revisions.may_propose(request.user, record) if record else self._may_propose_new(request)
            if not (self.has_view_permission(request, record) and may_propose):
                raise PermissionDenied
            return None
        found = Revision.objects.of(record) if record else Revision.objects.of_new(self.model)
        revision = get_object_or_404(found, pk=whole_number(request.GET[REVISION]))
        if revision.proposed_by_id != request.user.pk and not revisions.may_review(request.user, revision):
            raise PermissionDenied
        return revision

    def _elsewhere(self, request: HttpRequest, record: Any, revision: Revision | None) -> HttpResponse | None:
        """Where a form to read is instead: that of one's open proposal, or the page of one that was decided."""
        if request.method == "POST":
            return None
        if record and revision is None and (own := revisions.open_of(request.user, record)):
            if AS_OF in request.GET:
                words = _(
                    "You have already proposed a change to this record. Take it back first to return to a version."
                )
                messages.warning(request, words)
            return HttpResponseRedirect(self.change_url(record.pk, f"?{REVISION}={own.pk}"))
        is_own = revision is not None and revision.is_open and revision.proposed_by_id == request.user.pk
        if revision and not is_own and not revisions.may_approve(request.user, revision):
            return HttpResponseRedirect(self.revision_url(revision))
        return None

    def _show(self, request: Any, object_id: str | None, record: Any, revision: Revision | None) -> Any:
        """The form: of the record, or with an open revision typed into it."""
        if revision is not None:
            merge = self.merged(request, record, revision)
            words = self.newer_version(request, record) if merge.differences else ""
            return self._show_typed(request, object_id, merge.data, words, merge.differences)
        if record and (moment := moment_in(request.GET.get(AS_OF, ""))):
            data = data_as_of(record, moment, *self.forms_of(request, record))
            if data is None:
                messages.warning(request, _("There was no such record at that time, so there is no version of it."))
                return HttpResponseRedirect(reverse(self._named("history"), args=[quote(record.pk)]))
            data["loaded"] = snapshot(*self.forms_of(request, record)).to_json()
            if self.version_field:
                data[self.version_field] = str(getattr(record, self.version_field))
            return self._show_typed(request, object_id, data)
        return self.form_page(request, object_id)

    def _show_typed(
        self, request: Any, object_id: str | None, data: QueryDict, words: str = "", differences: Any = ()
    ) -> Any:
        """The form as if it had been sent; nothing of it is saved."""
        request.method, request.revising.is_shown = "POST", True
        refuse(request, data, words or _("Nothing has been saved yet."), differences)
        return self.form_page(request, object_id)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history, from which a person who may propose changes goes back to a version."""
        record = self.model._base_manager.filter(pk=key_of(self.model, unquote(object_id))).first()
        may = record is not None and revisions.may_propose(request.user, record)
        address = {"version_address": self.change_url(record.pk, f"?{PROPOSING}=1&{AS_OF}=")} if may else {}
        return super().history_view(request, object_id, {**address, **(extra_context or {})})

    def merged(self, request: HttpRequest, record: Any, revision: Revision) -> Merge:
        """The revision merged with what others have changed since it was proposed."""
        form, formsets = self.forms_of(request, record)
        merge = Merge(Snapshot.from_json(json.dumps(revision.base)), form, formsets, self.as_posted(revision, form))
        if record and self.version_field:
            merge.data[self.version_field] = str(getattr(record, self.version_field))
        return merge

    def as_posted(self, revision: Revision, form: Any) -> QueryDict:
        """The proposed form, with the stored values of fields that it did not have."""
        data, base = as_query(revision.data), Snapshot.from_json(json.dumps(revision.base))
        for name, values in snapshot(form).fields.items():
            if name not in base.fields:
                data.setlist(name, values)
        data["loaded"] = base.to_json()
        return data

    # Proposing

    def _propose(self, request: Any, object_id: str | None, record: Any) -> Any:
        """Try the form out; store it if it could be saved, else show it again."""
        revising: Revising = request.revising
        revising.is_proposing = True
        request.POST = without_buttons(request.POST, but=self.form_buttons)
        with transaction.atomic():
            answer = self.send_form(request, object_id)
            transaction.set_rollback(True)
        if not revising.saved:
            return answer
        said, sent = revising.said.cleaned_data, revising.data or QueryDict()
        proposed = {
            "by": request.user,
            "data": {name: values for name, values in sent.lists() if name != "loaded" and _is_stored(name)},
            "base": revising.base,
            "reason": said["proposal_reason"],
            "note": said["proposal_note"],
            "instead": revising.revision,
        }
        try:
            if record:
                revision = revisions.propose(record, version=revising.version, **proposed)
            else:
                revision = revisions.propose_new(self.model, name=str(revising.saved), **proposed)
        except ValidationError as error:  # of the revision that was edited
            assert revising.revision is not None
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(self.revision_url(revising.revision))
        messages.success(
            request,
            _("Your change waits for an editor. Until it is approved, the public sees the record as it was.")
            if record
            else _("Your proposal waits for an editor. Until it is approved, only the team sees it."),
        )
        return HttpResponseRedirect(self.revision_url(revision))

    def send_form(self, request: Any, object_id: str | None, form_url: str = "") -> Any:
        """Save the posted form by the path of an edit; the answer of a proposal is that of its form."""
        return super().changeform_view(request, object_id, form_url)

    def before_saving(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        answer = super().before_saving(request, object_id)
        revising = revising_of(request)
        if answer is not None or any(name in request.POST for name in self.form_buttons):
            return answer
        if revising and revising.is_proposing and not refusal_of(request):
            record = self.stored(object_id) if object_id else None
            revising.version = versions(self.model, [record.pk]).get(record.pk, 0) if record else 0
            if problem := self._problem_of_proposal(request, record, revising):
                refuse(request, request.POST, problem)
        return answer

    def _problem_of_proposal(self, request: Any, record: Any, revising: Revising) -> str:
        """Why the form is no proposal; '' if it is one."""
        others = revisions.open_of(request.user, record) if record else None
        if revising.revision is None and others:
            return _("You have already proposed a change to this record, in another window. Go on with that one.")
        if revising.revision and not revising.revision.is_open:
            return revisions.decided_meanwhile(revising.revision)
        if revising.revision and revising.revision.proposed_by_id != request.user.pk:
            return _("Only the person who proposed this change can edit it. You can approve it with your corrections.")
        if revising.revision and request.POST.get(OPENED) != revising.opened:
            return _("You changed this proposal in another window after you opened it here.")
        form, formsets = self.forms_of(request, record)
        # From the record itself and not from the form: whoever sends a base of their own would hide what they change
        base = snapshot(form, formsets)
        if not any(changes_in(request.POST, base, form, formsets)):
            return _("Nothing here differs from the public record.")
        revising.base, revising.data = json.loads(base.to_json()), Merge(base, form, formsets, request.POST).data
        if not revising.said.is_valid():
            return _("Choose why the public record is to be changed.")
        return ""

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        revising = revising_of(request)
        if revising is None:
            return super().response_change(request, obj)
        revising.saved = obj
        return HttpResponseRedirect(self.change_url(obj.pk))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if revising_of(request):
            return self.response_change(request, obj)
        return super().response_add(request, obj, post_url_continue)

    # Approving

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save the rows; raise PermissionDenied for rows, left out by Django, that a reviewer may not write."""
        revising, opts = revising_of(request), formset.model._meta
        if revising and not revising.is_proposing:
            needed = [f"{opts.app_label}.{get_permission_codename(act, opts)}" for act in _acts_on_rows(formset)]
            if not request.user.has_perms(needed):
                raise PermissionDenied
        super().save_formset(request, form, formset, change)

    def approve(self, request: Any, object_id: str | None, revision: Revision, data: QueryDict) -> Any:
        """Save the form `data` as what `revision` proposes; show it again if it cannot be saved."""
        revising: Revising = request.revising
        if not revising.may_review:
            raise PermissionDenied
        if request.POST.get(OPENED) != revising.opened:
            messages.error(request, CHANGED_SINCE)
            return HttpResponseRedirect(self.revision_url(revision))
        if not revising.may_approve:
            messages.error(request, revisions.decided_meanwhile(revision))
            return HttpResponseRedirect(self.revision_url(revision))
        request.POST = without_buttons(data)
        address = self.change_url(object_id, f"?{REVISION}={revision.pk}")
        try:
            with transaction.atomic(), revisions.approving(revision):
                answer = self.send_form(request, object_id, address)
                if revising.saved:
                    revisions.approve(revision, revising.saved, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(self.revision_url(revision))
        if not revising.saved:
            return answer
        messages.success(request, _("The change of “%(record)s” is approved and public.") % {"record": revision})
        return HttpResponseRedirect(self.revision_url(revision))

    def newer_version(self, request: HttpRequest, record: Any) -> str:
        """The message above two versions, for a proposal."""
        revising = revising_of(request)
        if revising is None or revising.revision is None:
            return super().newer_version(request, record)
        words = _(
            "Not saved yet: the public record has changed since this change was proposed (%(at)s). Both versions are "
            "shown below: theirs is the record as it is now, yours the proposal. Review these fields, then go on."
        )
        at = date_format(localtime(revising.revision.proposed_at), "DATETIME_FORMAT")
        return words % {"at": at}


def as_query(values: Mapping[str, list[str]]) -> QueryDict:
    """Stored values as a browser would send them."""
    data = QueryDict(mutable=True)
    for name, several in values.items():
        data.setlist(name, several)
    return data


def without_buttons(data: QueryDict, but: Collection[str] = ()) -> QueryDict:
    """The posted form without the buttons, which would save it in another way."""
    data = data.copy()
    for name in [name for name in data if name.startswith("_") and name not in but]:
        del data[name]
    return data


def _acts_on_rows(formset: Any) -> set[str]:
    """What a posted formset does with rows, whether or not the person may."""
    changed = (row for row in formset.forms if set(row.changed_data) - {"DELETE"})
    deleted = {"delete" for row in formset.initial_forms if row.data.get(row.add_prefix("DELETE"))}
    return deleted | {"change" if row.instance.pk else "add" for row in changed}


def _is_stored(name: str) -> bool:
    return not (name in NOT_STORED or name.startswith(("proposal_", "choice-")))
