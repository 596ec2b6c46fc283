"""The page of an import that is done: its records, and the way to undo it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.files.importing import tasks, undo_jobs, undoing
from foundation.files.models import FileImport, RowState
from foundation.files.resources import FileResource
from foundation.records.teams import visible_to

RECORDS_OF_A_PAGE = 50


def record_address(options: Any, pk: Any) -> str:
    """The address of the form of a record; '' if it has none."""
    try:
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[pk])
    except NoReverseMatch:
        return ""


class UndoingAdmin(admin.ModelAdmin):
    """Shows what an import did, and undoes it."""

    def done_view(self, request: HttpRequest, file_import: FileImport) -> HttpResponse:
        """The records of an import; with `?undo`, what undoing it would do, or why that is impossible.

        Of a package, `?file` chooses the kind of records.
        """
        resource = _chosen(file_import, request.GET.get("file", ""))
        model = resource.model()
        can_undo = file_import.context is not None and file_import.undone_at is None
        deed = undoing.deed_of(file_import) if can_undo else None
        found = visible_to(request.user, deed.records(model)) if deed else model._default_manager.none()
        page = Paginator(found, RECORDS_OF_A_PAGE).get_page(request.GET.get("page"))
        added = deed.added_keys(model, [record.pk for record in page]) if deed else set()
        is_undoing = can_undo and "undo" in request.GET
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Import of %(name)s") % {"name": file_import.name},
            "file_import": file_import,
            "file": resource.file(),
            "kind": _("Package") if file_import.is_package else capfirst(str(model._meta.verbose_name_plural)),
            "counts": [(state, number) for state in RowState if (number := getattr(file_import, state.value))],
            "page": page,
            "records": [(record, record_address(model._meta, record.pk), record.pk in added) for record in page],
            "can_undo": can_undo,
            "is_undoing": is_undoing,
            "later": deed.changed_since(request.user) if deed and is_undoing else [],
        }
        return TemplateResponse(request, "admin/foundation/fileimport/done.html", context)

    def undo(self, request: HttpRequest, file_import: FileImport) -> HttpResponse:
        """Undo an import, now or in a worker, and return to its page."""
        try:
            is_undone = tasks.undo_now_or_later(file_import, by=request.user)
        except (undoing.CannotUndo, PermissionDenied) as reason:
            messages.error(request, str(reason))
        else:
            if is_undone:
                messages.success(request, _("The import was undone."))
        return HttpResponseRedirect(file_import.get_absolute_url())

    def cancel_undo(self, file_import: FileImport) -> HttpResponse:
        """Stop a worker that undoes an import, and return to its page."""
        undo_jobs.cancel(file_import)
        return HttpResponseRedirect(file_import.get_absolute_url())


def _chosen(file_import: FileImport, name: str) -> type[FileResource]:
    """The kind of records that the page lists: the chosen one, else the first that has changes."""
    kinds = {resource.file(): resource for resource in undoing.kinds_of(file_import)}
    changed = [file["file"] for file in file_import.files if file["new"] or file["changed"]]
    return kinds.get(name) or kinds[next(iter([*changed, *kinds]))]
