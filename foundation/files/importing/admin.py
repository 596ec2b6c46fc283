"""Import and export in the admin: upload, preview row by row, confirm; and download any file."""

import csv
from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminFileWidget
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from foundation.files.column_list import columns_in_words, first_keys, template
from foundation.files.formats import FORMATS
from foundation.files.importing import jobs, tasks, undo_jobs
from foundation.files.importing.mapping_admin import MappingAdmin
from foundation.files.importing.package import may_import_package
from foundation.files.importing.package_admin import PackageAdmin
from foundation.files.importing.preview import cells_of_rows, failed_rows_of
from foundation.files.importing.reading import FileProblem, as_csv, is_workbook
from foundation.files.importing.undo_admin import UndoingAdmin, record_address
from foundation.files.importing.watching import PutOff, problem_in_words
from foundation.files.models import UNDER_WAY, FileImport, FileImportRow, ImportState, Phase, RowState
from foundation.files.resources import FileResource, exportable, importable, resources
from foundation.files.spreadsheet import TooLarge, written
from foundation.keys import key_of, whole_number
from foundation.records import audit
from foundation.records.team_admin import TeamAdmin
from foundation.records.teams import may_see, reads_all, visible_to
from foundation.workers import has_worker

ROWS_OF_A_PAGE = 50
LONGEST_QUERY = 1000
"""Characters of an export's filters that the audit list keeps."""
SHOWN_FIRST = (RowState.REFUSED, RowState.OLDER, RowState.CHANGED, RowState.NEW)


