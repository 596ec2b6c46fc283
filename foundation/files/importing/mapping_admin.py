"""The page of an upload whose columns are not ours: what they are, what their words mean, and what all rows share."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from foundation.files.importing import jobs, tasks
from foundation.files.importing.guessing import Source, guess, survey
from foundation.files.importing.mapping import Mapping, targets_of
from foundation.files.importing.mapping_form import grouped, orders, sent, separators, shown, with_words_of
from foundation.files.importing.reading import FileProblem, foreign_table
from foundation.files.importing.watching import problem_in_words
from foundation.files.models import FileImport, FileMapping
from foundation.files.resources import FileResource, resources
from foundation.files.targets import Target
from foundation.keys import whole_number

LONGEST_NAME = 100


class MappingAdmin(admin.ModelAdmin):
    """Shows and takes the mapping of an upload."""

    def mapping_view(self, request: HttpRequest, file_import: FileImport) -> HttpResponse:
        """The page; a POST fills it in anew, keeps a mapping, or goes on to the preview."""
        resource = resources()[file_import.file_type]
        try:
            sources = survey(foreign_table(Path(file_import.file.path)))
        except FileProblem as problem:
            return self._mapping_page(request, file_import, resource, [], Mapping(), problem_in_words(problem))
        targets = targets_of(resource)
        if request.method != "POST":
            mapping, told = _first(file_import, sources, resource, targets)
            return self._mapping_page(request, file_import, resource, sources, mapping, told=told)
        if "load" in request.POST or "forget" in request.POST:
            mapping, told = _loaded(request, file_import, sources, resource, targets)
            return self._mapping_page(request, file_import, resource, sources, mapping, told=told)
        mapping, is_open = sent(request.POST, sources, targets)
        if "map" not in request.POST or is_open:
            told = _("Say what these words mean, then go on.") if "map" in request.POST else ""
            return self._mapping_page(request, file_import, resource, sources, mapping, told=told)
        return self._use(request, file_import, resource, sources, targets, mapping)

    def _use(
        self,
        request: HttpRequest,
        file_import: FileImport,
        resource: type[FileResource],
        sources: list[Source],
        targets: dict[str, Target],
        mapping: Mapping,
    ) -> HttpResponse:
        name = " ".join(request.POST.get("name", "").split())[:LONGEST_NAME]
        user: Any = request.user
        if kept := FileMapping.objects.filter(file_type=file_import.file_type, name=name).first():
            mapping = with_words_of(Mapping.from_json(kept.mapping), mapping, sources, targets)
        try:
            is_first = jobs.use_mapping(file_import, mapping, name)
        except FileProblem as problem:
            words = problem_in_words(problem)
            return self._mapping_page(request, file_import, resource, sources, mapping, words)
        if name:
            FileMapping.objects.update_or_create(
                file_type=file_import.file_type,
                name=name,
                defaults={"mapping": mapping.to_json(), "saved_by": user},
            )
        if is_first:
            tasks.check_now_or_later(file_import)
        return HttpResponseRedirect(file_import.get_absolute_url())

    def _addable(self, request: HttpRequest, targets: dict[str, Target]) -> list[tuple[str, Any, str]]:
        """The label, the name and the address of the form of each model that targets name and that may be added to."""
        models = [apps.get_model(target.rows_of)._meta for target in targets.values() if target.rows_of]
        return [
            (opts.label, opts.verbose_name, reverse(f"admin:{opts.app_label}_{opts.model_name}_add"))
            for opts in dict.fromkeys(models)
            if request.user.has_perm(f"{opts.app_label}.{get_permission_codename('add', opts)}")
        ]

    def _mapping_page(
        self,
        request: HttpRequest,
        file_import: FileImport,
        resource: type[FileResource],
        sources: list[Source],
        mapping: Mapping,
        problem: str = "",
        told: str = "",
    ) -> HttpResponse:
        targets = targets_of(resource)
        is_filled_in = "load" in request.POST or "forget" in request.POST
        found = shown(mapping, sources, targets)
        saved = FileMapping.objects.filter(file_type=file_import.file_type)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Columns of %(name)s") % {"name": file_import.name},
            "file_import": file_import,
            "kind": capfirst(str(resource.model()._meta.verbose_name_plural)),
            "problem": problem,
            "told": told,
            "sources": found,
            "groups": grouped(targets),
            "orders": orders(),
            "addable": self._addable(request, targets),
            "separators": separators(),
            "worded": [use for source in found for use in source.uses if use.words],
            "constants": _for_all_rows(mapping, targets, resource),
            "saved": [(each.pk, each.name) for each in saved],
            "name": file_import.mapping_name if is_filled_in else request.POST.get("name", file_import.mapping_name),
        }
        return TemplateResponse(request, "admin/foundation/fileimport/mapping.html", context)


def _first(
    file_import: FileImport, sources: list[Source], resource: type[FileResource], targets: dict[str, Target]
) -> tuple[Mapping, str]:
    """What the page begins with: the mapping of the upload, else a kept one that fits its columns, else a guess."""
    if file_import.mapping:
        return _fitting(file_import.mapping, sources), ""
    names = {source.name for source in sources}
    for kept in FileMapping.objects.filter(file_type=file_import.file_type).order_by("-saved_at"):
        if Mapping.from_json(kept.mapping).sources <= names:
            file_import.mapping_name = kept.name  # proposed on the page
            return Mapping.from_json(kept.mapping), _("Filled in by the mapping “%(name)s”.") % {"name": kept.name}
    return guess(sources, resource, targets), _("Filled in by guess, from the names and cells. Look at every line.")


def _fitting(kept: dict[str, Any], sources: list[Source]) -> Mapping:
    mapping, names = Mapping.from_json(kept), {source.name for source in sources}
    return Mapping(tuple(use for use in mapping.uses if use.source in names), mapping.constants)


def _loaded(
    request: HttpRequest,
    file_import: FileImport,
    sources: list[Source],
    resource: type[FileResource],
    targets: dict[str, Target],
) -> tuple[Mapping, str]:
    """The kept mapping that was chosen, as far as the columns are there; or a guess, if none was, or it was to go."""
    file_import.mapping_name = ""  # a guess does not take the place of the mapping that was shown before
    number = whole_number(request.POST.get("saved", ""))
    kept = FileMapping.objects.filter(file_type=file_import.file_type, pk=number).first() if number else None
    if kept and "forget" in request.POST:
        kept.delete()
        return guess(sources, resource, targets), _("The mapping “%(name)s” is deleted.") % {"name": kept.name}
    if kept:
        file_import.mapping_name = kept.name
        return _fitting(kept.mapping, sources), _("Filled in by the mapping “%(name)s”.") % {"name": kept.name}
    return guess(sources, resource, targets), _("Filled in by guess, from the names and cells. Look at every line.")


def _for_all_rows(
    mapping: Mapping, targets: dict[str, Target], resource: type[FileResource]
) -> list[tuple[Target, str, bool]]:
    """The targets that all rows can share, with the text so far, and whether they are asked for at once."""
    used = {targets[use.target].column for use in mapping.uses if use.target in targets}
    needed = {column.name for column in resource.imported() if column.is_required}
    return [
        (target, mapping.constants.get(key, ""), bool(mapping.constants.get(key)) or target.column in needed - used)
        for key, target in targets.items()
        if not target.part
    ]
