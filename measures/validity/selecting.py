"""Which acts are in a state on a day, as a condition for a query."""

from collections.abc import Collection
from datetime import date
from functools import cached_property

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from measures.models import Validity
from measures.validity.answers import Answer
from measures.validity.states import STATEMENT, STATES
from measures.validity.store import derived, settle_if_many

_IN_STATES = """
    select v.measure_id from measures_validity v
    where not v.is_stale and v.states[width_bucket(%s::date, v.days) + 1] = any(%s)
"""


_BEGUN_BY = """
    select v.measure_id from measures_validity v
    where not v.is_stale
        and exists (select from unnest(v.days, v.states[2:]) x(day, state) where day <= %s and state = any(%s))
"""


class StatesOn:
    """The states of acts on a day, as conditions for any number of queries.

    Stale rows are derived once, many of them for good.
    """

    def __init__(self, day: date) -> None:
        self.day = day

    @cached_property
    def _fresh(self) -> dict[int, str]:
        """The state of each stale act. Costs two queries, and some more if there are any."""
        settle_if_many()
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


def begun_by(day: date, states: Collection[str]) -> Q:
    """The acts that entered one of the states on a day that is known, and no later than `day`."""
    settle_if_many()
    stale = list(Validity.objects.filter(is_stale=True).values_list("pk", flat=True))
    fresh = [pk for pk, known in derived(stale).items() if _has_begun(known, day, states)] if stale else []
    return Q(pk__in=RawSQL(_BEGUN_BY, [day, list(states)])) | Q(pk__in=fresh)  # noqa: S611  constant, with parameters


def _has_begun(known: Answer, day: date, states: Collection[str]) -> bool:
    return any(first <= day and state in states for first, state in zip(known.days, known.states[1:], strict=True))
