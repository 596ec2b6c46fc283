"""The admin of background jobs: what ran, failed and waits, and whether a worker is running."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from django.contrib import admin, messages
from django.db.models import BigIntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import admin as stock
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from countries.models import IndicatorFeed
from foundation.workers import workers
from observatory import background, recovery
from observatory.accounts import admin as accounts
from observatory.models import BackgroundJob
from observatory.recovery import Outcome

assert accounts  # import registers its admin
assert stock  # the default admin, in English and for developers, is registered by now and replaced by ours
admin.site.unregister(ProcrastinateJob)
# Its only action always fails, since it needs attributes of a sign-in request. A worker cleans up instead
AccessAttemptAdmin.actions = []
# The running role may not delete log rows
for log in (AccessLogAdmin, AccessFailureLogAdmin):
    log.has_delete_permission = lambda *_request: False


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(background.STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> QuerySet[BackgroundJob]:
        if self.value() and self.value() not in background.STATES:  # the column is a PostgreSQL enum
            return queryset.none()
        return queryset.filter(status=self.value()) if self.value() else queryset


class RoutineFilter(admin.SimpleListFilter):
    """Hide housekeeping jobs, which run every minute and would bury the others."""

    title = _("completed routine jobs")
    parameter_name = "routine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("with", _("Shown"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("Hidden")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> QuerySet[BackgroundJob]:
        if self.value() == "with":
            return queryset
        return queryset.exclude(status="succeeded", task_name__in=background.routine())


@admin.register(BackgroundJob)
class BackgroundJobAdmin(admin.ModelAdmin):
    change_list_template = "admin/observatory/backgroundjob/change_list.html"
    list_display = ["what", "about", "state", "queued", "began", "ended", "attempts", "next_try"]
    list_display_links = None
    list_select_related = ["worker"]
    list_filter = [StateFilter, RoutineFilter]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-pk"]
    actions = ["retry", "cancel"]

    # Permissions

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BackgroundJob | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BackgroundJob | None = None) -> bool:
        return False

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("observatory.manage_backgroundjob")

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[BackgroundJob]:
        """Annotate the events of each job, and the key of its feed."""
        events = Prefetch("procrastinateevent_set", ProcrastinateEvent.objects.all())
        feed = IndicatorFeed.objects.filter(pk=Cast(OuterRef("args__feed"), BigIntegerField()))
        jobs: QuerySet[BackgroundJob] = super().get_queryset(request).prefetch_related(events)
        return jobs.annotate(feed_key=Subquery(feed.values("key")))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        known = workers()
        context = {
            "title": capfirst(self.opts.verbose_name_plural),
            "workers": known,
            "has_worker": any(worker.is_alive for worker in known),
            "counts": background.counts(),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @admin.display(description=_("job"), ordering="task_name")
    def what(self, job: BackgroundJob) -> str:
        return background.what(job)

    @admin.display(description=_("object"))
    def about(self, job: Any) -> str:
        found = background.about(job, job.feed_key)
        return format_html('<a href="{}">{}</a>', found.url, found.words) if found.url else found.words

    @admin.display(description=_("state"), ordering="status")
    def state(self, job: BackgroundJob) -> str:
        if recovery.is_stalled(job):
            return str(_("Interrupted"))
        return str(background.STATES.get(job.status, job.status))

    @admin.display(description=_("queued at"))
    def queued(self, job: BackgroundJob) -> datetime | None:
        return background.moment(job, ["deferred"])

    @admin.display(description=_("started at"))
    def began(self, job: BackgroundJob) -> datetime | None:
        return background.moment(job, [background.BEGAN])

    @admin.display(description=_("ended"))
    def ended(self, job: BackgroundJob) -> datetime | None:
        return background.moment(job, background.ENDED)

    @admin.display(description=_("next try"))
    def next_try(self, job: BackgroundJob) -> datetime | None:
        return job.scheduled_at if job.status == "todo" else None

    # Actions

    @admin.action(description=_("Run again"), permissions=["manage"])
    def retry(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> None:
        outcomes = Counter(recovery.do_once_more(job) for job in queryset)
        done = outcomes[Outcome.DONE]
        messages.success(
            request, ngettext("%(n)d job is queued again.", "%(n)d jobs are queued again.", done) % {"n": done}
        )
        self._tell_others(request, outcomes)

    @admin.action(description=_("Cancel queued jobs"), permissions=["manage"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> None:
        outcomes = Counter(recovery.cancel(job) for job in queryset)
        done = outcomes[Outcome.DONE]
        words = ngettext("%(n)d job was cancelled.", "%(n)d jobs were cancelled.", done)
        messages.success(request, words % {"n": done})
        self._tell_others(request, outcomes)

    def _tell_others(self, request: HttpRequest, outcomes: Counter[Outcome]) -> None:
        if superseded := outcomes[Outcome.WAITS_ALREADY]:
            words = ngettext(
                "%(n)d other job is not needed: a newer job does the same.",
                "%(n)d other jobs are not needed: newer jobs do the same.",
                superseded,
            )
            messages.warning(request, words % {"n": superseded})
        if others := outcomes[Outcome.IMPOSSIBLE]:
            words = ngettext(
                "The state of %(n)d other job does not allow this.",
                "The state of %(n)d other jobs does not allow this.",
                others,
            )
            messages.warning(request, words % {"n": others})
