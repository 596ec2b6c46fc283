"""Sources, with the entries that they support."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from countries.record_admin import RecordAdmin
from measures.models import Source


@admin.register(Source)
class SourceAdmin(RecordAdmin):
    field_of_rule = {
        "measures_source_key_form": "key",
        "measures_source_url_unique": "url",
        "measures_source_language_tag": "language",
    }
    list_display = ["title", "publisher", "kind", "language", "published", "cited"]
    list_filter = ["kind", "rights", "language"]
    search_fields = ["title", "url", "key", "publisher"]
    readonly_fields = ["measures"]
    in_use_advice = _("Entries cite it. Cite another source there first; the list below names them.")
    fieldsets = [
        (None, {"fields": ["url", "title", ("publisher", "kind"), ("language", "published", "accessed_on")]}),
        (_("Keeping"), {"fields": ["rights", "key"]}),
        (_("What it supports"), {"fields": ["measures"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        sources: QuerySet[Source] = super().get_queryset(request)
        return sources.annotate(cited=Count("citations__measure", distinct=True))

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> list[str]:
        """Files name a source by its key."""
        return ["measures", "key"] if obj else ["measures"]

    @admin.display(description=_("cited by"), ordering="cited")
    def cited(self, source: Any) -> int:
        return int(source.cited)

    @admin.display(description=_("entries"))
    def measures(self, source: Source) -> SafeString | str:
        citations = source.citations.select_related("measure").order_by("measure__public_id") if source.pk else []
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
