"""The filters that most readers want, each as one link that takes the place of the others."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from measures.choices import STATE_FAMILIES, Direction, Family, StatusGroup
from measures.listing.filters import MeasureFilter

NAMES = ("status", "direction", "family")
"""The parameters that a shortcut sets; the others stay as they are."""
_WITHOUT_STATE = tuple(family.value for family in Family if family not in STATE_FAMILIES)
_MEANT: tuple[tuple[Any, str, tuple[str, ...]], ...] = (
    (gettext_lazy("Everything"), "", ()),
    (gettext_lazy("In force or possibly"), "status", (StatusGroup.IN_FORCE, StatusGroup.POSSIBLY)),
    (gettext_lazy("Less restrictive"), "direction", (Direction.LESS_RESTRICTIVE,)),
    (gettext_lazy("More restrictive"), "direction", (Direction.MORE_RESTRICTIVE,)),
    (gettext_lazy("Bills"), "family", (Family.BILL,)),
    (gettext_lazy("Statements"), "family", _WITHOUT_STATE),
)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A link that narrows a list; `direction` is the key of the sign before its label, '' without one."""

    label: str
    count: int
    query: str
    is_current: bool
    direction: str = ""


def shortcuts(filter: MeasureFilter) -> list[Shortcut]:
    """Everything that the other filters leave, then each shortcut that selects some of it."""
    among = filter.without(*NAMES)
    chosen = {name: set(values) for name in NAMES if (values := filter.value(name))}
    found = []
    for label, name, values in _MEANT:
        narrower = {name: values} if name else {}
        count = sum(among.counts(name).get(value, 0) for value in values) if name else len(among)
        is_current = chosen == {key: set(wanted) for key, wanted in narrower.items()}
        if count or is_current:
            query = filter.query(**{**dict.fromkeys(NAMES), **narrower})
            found.append(Shortcut(str(label), count, query, is_current, values[0] if name == "direction" else ""))
    return found
