"""Merging from a list: two selected records, a preview of what moves, and the merge."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import Named, merged_into
from foundation.keys import key_of
from foundation.records.changes import Act, acts_on
from foundation.records.revision_desk_admin import ReviewedAdmin
from foundation.records.second_reader import is_public
from measures.merging import merge, preview, undoing
from measures.merging.merge import may_merge

KEEP, SHOWN, MERGE = "keep", "shown", "_merge"
"""The names of the choice of the record to keep, of the one that the preview keeps, and of the button that merges."""


@admin.action(description=gettext_lazy("Merge two into one…"), permissions=["merge"])
def merge_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Show what a merge of the two selected records would move, with either of them kept; then merge."""
    records = list(queryset.order_by("pk")[:3])
    if len(records) != 2:
        messages.error(request, _("Select exactly two records to merge."))
        return None
    kept = _kept(request, records)
    gone = next(record for record in records if record is not kept)
    try:
        if MERGE not in request.POST or request.POST.get(SHOWN) != str(kept.pk):
            return _ask(model_admin, request, records, kept, gone)
        words = {"gone": str(gone), "kept": str(kept)}
        merge(kept, gone, by=request.user)
    except ValidationError as error:
        return _ask(model_admin, request, records, kept, gone, problems=error.messages)
    messages.success(request, _("“%(gone)s” was merged into “%(kept)s”.") % words)
    opts = model_admin.opts
    return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[kept.pk]))


def _kept(request: HttpRequest, records: list[Any]) -> Any:
    """The chosen one; without a choice the public one, else the older one."""
    chosen = key_of(type(records[0]), request.POST.get(KEEP, ""))
    by_default = min(records, key=lambda record: not is_public(record))
    return next((record for record in records if record.pk == chosen), by_default)


def _ask(
    model_admin: Any, request: HttpRequest, records: list[Any], kept: Any, gone: Any, problems: Any = None
) -> HttpResponse:
    report = None
    if problems is None:
        try:
            report = preview(kept, gone, by=request.user)
        except ValidationError as error:
            problems = error.messages
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Merge two into one"),
        "opts": model_admin.opts,
        "records": records,
        "kept": kept,
        "gone": gone,
        "report": report,
        "problems": problems,
        "action": request.POST["action"],
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/merge.html", context)


class MergeableAdmin(ReviewedAdmin):
    """An admin whose records can be merged; the history of a record includes those that were merged into it."""

    merged_as: Named

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_undo_merge"
        view = self.admin_site.admin_view(self.undo_merge)
        return [path("undo-merge/<uuid:context>/", view, name=name), *super().get_urls()]

    def undo_merge(self, request: HttpRequest, context: UUID) -> HttpResponse:
        """Ask whether a merge is to be undone, or say what stands against it; a POST undoes it."""
        merged = undoing.merge_in(context)
        if not may_merge(request.user, self.model):
            raise PermissionDenied
        if merged is None or undoing.kind_of(context) is not self.model:
            raise Http404
        if not undoing.is_of_own_countries(context, by=request.user):
            raise PermissionDenied
        problems: list[str] = []
        if request.method == "POST":
            try:
                undoing.undo_merge(context, by=request.user)
            except ValidationError as error:
                problems = error.messages
            else:
                messages.success(request, _("The merge was undone."))
                return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        values = {
            **self.admin_site.each_context(request),
            "title": _("Undo a merge"),
            "opts": self.opts,
            "note": merged.get("note", ""),
            "later": undoing.changed_since(context, reader=request.user),
            "problems": problems,
        }
        return TemplateResponse(request, "admin/undo_merge.html", values)

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Permission of the action."""
        return may_merge(request.user, self.model)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """With the acts on merged records, each with the name that it had, and where merges are undone."""
        record: Model | None = self.get_object(request, object_id)
        if record is None:
            return super().history_view(request, object_id, extra_context)
        told: dict[str, Any] = {"hidden": self.history_hidden, "reader": request.user}
        acts = acts_on(record, **told)
        for key in merged_into(self.merged_as, record):
            gone = self.model(pk=self.model._meta.pk.to_python(key))
            acts += [
                replace(act, is_of_other=True) for act in acts_on(gone, hidden=self.history_hidden, reader=request.user)
            ]
        acts = [replace(act, undo_address=_undo_address(request, act)) for act in acts]
        context = {"acts": sorted(acts, key=lambda act: act.at, reverse=True), **(extra_context or {})}
        return super().history_view(request, object_id, context)


def _undo_address(request: HttpRequest, act: Act) -> str:
    """Where the act is undone, if it was a merge, which may be one of other records; '' if the person may not."""
    kind = undoing.kind_of(UUID(act.merge)) if act.merge else None
    if kind is None or not may_merge(request.user, kind):
        return ""
    return reverse(f"admin:{kind._meta.app_label}_{kind._meta.model_name}_undo_merge", args=[act.merge])
