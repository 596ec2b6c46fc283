"""The definition of an attack, and of the damage that is allowed."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.attacks.heavy.site import Site


class Skipped(Exception):
    """The attack cannot be made on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What visitors may notice of an attack. A lost write or a draft shown is never allowed."""

    failed: int = 0
    """The visitor's requests without a response, or with an error."""
    gap: float = 5
    """Seconds between two successful responses to the visitor."""
    page: float | None = None
    """Seconds that a page may take, if limited."""


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack; `run` performs it and returns."""

    name: str
    run: Callable[[Site], None]
    allowed: Allowed = field(default_factory=Allowed)
    needs_site: bool = True
    """Whether the site runs, and is watched, when the attack begins."""
    before: Callable[[Site], None] | None = None
    """A preparation of the site's folder before it is started."""
    heals_in: float = 120
    """Seconds after the attack in which visitors must be answered and edits saved again."""
