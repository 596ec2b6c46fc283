"""The admin of feeds and their runs: try a feed, turn it on, review held values, decide, roll back."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminErrorList, AdminForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from countries.feeds import dry_run, runs
from countries.feeds.download import TRYING_SECONDS
from countries.feeds.parsing import refuse_bad_aliases
from countries.feeds.problems import FeedProblem
from countries.feeds.tasks import queue_run
from countries.models import GOOD, PUBLIC, WAITING, FeedRun, IndicatorFeed, RunState
from foundation.keys import key_of
from foundation.records.edit_conflict_admin import MergingAdmin, MergingForm
from foundation.records.second_reader import may_publish
from foundation.records.team_admin import TeamAdmin
from foundation.records.teams import visible_to, works_everywhere
from foundation.workers import has_worker

START, DECIDE = "countries.start_feedrun", "countries.decide_feedrun"
SHOWN_RUNS = 10
SHOWN_VALUES = 200
UNTRIED = ("key", "source_name")
"""Required fields that a dry run does not need."""


class FeedForm(MergingForm):
    """The form of a feed. Each line of its alias table is validated."""

    def clean_aliases(self) -> str:
        """Refuse lines that are not a valid alias."""
        aliases: str = self.cleaned_data["aliases"]
        refuse_bad_aliases(IndicatorFeed(aliases=aliases))
        return aliases


class IndicatorFeedAdmin(MergingAdmin):
    form = FeedForm
    change_form_template = "admin/countries/indicatorfeed/change_form.html"
    field_of_rule = {
        "countries_indicatorfeed_address": "url",
        "countries_indicatorfeed_columns": "is_on",
        "countries_indicatorfeed_filter_pair": "filter_value",
        "countries_indicatorfeed_multiplier": "multiplier",
        "countries_indicatorfeed_range": "highest",
        "countries_indicatorfeed_jump": "jump",
    }
    list_display = ["key", "indicator", "is_on", "every", "last_run", "last_success"]
    list_filter = ["is_on", "format"]
    list_select_related = ["indicator"]
    search_fields = ["key", "indicator__name_en", "indicator__key", "url"]
    autocomplete_fields = ["indicator"]
    actions = ["run_now", "turn_on", "turn_off"]
    view_on_site = False
    public_advice = _(
        "The values of a feed that is on become public automatically. Only editors may turn a feed on, or change it "
        "while it is on."
    )
    in_use_advice = _("This feed has runs, which record where values come from. Turn it off instead.")
    fieldsets = [
        (None, {"fields": ["key", "indicator", "url"]}),
        (_("The file"), {"fields": ["format", "encoding", "skip_rows", ("records_path", "pages_path")]}),
        (
            _("Cells to read"),
            {
                "fields": [
                    ("country_column", "country_code"),
                    "aliases",
                    "leaves_out_unknown",
                    ("day_column", "day_order"),
                    ("value_column", "decimal_mark"),
                    "multiplier",
                    ("filter_column", "filter_value"),
                ]
            },
        ),
        (_("Source"), {"fields": [("source_name", "source_name_es", "source_name_pt"), "source_url"]}),
        (_("Limits for review"), {"fields": [("lowest", "highest"), "jump"]}),
        (_("When"), {"fields": ["every", "is_on", "note"]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: IndicatorFeed | None = None) -> tuple[str, ...]:
        """Analysts prepare and try feeds; only editors turn them on."""
        return () if may_publish(request.user) else ("is_on",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[IndicatorFeed]:
        runs: Any = super().get_queryset(request)
        succeeded: QuerySet[IndicatorFeed] = runs.annotate(
            succeeded_at=Max("runs__ended_at", filter=Q(runs__state__in=GOOD)), latest=Max("runs__pk")
        )
        return succeeded

    @admin.display(description=_("last success"), ordering="succeeded_at")
    def last_success(self, feed: Any) -> Any:
        return feed.succeeded_at

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", {}).get("cl")
        if shown is not None:  # otherwise it is the response of an action
            runs = FeedRun.objects.in_bulk([feed.latest for feed in shown.result_list if feed.latest])
            for feed in shown.result_list:
                feed.latest_run = runs.get(feed.latest)
        return response

    @admin.display(description=_("last run"))
    def last_run(self, feed: IndicatorFeed) -> str:
        run: FeedRun | None = getattr(feed, "latest_run", None)
        if run is None:
            return ""
        return format_html('<a href="{}">{}</a>', run.get_absolute_url(), run.get_state_display())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A feed writes figures of all countries."""
        return super().has_add_permission(request) and works_everywhere(request.user)

    # Dry run

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Django's form; with the button “Try it”, also what the feed would bring, without writing anything."""
        feed = self.get_object(request, object_id) if object_id else None
        context = {
            "runs": list(visible_to(request.user, feed.runs.all())[:SHOWN_RUNS]) if feed else [],
            "may_start": request.user.has_perm(START),
            **(extra_context or {}),
        }
        if request.method == "POST" and "_try" in request.POST:
            return self._tried(request, feed, context)
        return super().changeform_view(request, object_id, form_url, context)

    def _tried(self, request: HttpRequest, feed: IndicatorFeed | None, context: dict[str, Any]) -> HttpResponse:
        allowed = self.has_change_permission(request) if feed else self.has_add_permission(request)
        if not allowed or not request.user.has_perm(START):
            raise PermissionDenied
        if feed and not self.has_change_permission(request, feed):
            self.refuse_as_public(request, request.POST)
        form = self.get_form(request, feed, change=feed is not None)(request.POST, request.FILES, instance=feed)
        for name in UNTRIED:
            form.fields[name].required = False
        if form.is_valid():
            context["trial"] = dry_run.try_out(form.save(commit=False), seconds=TRYING_SECONDS)
        for name in UNTRIED:
            form.fields[name].required = True
        fieldsets: Any = self.get_fieldsets(request, feed)
        shown = AdminForm(form, fieldsets, {}, self.get_readonly_fields(request, feed), model_admin=self)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Change %s") % self.opts.verbose_name
            if feed
            else gettext("Add %s") % self.opts.verbose_name,
            "adminform": shown,
            "object_id": str(feed.pk) if feed else None,
            "original": feed,
            "is_popup": False,
            "to_field": None,
            "media": self.media + shown.media,
            "inline_admin_formsets": [],
            "errors": AdminErrorList(form, []),
            "preserved_filters": self.get_preserved_filters(request),
            **context,
        }
        is_new = feed is None
        page: HttpResponse = self.render_change_form(request, context, add=is_new, change=not is_new, obj=feed)
        return page

    # Bulk actions

    def has_start_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(START)

    @admin.action(description=_("Run now"), permissions=["start"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[IndicatorFeed]) -> None:
        """Queue the selected feeds. A run may publish at once, so only editors can run a feed that is off."""
        off = 0 if may_publish(request.user) else queryset.filter(is_on=False).count()
        feeds_to_run = queryset.filter(is_on=True) if off else queryset
        queued = [feed for feed in feeds_to_run if queue_run(feed, by=request.user.pk)]
        words = ngettext("%(n)d feed is queued for a worker.", "%(n)d feeds are queued for a worker.", len(queued))
        messages.success(request, words % {"n": len(queued)})
        if off:
            words = ngettext(
                "%(n)d feed is off and was not run. Its values would be public, so an editor must turn it on first.",
                "%(n)d feeds are off and were not run. Their values would be public, so an editor must turn them on "
                "first.",
                off,
            )
            messages.warning(request, words % {"n": off})
        if not has_worker():
            messages.warning(request, gettext("No worker is running. The job will start when a worker does."))

    @admin.action(description=_("Turn on"), permissions=["publish"])
    def turn_on(self, request: HttpRequest, queryset: QuerySet[IndicatorFeed]) -> None:
        for feed in queryset:
            feed.is_on = True
            try:
                feed.full_clean()
            except ValidationError as error:
                messages.error(request, f"{feed}: {' '.join(error.messages)}")
            else:
                feed.save(update_fields=["is_on", "updated_at"])
                messages.success(request, gettext("%(feed)s is on.") % {"feed": feed})

    @admin.action(description=_("Turn off"), permissions=["publish"])
    def turn_off(self, request: HttpRequest, queryset: QuerySet[IndicatorFeed]) -> None:
        for feed in queryset:
            feed.is_on = False
            feed.save(update_fields=["is_on", "updated_at"])
            messages.success(request, gettext("%(feed)s is off.") % {"feed": feed})


ACTS = {
    "publish": runs.publish,
    "discard": runs.discard,
    "publish_values": runs.publish_values,
    "leave_out": runs.leave_out,
    "roll_back": runs.roll_back,
}
DONE = {
    "publish_values": _("The values have been published, except those that cannot be."),
    "leave_out": _("The values have been left out. The same values will not be held again."),
    "publish": _("The run has been published."),
    "discard": _("The run has been discarded. Public values have not changed."),
    "roll_back": _(
        "The run has been rolled back: the values that it revised are restored, and those that it added are removed."
    ),
}


class FeedRunAdmin(TeamAdmin):
    """The runs. The page of a run shows its result and takes decisions about held values."""

    list_display = [
        "feed",
        "started_at",
        "state",
        "status_code",
        "bytes",
        "rows_read",
        "new",
        "revised",
        "unchanged",
        "held",
        "refused",
        "why",
    ]
    list_display_links = ["feed", "started_at"]
    list_filter = ["state", "feed"]
    list_select_related = ["feed"]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @admin.display(description=_("reason"))
    def why(self, run: FeedRun) -> str:
        return run.problem or " ".join(run.reasons)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: FeedRun | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: FeedRun | None = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show everything about a run; a POST carries a decision about it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        runs = self.get_queryset(request).select_related("feed__indicator", "started_by", "decided_by")
        run = get_object_or_404(runs, pk=key_of(FeedRun, object_id))
        if request.method == "POST":
            return self._decide(request, run)
        may_decide = request.user.has_perm(DECIDE)
        context = {
            **self.admin_site.each_context(request),
            "title": str(run),
            "opts": self.opts,
            "run": run,
            "values": run.held_values.select_related("country")[:SHOWN_VALUES],
            "number_of_values": run.held_values.count(),
            "waits": run.state == RunState.HELD,
            "is_decided": run.state not in WAITING and bool(run.reasons),
            "can_decide": may_decide and run.state == RunState.HELD,
            "can_decide_values": may_decide and run.state == RunState.PARTLY_HELD,
            "can_roll_back": may_decide and run.state in PUBLIC,
            "is_overtaken": run.state == RunState.PUBLISHED and run.held > 0 and run.decided_at is None,
        }
        return TemplateResponse(request, "admin/countries/feedrun/change_form.html", context)

    def _decide(self, request: HttpRequest, run: FeedRun) -> HttpResponse:
        if not request.user.has_perm(DECIDE):
            raise PermissionDenied
        act = next((name for name in ACTS if name in request.POST), None)
        if act is None:
            raise Http404
        try:
            ACTS[act](run, by=request.user)
        except FeedProblem as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, DONE[act])
        return HttpResponseRedirect(reverse("admin:countries_feedrun_change", args=[run.pk]))
