"""The admin of sources, with their captures, link health and the entries that they support."""

from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from countries.models import Named
from foundation.records.edit_conflict_admin import MergingForm
from foundation.records.second_reader import changeable
from foundation.records.teams import reads_all, visible_to
from measures.admin.merging import MergeableAdmin, merge_selected
from measures.admin.queues import SourceQueueFilter
from measures.archive import keeping, links, showing, store
from measures.archive.choices import LinkState
from measures.models import Capture, Citation, Link, Measure, Source
from measures.tasks import tend_archive_soon


class SourceForm(MergingForm):
    """A source, with an optional upload of its document."""

    upload = forms.FileField(
        label=_("Document"),
        required=False,
        help_text=_(
            "A scan, the PDF of the gazette or a saved page. It is archived as it is. What is at the address is "
            "fetched automatically."
        ),
    )

    def clean_upload(self) -> UploadedFile | None:
        upload: UploadedFile | None = self.cleaned_data.get("upload")
        if upload:
            keeping.check_upload(self.instance if self.instance.pk else None, cast(BinaryIO, upload))
        return upload


@admin.action(description=_("Check the addresses again now"), permissions=["change"])
def check_now(model_admin: Any, request: HttpRequest, queryset: QuerySet[Source]) -> None:
    count = links.check_now(Source.objects.filter(pk__in=queryset.values("pk")), at=timezone.now())
    transaction.on_commit(tend_archive_soon)
    text = ngettext("%(count)d address will be checked.", "%(count)d addresses will be checked.", count)
    messages.success(request, text % {"count": count})


@admin.action(description=_("Mark changes as reviewed: the source still supports what we cite"), permissions=["change"])
def looked_at(model_admin: Any, request: HttpRequest, queryset: QuerySet[Source]) -> None:
    """Mark changed sources as reviewed. For cited sources that is public, so it is reserved for editors."""
    sources = Source.objects.filter(pk__in=queryset.values("pk"))
    mine = changeable(request.user, sources)
    count = links.looked_at(Link.objects.filter(source__in=mine.values("pk")), at=timezone.now())
    text = ngettext("%(count)d source is no longer marked.", "%(count)d sources are no longer marked.", count)
    messages.success(request, text % {"count": count})
    if others := sources.count() - mine.count():
        text = ngettext(
            "%(count)d selected source is cited by published entries and stays marked. Only editors may unmark it.",
            "%(count)d selected sources are cited by published entries and stay marked. Only editors may unmark them.",
            others,
        )
        messages.warning(request, text % {"count": others})


