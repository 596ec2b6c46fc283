"""Which acts are in a state on a day, as a condition for a query."""

from collections.abc import Collection
from datetime import date
from functools import cached_property

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from measures.models import Validity
from measures.validity.states import STATEMENT, STATES
from measures.validity.store import derived

_IN_STATES = """
    select v.measure_id from measures_validity v
    where not v.is_stale and v.states[width_bucket(%s::date, v.days) + 1] = any(%s)
"""


class StatesOn:
    """The states of acts on a day, as conditions for any number of queries; stale rows are derived once."""

    def __init__(self, day: date) -> None:
        self.day = day

    @cached_property
    def _fresh(self) -> dict[int, str]:
        """The state of each stale act. Costs a query, and some more if there are any."""
        stale = list(Validity.objects.filter(is_stale=True).values_list("pk", flat=True))
        return {pk: known.state_on(self.day) for pk, known in derived(stale).items()} if stale else {}

    def among(self, states: Collection[str]) -> Q:
        """The acts that are in one of these states."""
        kept = RawSQL(_IN_STATES, [self.day, list(states)])  # noqa: S611  constant, with parameters
        found = Q(pk__in=kept) | Q(pk__in=[pk for pk, state in self._fresh.items() if state in states])
        if STATES[STATEMENT] in states:
            return found | ~Q(Exists(Validity.objects.filter(pk=OuterRef("pk"))))
        return found


def in_states(states: Collection[str], day: date) -> Q:
    """The acts in one of the states on a day."""
    return StatesOn(day).among(states)
