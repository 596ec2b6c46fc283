"""Each process of the site is killed while people read and write."""

import time
from collections.abc import Callable
from functools import partial

import psutil

from tests.attacks.heavy.attack import Allowed, Attack
from tests.attacks.heavy.site import Processes, Site, until

TIMES = 2
"""How often each kind is killed."""
PAUSE = 20
"""Seconds between two kills, until the replacement is running."""
HEALED_IN = 120
BACK_IN = 60
"""Seconds within which there must be a replacement."""


def _killing(which: Callable[[Processes], list[psutil.Process]]) -> Callable[[Site], None]:
    def attack(site: Site) -> None:
        for _time in range(TIMES):
            killed = until(lambda: which(site.processes()), seconds=BACK_IN, what="There is one to kill")[0]
            killed.kill()
            until(partial(has_other, site, killed.pid), seconds=BACK_IN, what="Another one has taken its place")
            time.sleep(PAUSE)

    def has_other(site: Site, number: int) -> bool:
        found = [process.pid for process in which(site.processes())]
        return bool(found) and number not in found

    return attack


def _kill_worker_of_jobs(site: Site) -> None:
    """Kill the worker while the database shows a job of every kind as running; all must be done soon after."""
    _killing(lambda found: found.background)(site)
    with site.database() as connection:
        connection.execute(
            "update procrastinate_jobs set status = 'doing', worker_id = null where id in"
            " (select max(id) from procrastinate_jobs where status = 'succeeded' group by task_name)"
            " and coalesce(lock, '') not in"
            " (select lock from procrastinate_jobs where status = 'doing' and lock is not null)"
        )
        until(
            lambda: connection.execute(STALLED).fetchone() == (0,), seconds=HEALED_IN, what="Interrupted jobs are done"
        )


STALLED = """
    select count(*) from procrastinate_jobs job left join procrastinate_workers worker on worker.id = job.worker_id
    where status = 'doing' and coalesce(worker.last_heartbeat, '-infinity') < now() - interval '30 seconds'
"""

ATTACKS = [
    Attack("kill -9 of a web worker", _killing(lambda site: site.web_workers), Allowed(failed=TIMES, gap=5)),
    # The time of a start: some seconds, and more on a busy machine
    Attack("kill -9 of the web server", _killing(lambda site: site.web), Allowed(failed=80, gap=20)),
    Attack("kill -9 of the background worker", _kill_worker_of_jobs, Allowed(failed=0, gap=5)),
    Attack("kill -9 of PostgreSQL", _killing(lambda site: site.database), Allowed(failed=10, gap=10)),
]
