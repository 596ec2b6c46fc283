"""Each process of the site is killed while people read and write."""

from collections.abc import Callable

import psutil

from tests.attacks.heavy.attack import Allowed, Attack
from tests.attacks.heavy.site import Processes, Site, until

TIMES = 3
"""How often each kind is killed."""
BACK_IN = 60
"""Seconds in which there must be a new one."""


def _killing(which: Callable[[Processes], list[psutil.Process]]) -> Callable[[Site], None]:
    def attack(site: Site) -> None:
        for _time in range(TIMES):
            killed = until(lambda: which(site.processes()), seconds=BACK_IN, what="There is one to kill")[0]
            killed.kill()
            until(
                lambda killed=killed: [p for p in which(site.processes()) if p.pid != killed.pid],  # type: ignore[misc]
                seconds=BACK_IN,
                what="Another one has taken its place",
            )

    return attack


ATTACKS = [
    Attack("kill -9 of a web worker", _killing(lambda site: site.web_workers), Allowed(failed=4, gap=5)),
    Attack("kill -9 of the web server", _killing(lambda site: site.web), Allowed(failed=30, gap=10)),
    Attack("kill -9 of the background worker", _killing(lambda site: site.background), Allowed(failed=0, gap=5)),
    Attack("kill -9 of PostgreSQL", _killing(lambda site: site.database), Allowed(failed=10, gap=10)),
]
