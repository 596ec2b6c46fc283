"""Who works in the background, and whether anybody does."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

HEARTBEAT = datetime.timedelta(seconds=30)
"""Without a sign of life for so long a worker counts as gone; procrastinate's own default."""


IsStopping = Callable[[], bool]
"""Whether long work is to stop after the piece that it is at, since its worker is to end."""


def never() -> bool:
    """Nobody asks the work to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that has worked, with its last sign of life."""

    number: int
    seen_at: datetime.datetime
    is_alive: bool


def workers() -> list[Worker]:
    """Those that are alive, and those that died without a word, the last seen first."""
    since = timezone.now() - HEARTBEAT
    found = ProcrastinateWorker.objects.order_by("-last_heartbeat")
    return [Worker(worker.pk, worker.last_heartbeat, worker.last_heartbeat > since) for worker in found]


def has_worker() -> bool:
    """Whether some worker is running."""
    since = timezone.now() - HEARTBEAT
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=since).exists()
