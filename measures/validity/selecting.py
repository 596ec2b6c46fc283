"""Which acts are in a state on a day, as a condition for a query."""

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from measures.models import Validity
from measures.validity.states import STATEMENT, STATES
from measures.validity.store import derived

_IN_STATES = """
    select v.measure_id from measures_validity v
    where not v.is_stale and v.states[width_bucket(%s::date, v.days) + 1] = any(%s)
"""


def in_states(states: Collection[str], day: date) -> Q:
    """The acts in one of the states on a day; stale rows are derived now. Costs a query, and more if any is stale."""
    stale = list(Validity.objects.filter(is_stale=True).values_list("pk", flat=True))
    fresh = [pk for pk, known in (derived(stale) if stale else {}).items() if known.state_on(day) in states]
    kept = RawSQL(_IN_STATES, [day, list(states)])  # noqa: S611  constant, with parameters
    found = Q(pk__in=kept) | Q(pk__in=fresh)
    if STATES[STATEMENT] in states:
        return found | ~Q(Exists(Validity.objects.filter(pk=OuterRef("pk"))))
    return found