@admin.register(Source)
class SourceAdmin(MergeableAdmin):
    form = SourceForm
    actions = [check_now, looked_at, merge_selected]
    merged_as = Named.SOURCE
    field_of_rule = {
        "measures_source_key_form": "key",
        "measures_source_url_unique": "url",
        "measures_source_language_tag": "language",
    }
    list_display = ["title", "publisher", "kind", "language", "published", "cited", "link_state"]
    list_filter = [SourceQueueFilter, "kind", "rights", "language"]
    list_select_related = ["link"]
    search_fields = ["title", "url", "key", "publisher"]
    # Counting citations drops the model's ordering, and without one pages may repeat or miss rows
    ordering = ["title", "key"]
    readonly_fields = ["measures", "link_state", "captures"]
    public_advice = _(
        "Published entries cite this source. Only editors may change its title, its address, its copies and their "
        "rights."
    )
    in_use_advice = _("Entries cite this source. Cite another source there first; they are listed below.")
    fieldsets = [
        (None, {"fields": ["url", "title", ("publisher", "kind"), ("language", "published", "accessed_on")]}),
        (_("Archive copy"), {"fields": ["rights", "key", "link_state", "captures", "upload"]}),
        (_("What it supports"), {"fields": ["measures"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        sources: QuerySet[Source] = super().get_queryset(request)
        counted = Count("citations__measure", filter=self._citing(request.user), distinct=True)
        return sources.annotate(cited=counted)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Source | None:
        """The source with who reads it, since a field that is only shown knows no request."""
        source: Any = super().get_object(request, object_id, from_field)
        if source is not None:
            source.reader = request.user
        found: Source | None = source
        return found

    @staticmethod
    def _citing(user: Any) -> Q | None:
        """Which entries of a source `user` may read; None for all."""
        if reads_all(user, Measure):
            return None
        return Q(citations__measure__in=visible_to(user, Measure.objects.all()))

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> list[str]:
        """The key is read-only after creation: files refer to a source by it."""
        return [*self.readonly_fields, "key"] if obj else list(self.readonly_fields)

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """Hide the upload field if the source is read-only."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return [
            (name, {**options, "fields": [each for each in options["fields"] if each != "upload"]})
            for name, options in self.fieldsets
        ]

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Store the upload, and queue a check of the URL, so that nobody waits here for another server."""
        super().save_model(request, obj, form, change)
        if upload := form.cleaned_data.get("upload"):
            keeping.keep_upload(obj, cast(BinaryIO, upload), by=request.user, at=timezone.now())
        links.watch(Source.objects.filter(pk=obj.pk), at=timezone.now())
        transaction.on_commit(tend_archive_soon)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.copy_view)
        return [path("copies/<int:capture_id>/", view, name="measures_source_copy"), *super().get_urls()]

    def copy_view(self, request: HttpRequest, capture_id: int) -> FileResponse:
        """A kept copy to download, whatever its rights: the team may read what it cites."""
        if not request.user.has_perm("measures.view_capture"):
            raise PermissionDenied
        capture = get_object_or_404(Capture.objects.select_related("source"), pk=capture_id)
        response = FileResponse(store.opened(capture.file))
        for name, value in showing.download_headers(capture).items():
            response[name] = value
        return response

    @admin.display(description=_("link"), ordering="link__state")
    def link_state(self, source: Source) -> str:
        link = getattr(source, "link", None)
        if link is None:
            return ""
        is_asked_in_vain = link.state == LinkState.UNKNOWN and link.problem
        words = [] if is_asked_in_vain else [str(link.get_state_display())]
        if link.checked_at:
            words.append(formats.date_format(timezone.localtime(link.checked_at), "DATE_FORMAT"))
        if link.state == LinkState.MOVED:
            words.append(link.moved_to)
        if link.problem:
            words.append(links.problem_in_words(link.problem))
        return " · ".join(words)

    @admin.display(description=_("kept copies"))
    def captures(self, source: Source) -> SafeString | str:
        kept = source.captures.with_reading().newest_first() if source.pk else []
        rows = [
            (
                reverse("admin:measures_source_copy", args=[capture.pk]),
                formats.date_format(timezone.localtime(capture.captured_at), "DATETIME_FORMAT"),
                f"{capture.get_method_display()} · {capture.media_type} · {filesizeformat(capture.size)}",
                state_of_text(capture),
                capture.sha256,
            )
            for capture in kept
        ]
        items = format_html_join(
            "", '<li><a href="{}">{}</a> · {} · {}<br><span class="help">SHA-256 {}</span></li>', rows
        )
        return format_html("<ul>{}</ul>", items) if rows else str(_("None yet."))

    @admin.display(description=_("cited by"), ordering="cited")
    def cited(self, source: Any) -> int:
        return int(source.cited)

    @admin.display(description=_("entries"))
    def measures(self, source: Source) -> SafeString | str:
        reader = getattr(source, "reader", None)  # None while a source is added
        cited = Citation.objects.filter(source=source.pk).select_related("measure").order_by("measure__public_id")
        citations = visible_to(reader, cited) if reader else []
        rows = [
            (
                reverse("admin:measures_measure_change", args=[c.measure_id]),
                c.measure,
                f" · {c.locator}" if c.locator else "",
            )
            for c in citations
        ]
        items = format_html_join("", '<li><a href="{}">{}</a>{}</li>', rows)
        return format_html("<ul>{}</ul>", items) if rows else str(_("None yet."))


def state_of_text(capture: Capture) -> str:
    """What came of reading a capture."""
    text = getattr(capture, "document_text", None)
    return str(text.get_state_display() if text else _("Not read yet"))