@admin.register(FileImport)
class FileImportAdmin(UndoingAdmin, MappingAdmin, PackageAdmin, TeamAdmin):
    """Who imported what; “add” uploads a file, and the page of an import is its preview."""

    list_display = [
        "name",
        "kind",
        "created_by",
        "created_at",
        "new",
        "changed",
        "unchanged",
        "refused",
        "state",
        "applied_at",
        "undone_at",
    ]
    list_select_related = ["created_by"]
    change_list_template = "admin/foundation/fileimport/change_list.html"

    @admin.display(description=gettext_lazy("kind of records"))
    def kind(self, file_import: FileImport) -> str:
        if file_import.is_package:
            return _("Package")
        return capfirst(str(resources()[file_import.file_type].model()._meta.verbose_name_plural))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"title": _("Imports and exports"), "may_import_package": may_import_package(request.user)}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    # Permissions

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: FileImport | None = None) -> bool:
        """Whoever imports sees imports; so do those who see the records of all countries."""
        permissions = (settings.IMPORT_PERMISSION, settings.ALL_COUNTRIES_PERMISSION)
        return any(map(request.user.has_perm, permissions)) and (obj is None or may_see(request.user, obj))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(settings.IMPORT_PERMISSION)

    def has_change_permission(self, request: HttpRequest, obj: FileImport | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FileImport | None = None) -> bool:
        return False

    # URLs

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("export/", view(self.export_list), name="foundation_fileimport_export_list"),
            path("export/<slug:name>.<slug:ending>", view(self.export), name="foundation_fileimport_export"),
            path("template/<slug:name>.<slug:ending>", view(self.template), name="foundation_fileimport_template"),
            path("<int:pk>/progress.json", view(self.progress), name="foundation_fileimport_progress"),
            path("<int:pk>/refused.csv", view(self.refused), name="foundation_fileimport_refused"),
            *super().get_urls(),
        ]

    # Import

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Upload a file; errors with the file as a whole are shown in the form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        user: Any = request.user
        form = UploadForm(request.POST or None, request.FILES or None, user=user)
        if request.method == "POST" and form.is_valid():
            file_import = FileImport(
                file_type=form.cleaned_data["file_type"],
                file=form.cleaned_data["file"],
                name=form.cleaned_data["name"][:200],
                publish=form.cleaned_data.get("publish", False),
                created_by=user,
            )
            try:
                jobs.begin(file_import)
            except FileProblem as problem:
                file_import.file.delete(save=False)
                form.add_error("file", problem_in_words(problem))
            else:
                if file_import.state == ImportState.WAITING:
                    tasks.check_now_or_later(file_import)
                return HttpResponseRedirect(file_import.get_absolute_url())
        kinds = importable(user)
        keys_there = first_keys(resources()[name] for name, _words in kinds)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a file"),
            "opts": self.opts,
            "form": form,
            "files": [(name, words, columns_in_words(resources()[name], keys_there)) for name, words in kinds],
        }
        return TemplateResponse(request, "admin/foundation/fileimport/upload.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the progress or the preview; a POST confirms or cancels the import."""
        file_import = self._kept(request, object_id)
        if file_import.state == ImportState.UNMAPPED and "cancel" not in request.POST:
            return self.mapping_view(request, file_import)
        if request.method == "POST":
            return self._act(request, file_import)
        if file_import.state == ImportState.DONE and not file_import.is_undo_asked:
            return self.done_view(request, file_import)
        if file_import.state == ImportState.READY:
            preview = self.package_preview if file_import.is_package else self._preview
            return preview(request, file_import)
        return self._page(
            request,
            "progress",
            title=_("Import of %(name)s") % {"name": file_import.name},
            file_import=file_import,
            kind=self.kind(file_import),
            **_progress(file_import),
        )

    def _preview(self, request: HttpRequest, file_import: FileImport) -> HttpResponse:
        counts = {state: getattr(file_import, state.value) for state in RowState}
        wanted = request.GET.get("state") or next((s.value for s in SHOWN_FIRST if counts[s]), RowState.UNCHANGED.value)
        if wanted not in RowState.values:
            raise Http404
        state, category = RowState(wanted), _category(request, file_import)
        resource = resources()[file_import.file_type]
        rows, count = file_import.rows.filter(state=state), counts[state]
        if category is not None:
            rows, count = rows.filter(categories__contains=[category]), file_import.categories[category][2]
        page = _Counted(rows, ROWS_OF_A_PAGE, count).get_page(request.GET.get("page"))
        page.object_list = _told(file_import, list(page.object_list))
        return self._page(
            request,
            "preview",
            title=_("Import of %(name)s") % {"name": file_import.name},
            file_import=file_import,
            kind=self.kind(file_import),
            counts=[
                (each, _state_in_words(each, resource), number)
                for each, number in counts.items()
                if number or each != RowState.OLDER
            ],
            state=state,
            state_in_words=_state_in_words(state, resource),
            ticks=resource.adds_only and not file_import.take_older and state in (RowState.OLDER, RowState.CHANGED),
            adds_only=resource.adds_only,
            category=category,
            page=page,
            has_rows=any(counts.values()),
            can_import=(file_import.skip_refused or not file_import.refused)
            and (file_import.new or file_import.changed or (file_import.publish and file_import.unchanged)),
            has_choices=file_import.refused
            or file_import.older
            or file_import.skip_refused
            or file_import.take_older
            or file_import.overwrite,
        )

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The progress as JSON, polled every second by the page."""
        file_import = self._kept(request, pk)
        told = _progress(file_import)
        return JsonResponse(
            {"state": file_import.state, **{name: told[name] for name in ("text", "done", "total", "page")}}
        )

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/foundation/fileimport/{name}.html", context)

    def _kept(self, request: HttpRequest, pk: Any) -> FileImport:
        """Return the import if the user may import files of its kind, or read it with the imports of all."""
        file_import: FileImport = get_object_or_404(self.get_queryset(request), pk=key_of(FileImport, str(pk)))
        if file_import.is_package:
            is_allowed = may_import_package(request.user)
        else:
            is_allowed = file_import.file_type in dict(importable(request.user))
        may_read = request.method == "GET" and request.user.has_perm(settings.ALL_COUNTRIES_PERMISSION)
        if not (is_allowed or may_read):
            raise PermissionDenied
        return file_import

    def _act(self, request: HttpRequest, file_import: FileImport) -> HttpResponse:
        if "undo" in request.POST:
            return self.undo(request, file_import)
        if "cancel" in request.POST and file_import.is_undo_asked:
            return self.cancel_undo(file_import)
        if "cancel" in request.POST:
            jobs.cancel(file_import)
        elif "choose" in request.POST:
            chosen = {name: name in request.POST for name in ("skip_refused", "take_older")}
            if jobs.choose(file_import, **chosen, overwrite=_overwritten(request, file_import)):
                tasks.check_now_or_later(file_import)
        elif "map_again" in request.POST:
            jobs.map_again(file_import)
        elif "again" in request.POST:
            jobs.begin_anew(file_import)
            if file_import.state == ImportState.WAITING:
                tasks.check_now_or_later(file_import)
        elif "confirm" in request.POST:  # not what a page of before sends again, such as that of the mapping
            self._confirm(request, file_import)
        return HttpResponseRedirect(file_import.get_absolute_url())

    def _confirm(self, request: HttpRequest, file_import: FileImport) -> None:
        if file_import.publish and not request.user.has_perm(settings.PUBLISH_PERMISSION):
            raise PermissionDenied
        with transaction.atomic():
            is_first = jobs.confirm(file_import, by=request.user)
            if is_first and jobs.is_large(file_import):
                tasks.import_file.defer(file_import=file_import.pk, language=get_language())
                return
        if file_import.applied_at:
            messages.warning(request, _("This file has already been imported."))
        elif is_first:
            self._save(request, file_import)

    def _save(self, request: HttpRequest, file_import: FileImport) -> None:
        try:
            is_saved = jobs.save(file_import, waits=False)
        except PutOff:
            tasks.import_file.defer(file_import=file_import.pk, language=get_language())
            return
        if is_saved:
            messages.success(request, _result_in_words(file_import))
        elif file_import.state == ImportState.READY:
            messages.warning(request, _("The database has changed since this preview. Check the new preview."))

    def template(self, request: HttpRequest, name: str, ending: str) -> HttpResponseBase:
        """A header and an example row of a file, to be filled in; with a byte order mark for spreadsheet programs."""
        if name not in resources() or ending not in ("csv", "xlsx"):
            raise Http404
        if name not in dict(importable(request.user)):
            raise PermissionDenied
        rows = template(resources()[name])
        if ending == "xlsx":
            blocks = written(rows, name=name)
        else:
            writer = csv.writer(_Echo())
            blocks = _with_mark(writer.writerow(row).encode() for row in rows)
        return _download(blocks, f"{name}-template.{ending}", FORMATS[ending].media_type)

    def refused(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The refused rows as a file, with the reasons in columns of their own."""
        file_import = self._kept(request, pk)
        if not (file_import.file and file_import.refused):
            raise Http404
        writer = csv.writer(_Echo())
        lines = (writer.writerow(row).encode() for row in failed_rows_of(file_import))
        return _download(_with_mark(lines), f"{file_import.file_type}-refused.csv", FORMATS["csv"].media_type)

    # Export

    def export_list(self, request: HttpRequest) -> HttpResponse:
        """List all files for download."""
        formats = [(ending, found.name) for ending, found in FORMATS.items()]
        context = {"kinds": exportable(request.user), "has_package": self.may_export_package(request)}
        return self._page(request, "export", title=_("Export files"), formats=formats, **context)

    def export(self, request: HttpRequest, name: str, ending: str) -> HttpResponseBase:
        """One file; `?state` adds the columns that two installations differ in."""
        if name not in resources():
            raise Http404
        if name not in dict(exportable(request.user)):
            raise PermissionDenied
        resource = resources()[name]
        records = () if reads_all(request.user, resource.model()) else (_readable(request, resource),)
        return exported_response(request, ending, resource, *records, with_local="state" in request.GET)


def _readable(request: HttpRequest, resource: type[FileResource]) -> QuerySet[Any]:
    """The records of a kind that a person may read, in a fixed order."""
    records = visible_to(request.user, resource.model()._default_manager.all())
    return resource.readable_by(request.user, records).order_by("pk")


def _told(file_import: FileImport, found: list[FileImportRow]) -> list[FileImportRow]:
    """Rows with what a preview shows of them: the address of their record, and the cells of new ones."""
    options = resources()[file_import.file_type].model()._meta
    new = {row.line for row in found if row.state == RowState.NEW and row.line}
    cells = cells_of_rows(file_import, new)
    for row in found:
        if row.line in new:
            row.details = [[name, "", cell] for name, cell in cells.get(row.line or 0, [])]
        if row.record:
            row.address = record_address(options, row.record)  # type: ignore[attr-defined]  # for the template
    return found


def _state_in_words(state: RowState, resource: type[FileResource]) -> str:
    """What becomes of rows; those of terms that are here are left alone, and not older."""
    return _("Left as it is here") if resource.adds_only and state == RowState.OLDER else str(state.label)


def _overwritten(request: HttpRequest, file_import: FileImport) -> set[int]:
    """The rows that change terms: those ticked, and those that were before and are not on this page."""
    shown, ticked = (
        {number for text in request.POST.getlist(name) if (number := whole_number(text)) is not None}
        for name in ("shown", "overwrite")
    )
    known = set(file_import.rows.filter(line__in=ticked).values_list("line", flat=True))
    return (set(file_import.overwrite) - shown) | (ticked & known)


class _Echo:
    """A file-like object for `csv.writer` that returns what is written."""

    def write(self, text: str) -> str:
        return text


def _with_mark(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Prepend a byte order mark, by which spreadsheet programs recognize UTF-8."""
    yield b"\xef\xbb\xbf"
    yield from lines


def exported_response(
    request: HttpRequest, ending: str, resource: type[FileResource], *records: QuerySet, note: str = "", **options: Any
) -> HttpResponseBase:
    """Return a file in the format of its extension; if a sheet cannot hold it, the list of files with the reason.

    The audit list has `note`, or else the query string, which says which records these are.
    """
    if ending not in FORMATS:
        raise Http404
    try:
        blocks = FORMATS[ending].blocks(resource, *records, reader=request.user, **options)
    except TooLarge as problem:
        messages.error(request, str(problem))
        return HttpResponseRedirect(reverse("admin:foundation_fileimport_export_list"))
    query = (note or request.GET.urlencode())[:LONGEST_QUERY]
    audit.record(audit.Act.EXPORTED, f"{resource.file()}.{ending}", by=request.user, note=query)
    return _download(blocks, f"{resource.file()}.{ending}", FORMATS[ending].media_type)


def _download(blocks: Iterator[bytes], name: str, media_type: str) -> HttpResponseBase:
    response = StreamingHttpResponse(blocks, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Counted(Paginator):
    """A paginator with a known count: counting a hundred thousand rows takes longer than showing fifty."""

    def __init__(self, rows: Any, per_page: int, count: int) -> None:
        super().__init__(rows, per_page)
        self.count = count  # avoids a query


def _category(request: HttpRequest, file_import: FileImport) -> int | None:
    """The selected kind of refusal."""
    asked = request.GET.get("category", "")
    if not asked:
        return None
    number = whole_number(asked)
    if number is None or number >= len(file_import.categories):
        raise Http404
    return number


def _progress(file_import: FileImport) -> dict[str, Any]:
    """The progress in numbers and words; when `page` changes, the page must be reloaded."""
    is_interrupted = jobs.is_interrupted(file_import)
    is_waiting = file_import.state == ImportState.WAITING or (
        file_import.is_undo_asked and not undo_jobs.is_at_work(file_import)
    )
    is_without_worker = is_waiting and not has_worker()
    return {
        "is_under_way": (file_import.state in UNDER_WAY or file_import.is_undo_asked) and not is_interrupted,
        "is_interrupted": is_interrupted,
        "is_without_worker": is_without_worker,
        "is_cancelling": file_import.is_cancel_asked and undo_jobs.is_at_work(file_import),
        "phases": _phases(file_import),
        "text": _progress_in_words(file_import),
        "done": min(file_import.done, file_import.total),
        "total": file_import.total,
        "page": f"{file_import.state} {file_import.part} {file_import.phase} {is_interrupted} {is_without_worker}"
        f" {file_import.is_undo_asked}",
    }


def _phases(file_import: FileImport) -> list[tuple[str, str]]:
    """The phases of the work, each with whether it is done, in progress or pending."""
    if file_import.is_undo_asked:
        phases = [Phase.UNDOING]
    else:
        is_writing = file_import.confirmed_by_id is not None
        phases = [Phase.READING, Phase.COMPARING, Phase.CHECKING, *([Phase.WRITING] if is_writing else [])]
    place = phases.index(Phase(file_import.phase)) if file_import.phase in phases else -1
    states = ["done" if n < place else "now" if n == place else "later" for n in range(len(phases))]
    return [(str(phase.label), state) for phase, state in zip(phases, states, strict=True)]


def _progress_in_words(file_import: FileImport) -> str:
    if not file_import.total:
        return _("Waiting") if file_import.is_undo_asked else str(file_import.get_state_display())
    if file_import.phase == Phase.READING:
        done, total = filesizeformat(file_import.done), filesizeformat(file_import.total)
    else:
        done, total = intcomma(file_import.done), intcomma(file_import.total)
    words = {
        Phase.READING: _("Reading the file: %(done)s of %(total)s"),
        Phase.COMPARING: _("Comparing it with the database: row %(done)s of %(total)s"),
        Phase.CHECKING: _("Checking the rows: %(done)s of %(total)s rules"),
        Phase.WRITING: _("Writing: %(done)s of %(total)s rows"),
        Phase.UNDOING: _("Undoing: %(done)s of %(total)s changes"),
    }
    told = words[Phase(file_import.phase)] % {"done": done, "total": total}
    return f"{file_import.part}.csv · {told}" if file_import.part else told


def _result_in_words(file_import: FileImport) -> str:
    return ngettext(
        "Imported: %(new)s new, %(changed)s changed record.",
        "Imported: %(new)s new, %(changed)s changed records.",
        file_import.changed,
    ) % {"new": intcomma(file_import.new), "changed": intcomma(file_import.changed)}


class UploadForm(forms.Form):
    """The file, and whether its measures become public."""

    file_type = forms.ChoiceField(label=gettext_lazy("Kind of records"))
    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        widget=AdminFileWidget,
        help_text=gettext_lazy(
            "CSV in UTF-8, or an Excel workbook (XLSX), with the names of the columns in the first row. If the file "
            "has only some columns, only those are changed."
        ),
    )
    publish = forms.BooleanField(
        label=gettext_lazy("Publish the measures of this file"),
        required=False,
        help_text=gettext_lazy("If unticked, new measures become drafts, and published ones do not change."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["file_type"]
        kinds.choices = importable(user)
        if not user.has_perm(settings.PUBLISH_PERMISSION):
            del self.fields["publish"]

    def clean(self) -> dict[str, Any]:
        """Convert a workbook to a CSV file with the same rows; report why if that fails."""
        given: dict[str, Any] = self.cleaned_data
        file, kind = given.get("file"), given.get("file_type")
        given["name"] = file.name if file else ""
        if file and kind and is_workbook(file):
            try:
                given["file"] = ContentFile(as_csv(file, kind), f"{file.name}.csv")
            except FileProblem as problem:
                self.add_error("file", problem_in_words(problem))
        return given
