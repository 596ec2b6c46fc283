"""The list of measures: search, work queues, bulk tagging and bulk moves."""

import re
from functools import reduce
from operator import and_
from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Func, OuterRef, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from countries.models import Named
from measures import workflow
from measures.admin import filters, moves
from measures.admin.confirming import confirm_codes_selected, confirm_selected
from measures.admin.exporting import ACTIONS, ExportAdmin
from measures.admin.inbox import inbox_of
from measures.admin.merging import MergeableAdmin, merge_selected
from measures.admin.query_filter import QueryFilter
from measures.admin.queues import QueueFilter
from measures.admin.tagging import tag_selected
from measures.models import Citation, IssuingBody, Measure
from measures.references import key_of
from measures.search import matching


class MeasureList(ExportAdmin, MergeableAdmin):
    """Columns, filters, search and actions of the list."""

    merged_as = Named.MEASURE

    list_display = ["public_id", "name", "country", "kind", "reference", "dated", "status", "workflow", "updated"]
    list_display_links = ["public_id", "name"]
    list_select_related = ["country"]
    ordering = ["-updated_at", "pk"]
    search_fields = ["public_id"]
    search_help_text = gettext_lazy(
        "Identifier, number in any spelling, words of titles and summaries, body, or title or address of a source."
    )
    list_filter = [
        QueryFilter,
        QueueFilter,
        filters.WorkflowFilter,
        filters.CountryFilter,
        filters.FamilyFilter,
        filters.KindFilter,
        filters.StatusGroupFilter,
        filters.TopicFilter,
        filters.TargetGroupFilter,
        filters.DirectionFilter,
        filters.EvidenceFilter,
        filters.UpdatedByMeFilter,
        filters.ImportFilter,
    ]
    actions = [confirm_selected, confirm_codes_selected, tag_selected, moves.publish_later, merge_selected, *ACTIONS]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.inbox_view)
        return [path("inbox/", view, name="measures_measure_inbox"), *super().get_urls()]

    def inbox_view(self, request: HttpRequest) -> HttpResponse:
        """All that there is for the person who asks, of proposals and comments on other kinds of records too."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("For me"),
            "opts": self.opts,
            "sections": inbox_of(request.user),
        }
        return TemplateResponse(request, "admin/inbox.html", context)

    @admin.display(description=gettext_lazy("title"))
    def name(self, measure: Measure) -> SafeString | str:
        title = measure.title
        if not title.is_fallback:
            return title.text
        return format_html(
            '<span lang="{0}">{1}</span> <span class="language-code">{0}</span>', title.language, title.text
        )

    @admin.display(description=gettext_lazy("date"), ordering="date_range")
    def dated(self, measure: Measure) -> str:
        return measure.date.in_words() if measure.date else ""

    @admin.display(description=gettext_lazy("updated"), ordering="updated_at")
    def updated(self, measure: Measure) -> str:
        return formats.date_format(timezone.localtime(measure.updated_at), "j M Y")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Measure], search_term: str
    ) -> tuple[QuerySet[Measure], bool]:
        """Every word must match: identifiers and references in any spelling, prefixes of words in texts."""
        term = search_term.strip()
        if not term:
            return queryset, False
        whole = Q(public_id__iexact=term) | matching.matching(term)
        words = [_found(word) for word in term.split()]
        return queryset.filter(whole | reduce(and_, words)), False

    def get_actions(self, request: HttpRequest) -> Any:
        """The moves that the person may make; entries are retired, not deleted in bulk."""
        actions: Any = super().get_actions(request)
        actions.pop("delete_selected", None)
        for move in workflow.MOVES.values():
            if request.user.has_perm(move.permission):
                act: Any = moves.move_action(move)
                actions[move.name] = (act, move.name, act.short_description)
        return actions


def _found(word: str) -> Q:
    """The condition for one word of a search."""
    letters = re.sub(r"[^\w]", " ", word).split()
    sources = Citation.objects.filter(
        Q(source__title__icontains=word) | Q(source__url__icontains=word), measure=OuterRef("pk")
    )
    bodies = IssuingBody.objects.filter(
        Q(sort_name__icontains=word)
        | Q(native_name__icontains=word)
        | Q(name_en__icontains=word)
        | Q(acronym__iexact=word),
        pk=OuterRef("issuing_body"),
    )
    found = Q(public_id__istartswith=word) | Exists(sources) | Exists(bodies)
    if re.search(r"\d", word):
        found |= Q(reference_key__contains=key_of(word))
    if letters:
        prefixes = Func(Value(" & ".join(f"{part}:*" for part in letters)), function="fold_accents")
        found |= Q(search_text__vector=SearchQuery(prefixes, config="simple", search_type="raw"))
    return found
