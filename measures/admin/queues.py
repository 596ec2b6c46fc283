"""Work queues: counted on the admin index, and filters of the list."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.texts import languages_of_site
from measures.archive.choices import LinkState, QuoteState
from measures.choices import EndKind, StatusGroup, Workflow
from measures.models import Citation, Measure, Source
from measures.models.measure import VALIDITY_KINDS

OLD = datetime.timedelta(days=90)
"""An act that is older than this and has no end date should be reviewed: it may no longer be in force."""

ALIVE = ~Q(workflow=Workflow.RETIRED)


def _missing_translation(user: Any, today: datetime.date) -> Q:
    columns = (f"{field}_{language}" for field in ("title", "summary") for language in languages_of_site())
    return ALIVE & Q(*(Q((column, "")) for column in columns), _connector=Q.OR)


def _missing_end(user: Any, today: datetime.date) -> Q:
    return ALIVE & Q(
        kind__in=VALIDITY_KINDS,
        status_group=StatusGroup.IN_FORCE,
        valid_until="",
        end_kind__in=["", EndKind.UNKNOWN],
        date_range__endswith__lte=today - OLD,
    )


LOST_QUOTES = Citation.objects.filter(
    measure=OuterRef("pk"), quote_check__state__in=[QuoteState.NOT_FOUND, QuoteState.NO_LONGER]
)


@dataclass(frozen=True, slots=True)
class Queue:
    """Entries that need attention; `condition` takes the user and the day."""

    key: str
    label: Any
    condition: Callable[[Any, datetime.date], Q]


QUEUES = (
    Queue("my_drafts", _("My drafts"), lambda user, today: Q(workflow=Workflow.DRAFT, created_by=user)),
    Queue("in_review", _("Waiting for review"), lambda user, today: Q(workflow=Workflow.IN_REVIEW)),
    Queue(
        "no_source",
        _("Missing source"),
        lambda user, today: ALIVE & ~Q(Exists(Citation.objects.filter(measure=OuterRef("pk")))),
    ),
    Queue("no_translation", _("Missing translation"), _missing_translation),
    Queue("no_end", _("No end recorded, older than 90 days"), _missing_end),
    Queue("stubs", _("Stubs"), lambda user, today: Q(workflow=Workflow.STUB)),
    Queue("quotes", _("Quote not found in the kept copy"), lambda user, today: ALIVE & Q(Exists(LOST_QUOTES))),
)

SOURCE_QUEUES = (
    Queue("gone", _("Broken links"), lambda user, today: Q(link__state=LinkState.BROKEN)),
    Queue("moved", _("Links that have moved"), lambda user, today: Q(link__state=LinkState.MOVED)),
    Queue("changed", _("Sources that have changed"), lambda user, today: Q(link__state=LinkState.CHANGED)),
)
"""The queues of sources."""


def waiting(user: Any, on: datetime.date) -> list[dict[str, Any]]:
    """Each queue with its number of entries or sources and its URL, in two queries.

    Empty queues of sources are left out: on most days all are.
    """
    entries = _counted(Measure.objects.all(), QUEUES, user, on)
    sources = _counted(Source.objects.all(), SOURCE_QUEUES, user, on) if user.has_perm("measures.view_source") else []
    return [*entries, *(queue for queue in sources if queue["count"])]


def _counted(records: QuerySet[Any], queues: Iterable[Queue], user: Any, on: datetime.date) -> list[dict[str, Any]]:
    counts = records.aggregate(**{q.key: Count("pk", filter=q.condition(user, on)) for q in queues})
    url = reverse(f"admin:measures_{records.model._meta.model_name}_changelist")
    return [{"label": q.label, "count": counts[q.key], "url": f"{url}?queue={q.key}"} for q in queues]


class QueueFilter(admin.SimpleListFilter):
    title = _("work queue")
    parameter_name = "queue"
    queues: tuple[Queue, ...] = QUEUES

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(queue.key, queue.label) for queue in self.queues]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queue = next((queue for queue in self.queues if queue.key == self.value()), None)
        return queryset.filter(queue.condition(request.user, timezone.localdate())) if queue else queryset


class SourceQueueFilter(QueueFilter):
    queues = SOURCE_QUEUES
