"""The background work as editors see it: what ran, failed and waits, and whether anybody works."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from axes.admin import AccessAttemptAdmin
from django.contrib import admin, messages
from django.db.models import BigIntegerField, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import admin as stock
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob

from countries.models import IndicatorFeed
from countries.workers import workers
from observatory import background
from observatory.models import BackgroundJob

assert stock  # its page, in English alone and for developers, is registered by now and gives way to ours
admin.site.unregister(ProcrastinateJob)
# Its one action always fails: it asks the request for what only a sign-in has. Whoever signs in cleans up
AccessAttemptAdmin.actions = []

RETRIED, CANCELLED = ("failed", "cancelled", "aborted"), ("todo",)
"""States from which a job may be done once more, or left undone; every task may be run again."""


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(background.STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> QuerySet[BackgroundJob]:
        if self.value() and self.value() not in background.STATES:  # the column is an enumeration of PostgreSQL's
            return queryset.none()
        return queryset.filter(status=self.value()) if self.value() else queryset


class RoutineFilter(admin.SimpleListFilter):
    """Housekeeping runs each minute and would bury what people wait for."""

    title = _("routine work that is done")
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
    list_filter = [StateFilter, RoutineFilter]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-pk"]
    actions = ["retry", "cancel"]

    # Who may

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
        """With what happened to each, and the key of the feed that it is about."""
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

    @admin.display(description=_("what"), ordering="task_name")
    def what(self, job: BackgroundJob) -> str:
        return background.what(job)

    @admin.display(description=_("about what"))
    def about(self, job: Any) -> str:
        found = background.about(job, job.feed_key)
        return format_html('<a href="{}">{}</a>', found.url, found.words) if found.url else found.words

    @admin.display(description=_("state"), ordering="status")
    def state(self, job: BackgroundJob) -> str:
        return str(background.STATES.get(job.status, job.status))

    @admin.display(description=_("queued"))
    def queued(self, job: BackgroundJob) -> datetime | None:
        return background.moment(job, ["deferred"])

    @admin.display(description=_("began"))
    def began(self, job: BackgroundJob) -> datetime | None:
        return background.moment(job, [background.BEGAN])

    @admin.display(description=_("ended"))
    def ended(self, job: BackgroundJob) -> datetime | None:
        return background.moment(job, background.ENDED)

    @admin.display(description=_("next try"))
    def next_try(self, job: BackgroundJob) -> datetime | None:
        return job.scheduled_at if job.status == "todo" else None

    # What can be done

    @admin.action(description=_("Do it once more"), permissions=["manage"])
    def retry(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> None:
        asked, chosen = queryset.count(), list(queryset.filter(status__in=RETRIED))
        for job in chosen:
            app.job_manager.retry_job_by_id(job.pk, timezone.now(), job.priority, job.queue_name, job.lock)
        words = ngettext("%(n)d job waits again.", "%(n)d jobs wait again.", len(chosen))
        self._tell(request, len(chosen), asked, words)

    @admin.action(description=_("Cancel what waits"), permissions=["manage"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[BackgroundJob]) -> None:
        asked = queryset.count()
        chosen = [job for job in queryset.filter(status__in=CANCELLED) if app.job_manager.cancel_job_by_id(job.pk)]
        words = ngettext("%(n)d job was cancelled.", "%(n)d jobs were cancelled.", len(chosen))
        self._tell(request, len(chosen), asked, words)

    def _tell(self, request: HttpRequest, done: int, asked: int, words: str) -> None:
        messages.success(request, words % {"n": done})
        if others := asked - done:
            words = ngettext(
                "%(n)d other is not in a state for that.", "%(n)d others are not in a state for that.", others
            )
            messages.warning(request, words % {"n": others})
