"""All files at once in the admin: download the data package, or upload one, which is shown before it is imported."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.files.importing import jobs, tasks
from foundation.files.importing.archives import opened
from foundation.files.importing.package import may_import_package
from foundation.files.importing.reading import FileProblem
from foundation.files.importing.watching import problem_in_words
from foundation.files.models import PACKAGE, FileImport, RowState
from foundation.files.package.describing import packaged
from foundation.files.package.writing import archive
from foundation.files.resources import may_export
from foundation.records import audit
from foundation.records.teams import reads_everything


class PackageForm(forms.Form):
    """The archive."""

    file = forms.FileField(
        label=gettext_lazy("Data package (ZIP)"),
        widget=AdminFileWidget,
        help_text=gettext_lazy("The file that “Everything as one package” gives, changed or not."),
    )

    def clean_file(self) -> Any:
        """Refuse what is no archive."""
        file = self.cleaned_data["file"]
        try:
            with opened(file):
                pass
        except FileProblem as problem:
            raise ValidationError(problem_in_words(problem)) from problem
        file.seek(0)
        return file


class PackageAdmin(admin.ModelAdmin):
    """The part of the admin of imports that deals with packages."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("package/", view(self.package), name="foundation_fileimport_package"),
            path("package.zip", view(self.export_package), name="foundation_fileimport_export_package"),
            *super().get_urls(),
        ]

    @staticmethod
    def may_export_package(request: HttpRequest) -> bool:
        """Whether somebody may export every kind of file, of all countries, and nothing is kept from them."""
        may = all(may_export(request.user, resource) for resource in packaged().values())
        return may and reads_everything(request.user)

    def export_package(self, request: HttpRequest) -> HttpResponseBase:
        """Everything as one archive."""
        if not self.may_export_package(request):
            raise PermissionDenied
        audit.record(audit.Act.EXPORTED, "package.zip", by=request.user)
        response = StreamingHttpResponse(archive(), content_type="application/zip")
        response["Content-Disposition"] = 'attachment; filename="package.zip"'
        return response

    def package(self, request: HttpRequest) -> HttpResponse:
        """Upload a package."""
        if not may_import_package(request.user):
            raise PermissionDenied
        user: Any = request.user
        form = PackageForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            upload = FileImport(file_type=PACKAGE, file=file, name=file.name[:200], created_by=user)
            jobs.begin(upload)
            tasks.check_now_or_later(upload)
            return HttpResponseRedirect(upload.get_absolute_url())
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import a package"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/foundation/fileimport/package.html", context)

    def package_preview(self, request: HttpRequest, file_import: FileImport) -> HttpResponse:
        """What an import of a package would do to each kind of records; `?file` lists the changed ones of a file."""
        changed = {file["file"]: file["changed"] for file in file_import.files}
        chosen = request.GET.get("file", "")
        file = chosen if chosen in changed else next((name for name, count in changed.items() if count), "")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import of %(name)s") % {"name": file_import.name},
            "opts": self.opts,
            "file_import": file_import,
            "kind": _("Package"),
            "file": file,
            "changed": changed.get(file, 0),
            "page": list(file_import.rows.filter(state=RowState.CHANGED, file=file)),
            "state": RowState.CHANGED,
            "has_changes": bool(file_import.new or file_import.changed),
        }
        return TemplateResponse(request, "admin/foundation/fileimport/package_preview.html", context)
