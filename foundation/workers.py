"""The background workers, and whether any is running."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

HEARTBEAT = datetime.timedelta(seconds=30)
"""A worker without a heartbeat for this long counts as dead; this is procrastinate's own default."""


IsStopping = Callable[[], bool]
"""Whether long work should stop at the next opportunity, since its worker is shutting down."""


def never() -> bool:
    """Never stop."""
    return False


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, with its last heartbeat."""

    number: int
    seen_at: datetime.datetime
    is_alive: bool


def workers() -> list[Worker]:
    """Running workers and those that died without signing off, the most recently seen first."""
    since = timezone.now() - HEARTBEAT
    found = ProcrastinateWorker.objects.order_by("-last_heartbeat")
    return [Worker(worker.pk, worker.last_heartbeat, worker.last_heartbeat > since) for worker in found]


def has_worker() -> bool:
    """Whether some worker is running."""
    since = timezone.now() - HEARTBEAT
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=since).exists()
