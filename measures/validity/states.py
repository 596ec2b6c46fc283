"""The states that an act can be in on a day."""

from collections.abc import Iterable

from measures.choices import StatusGroup

STATES = (
    "statement",
    "unknown",
    "not_yet",
    "announced",
    "possibly",
    "in_force",
    "suspended",
    "ended",
    "in_legislature",
    "enacted",
    "rejected_or_withdrawn",
)
"""`statement` is that of every act that is no norm, action or bill; the last three are those of bills."""
STATEMENT = STATES.index("statement")
"""The number of the state that needs no row."""
CERTAINLY_BEGUN = ("in_force", "suspended")
"""The states of an act that has begun in every reading of the record."""
PERHAPS_BEGUN = ("possibly", *CERTAINLY_BEGUN)
"""The states of an act that has begun in some reading."""
_OTHERWISE = {"in_legislature": StatusGroup.BILL, "rejected_or_withdrawn": StatusGroup.REJECTED}
GROUPS = tuple(_OTHERWISE.get(state) or StatusGroup(state) for state in STATES)
"""The status group of each state, in the order of `STATES`: what the public sees of it."""


def group_of(state: str) -> StatusGroup:
    """The status group of a state."""
    return GROUPS[STATES.index(state)]


def states_of(groups: Iterable[str]) -> list[str]:
    """The states whose status group is one of `groups`."""
    wanted = set(groups)
    return [state for state, group in zip(STATES, GROUPS, strict=True) if group in wanted]
