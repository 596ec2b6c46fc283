"""Work queues: counted on the admin index, and filters of the list."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Lag
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext_lazy as _

from countries.models import Country
from foundation.days import today
from foundation.records.teams import of_own_countries
from foundation.texts import languages_of_site
from measures.archive.addresses import twins
from measures.archive.choices import LinkState, QuoteState
from measures.choices import (
    ACTING_RELATIONS,
    ENDING_STATUSES,
    STATUSES,
    EndKind,
    Family,
    Kind,
    RelationScope,
    StatusGroup,
    Workflow,
    is_usual_move,
)
from measures.definitions.recoding import to_recode
from measures.entry_rules import RUNNING_STATUSES
from measures.models import Citation, Measure, Relation, ScheduledPublication, Source, StatusEvent
from measures.models.measure_rules import VALIDITY_KINDS
from measures.validity.facts import ENDING_RELATIONS, SIGNATURES
from measures.validity.selecting import StatesOn
from measures.validity.states import states_of

OLD = datetime.timedelta(days=90)
"""An act that is older than this and has no end date should be reviewed: it may no longer be in force."""

MAY_BE_IN_FORCE = states_of((StatusGroup.IN_FORCE, StatusGroup.POSSIBLY))
ALIVE = ~Q(workflow=Workflow.RETIRED)


def _missing_translation(user: Any, states: StatesOn) -> Q:
    columns = (f"{field}_{language}" for field in ("title", "summary") for language in languages_of_site())
    return ALIVE & Q(*(Q((column, "")) for column in columns), _connector=Q.OR)


def _missing_end(user: Any, states: StatesOn) -> Q:
    is_without = Q(
        valid_until="",
        end_kind__in=["", EndKind.UNKNOWN],
        date_range__endswith__lte=states.day - OLD,
    )
    return ALIVE & is_without & states.among(MAY_BE_IN_FORCE)


ENDED_BY_ACT = Exists(
    Relation.objects.filter(
        object=OuterRef("pk"),
        type__in=ENDING_RELATIONS,
        scope=RelationScope.WHOLE,
        subject__workflow=Workflow.PUBLISHED,
    )
)


def _end_passed(user: Any, states: StatesOn) -> Q:
    """It has ended, and neither its course nor another act says so: its term is over."""
    return ALIVE & states.among(["ended"]) & ~Q(status__in=ENDING_STATUSES) & ~Q(ENDED_BY_ACT)


def _unchecked(user: Any, states: StatesOn) -> Q:
    """It may be in force, and for long was neither checked nor, where nobody ever checked it, recorded."""
    limit = states.day - datetime.timedelta(days=settings.CHECK_DAYS)
    moment = datetime.datetime.combine(limit, datetime.time(), get_default_timezone())
    is_old = Q(checked_on__lte=limit) | Q(checked_on=None, created_at__lt=moment)
    return ALIVE & is_old & states.among(MAY_BE_IN_FORCE)


def _acts_undated(user: Any, states: StatesOn) -> Q:
    """It acts upon another entry, and neither the relation nor its own start says from when.

    A court decision starts with its publication or signing.
    """
    acts = Relation.objects.filter(subject=OuterRef("pk"), type__in=ACTING_RELATIONS, date="")
    dated = StatusEvent.objects.filter(measure=OuterRef("pk")).exclude(date="")
    signed = Q(kind=Kind.COURT_DECISION) & Q(Exists(dated.filter(status__in=SIGNATURES)))
    starts = Q(Exists(dated.filter(status__in=RUNNING_STATUSES))) | signed
    return ALIVE & Q(kind__in=VALIDITY_KINDS, valid_from="") & Q(Exists(acts)) & ~starts


def _unusual(user: Any, states: StatesOn) -> Q:
    """Two events follow each other that usually do not."""
    before = Window(Lag("status"), partition_by=F("measure"), order_by=F("position").asc())
    unusual = StatusEvent.objects.annotate(before=before).filter(UNUSUAL_MOVES)
    return ALIVE & Q(pk__in=unusual.values("measure"))


UNUSUAL_MOVES = Q(
    *(
        Q(measure__family=family, before=before, status__in=after)
        for family in Family
        for before in STATUSES[family]
        if (after := [status.value for status in STATUSES[family] if not is_usual_move(family, before, status)])
    ),
    _connector=Q.OR,
)
LOST_QUOTES = Citation.objects.filter(
    measure=OuterRef("pk"), quote_check__state__in=[QuoteState.NOT_FOUND, QuoteState.NO_LONGER]
)


def sent_back_to(user: Any) -> Q:
    """The drafts of a person that a reviewer has sent back."""
    return Q(workflow=Workflow.DRAFT, created_by=user, reviewed_by__isnull=False) & ~Q(workflow_note="")


@dataclass(frozen=True, slots=True)
class Queue:
    """Entries that need attention; `condition` takes the user and the states of today.

    With the `next` action, the first page says whose they are, by country, and what is to be done, if there are any.
    """

    key: str
    label: Any
    condition: Callable[[Any, StatesOn], Q]
    next: Any = ""


RECODE = "recode"
"""The key of the queue of entries whose terms have a definition that means something else now."""


QUEUES = (
    Queue(
        "sent_back",
        _("Drafts sent back to me"),
        lambda user, states: sent_back_to(user),
    ),
    Queue("my_drafts", _("My drafts"), lambda user, states: Q(workflow=Workflow.DRAFT, created_by=user)),
    Queue("in_review", _("Waiting for review"), lambda user, states: Q(workflow=Workflow.IN_REVIEW)),
    Queue(
        "scheduled",
        _("Scheduled for publication"),
        lambda user, states: Q(Exists(ScheduledPublication.objects.filter(measure=OuterRef("pk"), failed_at=None))),
    ),
    Queue(
        "no_source",
        _("Missing source"),
        lambda user, states: ALIVE & ~Q(Exists(Citation.objects.filter(measure=OuterRef("pk")))),
    ),
    Queue(
        RECODE,
        _("Definition changed: to code again"),
        lambda user, states: to_recode(),
        _("Next: open each; keep its codes or change them"),
    ),
    Queue("no_translation", _("Missing translation"), _missing_translation),
    Queue("no_end", _("No end recorded, older than 90 days"), _missing_end),
    Queue("end_passed", _("End passed, and nothing recorded of it"), _end_passed),
    Queue("unchecked", _("Not checked for long"), _unchecked),
    Queue("acts_undated", _("Acts upon another entry, from a day not recorded"), _acts_undated),
    Queue("unusual", _("Unusual course: is the order right?"), _unusual),
    Queue("stubs", _("Stubs"), lambda user, states: Q(workflow=Workflow.STUB)),
    Queue("quotes", _("Quote not found in the kept copy"), lambda user, states: ALIVE & Q(Exists(LOST_QUOTES))),
)

SOURCE_QUEUES = (
    Queue("gone", _("Broken links"), lambda user, states: Q(link__state=LinkState.BROKEN)),
    Queue("moved", _("Links that have moved"), lambda user, states: Q(link__state=LinkState.MOVED)),
    Queue("changed", _("Sources that have changed"), lambda user, states: Q(link__state=LinkState.CHANGED)),
    Queue("twins", _("Sources with one address"), lambda user, states: Q(pk__in=twins().values("pk"))),
)
"""The queues of sources."""


def waiting(user: Any, on: datetime.date) -> list[dict[str, Any]]:
    """Each queue with its number of entries or sources and its URL, in five queries, and one for each with owners.

    Empty queues of sources are left out: on most days all are.
    """
    entries = _counted(of_own_countries(user, Measure.objects.all()), QUEUES, user, on)
    sources = _counted(Source.objects.all(), SOURCE_QUEUES, user, on) if user.has_perm("measures.view_source") else []
    return [*entries, *(queue for queue in sources if queue["count"])]


def _counted(records: QuerySet[Any], queues: Iterable[Queue], user: Any, on: datetime.date) -> list[dict[str, Any]]:
    states = StatesOn(on)
    counts = records.aggregate(**{q.key: Count("pk", filter=q.condition(user, states)) for q in queues})
    url = reverse(f"admin:measures_{records.model._meta.model_name}_changelist")
    return [
        {
            "label": q.label,
            "count": counts[q.key],
            "url": f"{url}?queue={q.key}",
            "owners": _owners(records.filter(q.condition(user, states))) if q.next else [],
            "next": q.next,
        }
        for q in queues
        if counts[q.key] or not q.next
    ]


def _owners(entries: QuerySet[Measure]) -> list[tuple[str, int]]:
    """The countries whose teams a queue waits for, with the number of their entries, the most first."""
    counts: dict[str | None, int] = dict(entries.order_by().values_list("country").annotate(Count("pk")))
    names = dict(Country.objects.filter(pk__in=[code for code in counts if code]).names())
    named = [(names[code] if code else str(_("International")), number) for code, number in counts.items()]
    return sorted(named, key=lambda pair: (-pair[1], pair[0]))


class QueueFilter(admin.SimpleListFilter):
    title = _("work queue")
    parameter_name = "queue"
    queues: tuple[Queue, ...] = QUEUES

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(queue.key, queue.label) for queue in self.queues]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queue = next((queue for queue in self.queues if queue.key == self.value()), None)
        if queue is None:
            return queryset
        return of_own_countries(request.user, queryset).filter(queue.condition(request.user, StatesOn(today())))


class SourceQueueFilter(QueueFilter):
    queues = SOURCE_QUEUES
