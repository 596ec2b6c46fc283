"""What an attack is, and what a site may lose to one."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.attacks.heavy.site import Site


class Skipped(Exception):
    """The attack cannot be made on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What visitors may notice of an attack. A lost write or a draft shown is never allowed."""

    failed: int = 0
    """Requests of the visitor that were not answered, or answered with an error."""
    gap: float = 5
    """Seconds between two good answers to the visitor."""
    page: float | None = None
    """Seconds that a page may take, where that is asked."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One kind of harm; `run` does it and returns."""

    name: str
    run: Callable[[Site], None]
    allowed: Allowed = field(default_factory=Allowed)
    needs_site: bool = True
    """Whether the site runs, and is watched, when the attack begins."""
    before: Callable[[Site], None] | None = None
    """What is to be done to the site's folder before it is started."""
    heals_in: float = 120
    """Seconds after the attack in which visitors must be answered and edits saved again."""
